/** Pages of events, across the boundary between the log and the archive. */
import {
  ConvokeError,
  disclosedTo,
  envelope,
  formatPosition,
  jsonChars,
  LIMITS,
} from '../../contracts/index.ts';
import type { EventPage, LoggedEvent, Position, Reader, SessionRef } from '../../contracts/index.ts';
import type { LogSlice } from '../../log/index.ts';
import { readLog } from './load.ts';
import type { Sources } from './load.ts';

/** Events read from the archive at a time: together at most about 32 × `LIMITS.stepChars`. */
const PIECE = 32;

/** The longest contiguous run of events right after `after`; `events` are ascending. */
function runAfter(events: readonly LoggedEvent[], after: number): LoggedEvent[] {
  const found: LoggedEvent[] = [];
  for (const event of events) if (event.seq === after + found.length + 1) found.push(event);
  return found;
}

/** Events after `after` that the log has trimmed: from the archive, otherwise from the workflow, which keeps everything until it is archived. */
async function older(
  sources: Sources,
  ref: SessionRef,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<LoggedEvent[]> {
  const archived = runAfter(await sources.archive.read(ref, after, Math.min(limit, PIECE)), after);
  if (archived.length > 0) return archived;
  const known = await sources.source.known(ref);
  return runAfter(known?.events ?? [], after).slice(0, limit);
}

/** Where a page begins, checked against the log's newest position. Throws `invalid_cursor`. */
function startOf(after: Position | number, head: Position): number {
  const seq = typeof after === 'number' ? after : after.seq;
  // "Before the first event" is the same in every epoch. Any other position of another epoch may mean different events.
  if (typeof after !== 'number' && after.epoch !== head.epoch && seq !== 0) {
    throw new ConvokeError(
      'invalid_cursor',
      'The log has been rebuilt since. Read again from the start, or take the snapshot.',
    );
  }
  if (seq > head.seq) {
    throw new ConvokeError('invalid_cursor', `The newest event is ${head.seq}. Pass an earlier one.`);
  }
  return seq;
}

/** The events of the page: those in the log, and older ones before them. */
async function collect(
  sources: Sources,
  ref: SessionRef,
  query: { readonly slice: LogSlice; readonly after: number; readonly limit: number },
): Promise<readonly LoggedEvent[]> {
  const { slice, after, limit } = query;
  if (after >= slice.position.seq || after + 1 >= slice.first) return slice.events;
  const before: LoggedEvent[] = [];
  let chars = 0;
  while (before.length < limit && chars < LIMITS.pageChars && after + before.length + 1 < slice.first) {
    const at = after + before.length;
    const room = Math.min(limit - before.length, slice.first - 1 - at);
    const found = await older(sources, ref, { after: at, limit: room });
    if (found.length === 0) break;
    before.push(...found);
    for (const event of found) chars += jsonChars(event);
  }
  const joined = after + before.length + 1 >= slice.first;
  if (!joined && before.length === 0) {
    throw new ConvokeError('log_unavailable', `Event ${after + 1} cannot be read at the moment. Try again.`);
  }
  return joined ? [...before, ...slice.events].slice(0, limit) : before;
}

/** The newest position, and the events after `after`, from wherever they are. */
export async function eventsAfter(
  sources: Sources,
  ref: SessionRef,
  query: { readonly after: Position | number; readonly limit: number },
): Promise<{ readonly head: Position; readonly after: number; readonly events: readonly LoggedEvent[] }> {
  const { limit } = query;
  const from = typeof query.after === 'number' ? query.after : query.after.seq;
  const slice = await readLog(sources, ref, { after: from, limit, bytes: LIMITS.pageChars });
  const head = slice.position;
  const after = startOf(query.after, head);
  return { head, after, events: await collect(sources, ref, { slice, after, limit }) };
}

export async function readPage(
  sources: Sources,
  ref: SessionRef,
  query: { readonly after: Position | number; readonly limit: number; readonly reader: Reader },
): Promise<EventPage> {
  const { head, after, events } = await eventsAfter(sources, ref, query);
  const last = events.at(-1)?.seq ?? after;
  return {
    data: events.map((event) => disclosedTo(query.reader, envelope(ref, head.epoch, event))),
    next: last < head.seq ? formatPosition({ epoch: head.epoch, seq: last }) : null,
    head,
  };
}
