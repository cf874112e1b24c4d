/**
 * Rebuilds a lost log. The truth is the archive (what the workflow has let go of), the workflow (what came after), and the running turn
 * (what it has made durable and not reported yet).
 *
 * Positions stay what they were: an event keeps its `seq` in the new epoch, and a position whose event nobody can tell any more (an activity
 * had appended it and not reported yet) is filled with `session.recovered`; that activity appends its event again, further on.
 */
import {
  ConvokeError,
  eventId,
  isUnmade,
  LIMITS,
  START,
  type EventDraft,
  type KnownEvents,
  type LoggedEvent,
  type Position,
  type SessionInfo,
  type SessionRef,
} from '../contracts/index.ts';
import { assemble, merge, unfinished, waiting } from './assemble.ts';
import { tellInterruption } from './interrupted.ts';
import type { SessionLog } from './log.ts';

/** What the archive knows of a session. */
interface ArchivedSession {
  readonly info: SessionInfo;
  readonly lastSeq: number;
  /** What the session goes on with is stored, with where its log was. */
  readonly stored?: { readonly known: Position };
}

/** Where a lost log is found again. */
export interface SessionSource {
  /** What the session's workflow knows, also after it has closed; null: there is none, or the archive knows all that it knew. */
  known(ref: SessionRef): Promise<KnownEvents | null>;
  /** Archived events with `seq <= upTo`, the newest `limit` of them, oldest first. */
  archived(ref: SessionRef, upTo: number, limit: number): Promise<readonly LoggedEvent[]>;
  /** What the archive knows of the session; null: nothing of it was ever archived. */
  session(ref: SessionRef): Promise<ArchivedSession | null>;
}

/** Events that are asked of the archive at a time: together at most about 32 × `LIMITS.stepChars`. */
const PIECE = 32;

/**
 * The newest events that fit into about `maxBytes`, at least one: bounds what is sent; the log keeps its own bound. What is left out is in
 * the archive or held by the workflow, where readers look for what a log has trimmed; a fact without a position is appended again by whoever
 * carries it.
 */
function newest(events: readonly LoggedEvent[], maxBytes: number): readonly LoggedEvent[] {
  let size = 0;
  let from = events.length;
  while (from > 0) {
    size += JSON.stringify(events[from - 1]).length;
    if (size > maxBytes && from < events.length) break;
    from -= 1;
  }
  return events.slice(from);
}

/** The newest archived events with `seq <= upTo`, oldest first: at most `limit`, and not many more characters of JSON than `maxChars`. */
export async function archivedTail(
  source: Pick<SessionSource, 'archived'>,
  ref: SessionRef,
  upTo: number,
  { limit, maxChars }: { readonly limit: number; readonly maxChars: number },
): Promise<readonly LoggedEvent[]> {
  let found: readonly LoggedEvent[] = [];
  for (let chars = 0; found.length < limit && chars < maxChars;) {
    const last = (found[0]?.seq ?? upTo + 1) - 1;
    if (last < 1) break;
    const piece = await source.archived(ref, last, Math.min(PIECE, limit - found.length));
    if (piece.length === 0) break;
    for (const event of piece) chars += JSON.stringify(event).length;
    found = [...piece, ...found];
  }
  return found;
}

/** What is archived. Of a session that nobody runs the archive may know more than its workflow had heard. */
async function archivedBy(source: SessionSource, ref: SessionRef, known: KnownEvents): Promise<number> {
  const kept = known.interrupted ? await source.session(ref) : null;
  return Math.max(known.archivedTo, kept?.lastSeq ?? 0);
}

/**
 * What the archive holds of a session that hibernates, or that Temporal has forgotten; null if it holds nothing. One that Temporal has forgotten
 * and of which nothing is stored is closed, whatever its end was.
 */
async function archivedOnly(source: SessionSource, ref: SessionRef): Promise<KnownEvents | null> {
  const kept = await source.session(ref);
  if (!kept) return null;
  const { info, lastSeq, stored } = kept;
  if (stored) return { info, known: stored.known, archivedTo: lastSeq, events: [], pending: [] };
  const at = info.createdAt;
  const data = { reason: 'forgotten' };
  const closed: EventDraft = { id: eventId.sessionClosed(), type: 'session.closed', at, data };
  return { info, known: START, archivedTo: lastSeq, events: [], pending: [closed] };
}

/**
 * Opens a new epoch of the log unless another caller has, and answers the position that the log has then. `seen` is the position that the
 * caller knows (or `START`): a log of that epoch with a higher seq is left alone. Throws `session_not_found`, and what the source throws: a
 * log without what an archive that is away holds would be taken for the whole.
 */
export async function recoverLog(
  log: SessionLog,
  source: SessionSource,
  ref: SessionRef,
  seen: Position,
): Promise<Position> {
  const known = (await source.known(ref)) ?? (await archivedOnly(source, ref));
  if (!known) throw new ConvokeError('session_not_found');
  // It has nothing of its parent yet: a log without that would be taken for the whole.
  if (known.interrupted && isUnmade(known.interrupted.input)) throw new ConvokeError('worker_unavailable');
  const archivedTo = await archivedBy(source, ref, known);
  const bounds = { limit: LIMITS.replayEvents, maxChars: LIMITS.logBytes };
  const archived = await archivedTail(source, ref, archivedTo, bounds);
  // Of an archive that has lost what it held, at least the position stays: what is appended next must not get a seq that was given.
  const base = (archived[0]?.seq ?? Math.max(archivedTo, 1)) - 1;
  const pending = merge(known.pending, known.running);
  const events = assemble(base, [...archived, ...known.events], pending, archivedTo);
  const position = await log.rebuild(ref, {
    expected: seen.epoch === 0 ? null : seen,
    epoch: Math.max(Date.now(), seen.epoch + 1, known.known.epoch + 1),
    info: known.info,
    events: newest(events, LIMITS.logBytes),
    started: unfinished(events),
    waiting: waiting(events),
  });
  const { interrupted } = known;
  return (interrupted && (await tellInterruption(log, ref, { ...known, interrupted }))) ?? position;
}
