/** A session's view, built from its log and, where the log has been trimmed, the archive. */
import {
  applyEvent,
  ConvokeError,
  emptyView,
  envelope,
  fitting,
  isConvokeError,
  LIMITS,
  START,
  withOpenStep,
} from '../../contracts/index.ts';
import type { LoggedEvent, SessionEvent, SessionRef, SessionView } from '../../contracts/index.ts';
import type { Archive } from '../../archive/index.ts';
import { archivedTail } from '../../log/index.ts';
import type { LogQuery, LogSlice, PresenceRows, SessionLog, SessionSource } from '../../log/index.ts';
import type { Decisions, Metrics, Spans } from '../../telemetry/index.ts';
import type { Recoveries } from './recoveries.ts';

/** What delivery reads from. */
export interface Sources {
  readonly log: SessionLog;
  readonly source: SessionSource;
  readonly archive: Archive;
  readonly recoveries: Recoveries;
  /** Absent: nothing is counted. */
  readonly metrics?: Metrics | undefined;
  /** Told who follows; absent: nobody is. */
  readonly logger?: Partial<Decisions> | undefined;
  /** Absent: nothing is recorded. */
  readonly spans?: Spans | undefined;
  readonly exists: (ref: SessionRef) => Promise<boolean>;
  /** Who was removed from a session; absent: nobody. */
  readonly kicks?: PresenceRows['kicks'] | undefined;
  /** Absent: sessions are not erased. */
  readonly isErased?: ((ref: SessionRef) => Promise<boolean>) | undefined;
}

export interface Loaded {
  readonly view: SessionView;
  /** The newest events that the view was folded from, contiguous up to its position. */
  readonly events: readonly SessionEvent[];
}

/** Reads the log; rebuilds it first if it is lost. Throws `session_not_found`, `log_unavailable`, and whatever the source throws. */
export async function readLog(sources: Sources, ref: SessionRef, query: LogQuery): Promise<LogSlice> {
  const found = await sources.log.read(ref, query);
  if (found) return found;
  // An id that nobody has given costs a look-up, and no place among the logs that are built.
  if (!(await sources.exists(ref))) throw new ConvokeError('session_not_found');
  await sources.recoveries.recover(ref, START);
  const built = await sources.log.read(ref, query);
  if (!built) throw new ConvokeError('log_unavailable', 'The session log was lost again. Try again.');
  return built;
}

/** True if this is why: the session was erased, and does not come back. */
export async function wasErased({ isErased }: Sources, ref: SessionRef, error: unknown): Promise<boolean> {
  if (!isErased || !isConvokeError(error) || error.code !== 'session_not_found') return false;
  return isErased(ref).catch(() => false);
}

/** The longest contiguous run of events that ends at `upTo`; `events` are ascending. */
function runUpTo(events: readonly LoggedEvent[], upTo: number): readonly LoggedEvent[] {
  let from = events.length;
  let expected = upTo;
  while (from > 0 && events[from - 1]?.seq === expected) {
    from -= 1;
    expected -= 1;
  }
  return events.slice(from);
}

/** The events of a view that the log has trimmed. If the archive is away, the view is just shorter. */
async function older(
  source: SessionSource,
  ref: SessionRef,
  upTo: number,
  limit: number,
): Promise<readonly LoggedEvent[]> {
  try {
    return runUpTo(await archivedTail(source, ref, upTo, { limit, maxChars: LIMITS.viewChars }), upTo);
  } catch (error) {
    if (isConvokeError(error) && error.code === 'archive_unavailable') return [];
    throw error;
  }
}

/** The view of a slice with the newest events. `limit`: of so many, older ones from the archive. */
export async function viewOf(
  source: SessionSource,
  ref: SessionRef,
  slice: LogSlice,
  limit: number = LIMITS.replayEvents,
): Promise<Loaded> {
  const { position, info } = slice;
  const first = slice.events[0]?.seq ?? position.seq + 1;
  const missing = limit - slice.events.length;
  const trimmed = first > 1 && first <= slice.first && missing > 0;
  const before = trimmed ? await older(source, ref, first - 1, missing) : [];
  const events = [...before, ...slice.events].map((event) => envelope(ref, position.epoch, event));
  const base = { epoch: position.epoch, seq: (events[0]?.seq ?? position.seq + 1) - 1 };
  const folded = events.reduce(applyEvent, emptyView(ref.tenant, ref.session, info, base));
  const view = slice.open.reduce(withOpenStep, { ...folded, position });
  return { view, events };
}

export async function load(sources: Sources, ref: SessionRef): Promise<Loaded> {
  for (let limit: number = LIMITS.replayEvents; ; limit *= 2) {
    const loaded = await viewOf(sources.source, ref, await readLog(sources, ref, { limit }), limit);
    const { events } = loaded;
    const published = events.filter(
      ({ type }) => type === 'channel.published' || type === 'feedback.given',
    ).length;
    const isEnough = events.length < limit || published < limit / 2;
    if (isEnough || limit >= LIMITS.replayMost) return loaded;
  }
}

const snapshots = new WeakMap<SessionView, SessionView>();

/** The view as it is sent to clients; made once, however many ask. */
export function snapshotOf(view: SessionView): SessionView {
  const found = snapshots.get(view) ?? fitting(view, LIMITS.snapshotChars);
  snapshots.set(view, found);
  return found;
}
