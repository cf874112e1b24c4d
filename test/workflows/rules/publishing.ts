/** Channel events in a simulation, and what must hold of them in the end. */
import type { Simulation } from './simulation.ts';
import { message } from './support.ts';

/** Those that came in; true: it has its place. */
const told = new WeakMap<Simulation, Map<string, boolean>>();

/** One comes. `isTight`: the history of the run is at its limit. */
export function publishes(session: Simulation, messageId: string, isTight: boolean): void {
  const { machine, log } = session;
  const all = told.get(session) ?? new Map<string, boolean>();
  log.counted.add(messageId);
  machine.accept(message(messageId, 'event', { channel: 'orders' }), 1, isTight);
  told.set(session, all.set(messageId, machine.receipt(messageId)?.status === 'published'));
}

/** Each has its place or was refused, as told, and takes no room that nobody will give back. */
export function faultsOfChannels(session: Simulation): string[] {
  const { archive, machine, log } = session;
  const untold = machine.carry().release;
  return [...(told.get(session) ?? [])].flatMap(([id, isPublished]) => {
    const isIn = archive.some((event) => event.id === `message:${id}` && event.type === 'channel.published');
    const { status } = machine.receipt(id) ?? {};
    return [
      ...(isIn === isPublished ? [] : [`${id} is not as told`]),
      ...(status === (isIn ? 'published' : 'rejected') ? [] : [`${id} is ${status ?? 'unknown'}`]),
      ...(log.counted.has(id) && !untold.includes(id) ? [`${id} is still counted`] : []),
    ];
  });
}
