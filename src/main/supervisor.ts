/** The supervisor of `convoke dev`, as a gateway that it has started sees it. */
import type { DevNews, DevProcess, DevRequest } from '../contracts/index.ts';
import type { Supervisor } from '../gateway/index.ts';

/** Undefined if no parent has given this process a channel. A parent that is no supervisor tells of no processes, so none can be killed. */
export function supervisorOf(here: NodeJS.Process): Supervisor | undefined {
  if (!here.send) return undefined;
  let processes: readonly DevProcess[] = [];
  // Without a parent there is nobody to ask any more, and this process is about to be stopped.
  const ask = (request: DevRequest): void => void here.send?.(request, () => undefined);
  here.on('message', (message: Partial<DevNews>) => {
    if (message.convoke === 'processes') processes = message.processes ?? [];
  });
  // The channel alone does not keep a process that has stopped.
  here.channel?.unref();
  ask({ convoke: 'watch' });
  return {
    processes: () => processes,
    kill: (name) => ask({ convoke: 'kill', name }),
  };
}
