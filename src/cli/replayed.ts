/** When what is heard of a session again: its events, and between them the text of steps, as it came. */
import type { Delta, SessionEvent } from '../contracts/index.ts';

/** ms since the Unix epoch, never before the moment before it. */
export type Moment = { readonly at: number } & ({ readonly event: SessionEvent } | { readonly delta: Delta });

/** Pieces of one step's text. */
const PIECES = 48;

type Completed = Extract<SessionEvent, { type: 'step.completed' }>;

interface Placed {
  readonly at: number;
  /** Of what has the same time: its place. */
  readonly place: number;
  readonly moment: Moment;
}

/**
 * Deltas are kept nowhere: a step's end tells when its first and last piece came, between which its text is spread. Of steps that have begun
 * before these events, and of calls of tools, the text comes at once.
 */
export function momentsOf(events: readonly SessionEvent[]): readonly Moment[] {
  const placed: Placed[] = [];
  const began = new Map<string, number>();
  let at = 0;
  for (const [place, event] of events.entries()) {
    // Whose clocks differ have written them.
    at = Math.max(at, event.at);
    if (
      event.type === 'step.started' &&
      event.step !== undefined &&
      !event.data.use &&
      !began.has(event.step)
    )
      began.set(event.step, at);
    const from = began.get(event.step ?? '');
    if (event.type === 'step.completed' && from !== undefined)
      placed.push(...pieces(event, place, [from, at]));
    placed.push({ at, place, moment: { at, event } });
  }
  return placed
    .sort((one, other) => one.at - other.at || one.place - other.place)
    .map(({ moment }) => moment);
}

function pieces(
  { session, step = '', attempt = 1, stamps, data: { text } }: Completed,
  place: number,
  [from, to]: readonly [number, number],
): readonly Placed[] {
  const { first, last } = stamps ?? {};
  if (first === undefined || last === undefined || text === '') return [];
  const [begin, end] = [Math.max(from, Math.min(first, to)), Math.max(from, Math.min(last, to))];
  const words = text.match(/\s*\S+\s*$|\s*\S+/g) ?? [text];
  const each = Math.ceil(words.length / PIECES);
  const count = Math.ceil(words.length / each);
  let offset = 0;
  return Array.from({ length: count }, (_, index) => {
    const piece = words.slice(index * each, (index + 1) * each).join('');
    const at = Math.round(begin + ((end - begin) * index) / Math.max(1, count - 1));
    const delta = { session, step, attempt, offset, text: piece };
    offset += piece.length;
    return { at, place: place - 0.5, moment: { at, delta } };
  });
}
