/**
 * Brings a session to rest whose workflow ended without closing it: the log is whole and has an end for everything, and the archive has all of
 * it. The log decides what comes after what, so that all who do this at the same time write the same.
 */
import {
  ConvokeError,
  isUnmade,
  leaveClosed,
  LIMITS,
  type EndedRun,
  type LoggedEvent,
  type Position,
  type SessionInfo,
  type SessionRef,
} from '../contracts/index.ts';
import { assemble } from './assemble.ts';
import { tellInterruption } from './interrupted.ts';
import type { SessionLog } from './log.ts';
import { recoverLog, type SessionSource } from './recover.ts';

export interface SettleDeps {
  readonly log: SessionLog;
  readonly source: SessionSource;
  readonly archive: {
    write(ref: SessionRef, info: SessionInfo, events: readonly LoggedEvent[]): Promise<void>;
  };
}

export interface Settled {
  readonly head: Position;
  /** All that the archive lacked when the run ended. */
  readonly events: readonly LoggedEvent[];
  /** It was closed after all; the run had only not ended of itself. */
  readonly closed: boolean;
}

/** How often a log that is lost again is rebuilt. */
const TRIES = 3;

/** Throws `log_unavailable`, `archive_unavailable`, and what the source throws; it may be repeated. */
export async function settleInterrupted(deps: SettleDeps, ref: SessionRef, run: EndedRun): Promise<Settled> {
  const { log, source, archive } = deps;
  // Nothing of it has been told to anybody.
  if (isUnmade(run.interrupted.input)) throw new ConvokeError('session_interrupted');
  for (let tried = 0; tried < TRIES; tried += 1) {
    const told = await tellInterruption(log, ref, run);
    if (!told) await recoverLog(log, source, ref, run.known);
    const settled = told && (await read(log, ref, run));
    if (!settled) continue;
    await archive.write(ref, run.info, settled.events);
    return settled;
  }
  throw new ConvokeError('log_unavailable', 'The log was lost again. Try again.');
}

/** Null if the log is lost. */
async function read(log: SessionLog, ref: SessionRef, run: EndedRun): Promise<Settled | null> {
  const found: LoggedEvent[] = [];
  for (let after = run.archivedTo; ; after = found.at(-1)?.seq ?? after) {
    const slice = await log.read(ref, { after, limit: LIMITS.replayEvents });
    if (!slice) return null;
    found.push(...slice.events);
    if (slice.events.length === LIMITS.replayEvents) continue;
    const { position: head, first } = slice;
    // What the log has trimmed the run still knew.
    const trimmed = run.events.filter(({ seq }) => seq < first);
    const whole = assemble(run.archivedTo, [...found, ...trimmed], [], head.seq);
    const events = whole.filter(({ seq }) => seq <= head.seq);
    return { head, events, closed: leaveClosed(events) };
  }
}
