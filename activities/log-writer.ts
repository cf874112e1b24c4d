/** Writing to a log that may be lost or away: a lost one is built anew, one that is away is waited for. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  isConvokeError,
  type ErrorCode,
  type EventDraft,
  type Position,
  type SessionRef,
} from '../src/contracts/index.ts';
import { recoverLog, type Incomplete, type SessionLog, type SessionSource } from '../src/log/index.ts';

export interface LogAccess {
  readonly log: SessionLog;
  readonly source: SessionSource;
}

/** The log, or what it is built anew from, cannot be reached at the moment. */
const AWAY: readonly ErrorCode[] = [
  'log_unavailable',
  'archive_unavailable',
  'temporal_unavailable',
  'worker_unavailable',
  'overloaded',
];

/** Pauses between tries while it is away, ms. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;

/** One writer's view of a session's log: the position that it knows grows with every answer. */
export class LogWriter {
  readonly log: SessionLog;
  readonly #source: SessionSource;
  readonly #ref: SessionRef;
  #known: Position;

  constructor({ log, source }: LogAccess, ref: SessionRef, known: Position) {
    this.log = log;
    this.#source = source;
    this.#ref = ref;
    this.#known = known;
  }

  get known(): Position {
    return this.#known;
  }

  /** Calls until the log is complete enough to answer. */
  async write<T extends { readonly status: string; readonly position?: Position }>(
    call: (known: Position) => Promise<T | Incomplete>,
  ): Promise<Exclude<T, Incomplete>> {
    for (;;) {
      const reply = await call(this.#known);
      if (reply.status === 'lost' || reply.status === 'behind') {
        await this.recover();
        continue;
      }
      const done = reply as Exclude<T, Incomplete>; // safety: the incomplete answers were handled above
      if (done.position) this.#known = done.position;
      return done;
    }
  }

  /** The log is gone, or its newest events are. */
  async recover(): Promise<void> {
    this.#known = await recoverLog(this.log, this.#source, this.#ref, this.#known);
  }

  /**
   * What the workflow holds, to be appended to a log of another life than it knew: what is there already stays where it is. Events older
   * than the log's first were trimmed, not lost.
   */
  async held(): Promise<readonly EventDraft[]> {
    const known = await this.#source.known(this.#ref);
    const slice = await this.log.read(this.#ref, { limit: 1 });
    const first = slice?.first ?? 1;
    return (known?.events ?? [])
      .filter((event) => event.seq >= first)
      .map(({ seq: _seq, ...draft }) => draft);
  }

  /** Repeats a call while the log is away, until `signal` aborts. */
  async patiently<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      try {
        return await call();
      } catch (error) {
        if (!isConvokeError(error) || !AWAY.includes(error.code) || signal.aborted) throw error;
        await pause(wait, undefined, { signal });
      }
    }
  }
}
