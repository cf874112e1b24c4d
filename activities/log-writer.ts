/** Writing to a log that may be lost or away: a lost one is built anew, one that is away is waited for. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  isAfter,
  isConvokeError,
  LIMITS,
  type ErrorCode,
  type EventDraft,
  type Position,
  type SessionRef,
  type Wait,
} from '../src/contracts/index.ts';
import {
  recoverLog,
  type Appended,
  type Incomplete,
  type LogSlice,
  type SessionLog,
  type SessionSource,
} from '../src/log/index.ts';

export interface LogAccess {
  readonly log: SessionLog;
  readonly source: SessionSource;
  /** Whether to wait for a log that is away. Not inside a workflow task: one that is held open costs history. */
  readonly patient: boolean;
}

/** The log, or what it is built anew from, cannot be reached at the moment. */
const AWAY: readonly ErrorCode[] = [
  'log_unavailable',
  'archive_unavailable',
  'seal_key_missing',
  'temporal_unavailable',
  'temporal_not_set_up',
  'temporal_refused',
  'worker_unavailable',
  'overloaded',
];

/** Pauses between tries while it is away, ms. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;

/** Facts of the writer itself, which neither the archive nor the workflow may have yet: a log that is built anew gets them too. */
export interface OwnFacts {
  facts(): readonly EventDraft[];
  /** Where they are in the log that was built anew. */
  landed(appended: Appended): void;
}

/** One writer's view of a session's log: the position that it knows grows with every answer. */
export class LogWriter {
  readonly log: SessionLog;
  readonly #source: SessionSource;
  readonly #ref: SessionRef;
  readonly #patient: boolean;
  readonly #own: OwnFacts | undefined;
  #known: Position;
  #waits: readonly Wait[] = [];

  constructor({ log, source, patient }: LogAccess, ref: SessionRef, known: Position, own?: OwnFacts) {
    this.log = log;
    this.#source = source;
    this.#patient = patient;
    this.#ref = ref;
    this.#known = known;
    this.#own = own;
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
      if (done.position) this.#advance(done.position);
      return done;
    }
  }

  /** The log is gone, or its newest events are. */
  async recover(): Promise<void> {
    this.#advance(await recoverLog(this.log, this.#source, this.#ref, this.#known));
    const drafts = this.#own?.facts() ?? [];
    if (drafts.length === 0) return;
    const reply = await this.log.append(this.#ref, { known: this.#known, drafts });
    // Lost again already: whoever writes next finds out.
    if (reply.status !== 'ok') return;
    this.#advance(reply.position);
    this.#own?.landed(reply);
  }

  /** Answers of calls that ran side by side may come in any order. */
  #advance(position: Position): void {
    if (isAfter(position, this.#known)) this.#known = position;
  }

  /**
   * What the workflow holds, to be appended to a log of another life than it knew: what is there already stays where it is. Events older
   * than the log's first were trimmed, not lost; of a log that is lost this cannot be told, so it is rebuilt first.
   */
  async held(): Promise<readonly EventDraft[]> {
    const { first } = await this.whole();
    const known = await this.#source.known(this.#ref);
    return (known?.events ?? [])
      .filter((event) => event.seq >= first)
      .map(({ seq: _seq, ...draft }) => draft);
  }

  /** The log, with everything that this writer has heard of. */
  async whole(): Promise<LogSlice> {
    for (;;) {
      const slice = await this.log.read(this.#ref, { limit: 0 });
      if (slice && !isAfter(this.#known, slice.position)) return slice;
      await this.recover();
    }
  }

  /** See `patiently`. */
  patiently<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    return this.#patient ? patiently(signal, call, (from) => this.#waited(from)) : call();
  }

  /** When it was waited for the log since this was asked last. */
  takeWaits(): readonly Wait[] {
    const waits = this.#waits;
    this.#waits = [];
    return waits;
  }

  /** Callers that wait at the same time are one wait. */
  #waited(from: number): void {
    const until = Date.now();
    const last = this.#waits.at(-1);
    if (last && from <= last.until)
      this.#waits = [...this.#waits.slice(0, -1), { ...last, from: Math.min(last.from, from), until }];
    else if (this.#waits.length < LIMITS.waitsTold)
      this.#waits = [...this.#waits, { reason: 'engine', from, until }];
  }
}

/** True for an error that says: the log, or what it is built from, cannot be reached at the moment. */
export function isAway(error: unknown): boolean {
  return isConvokeError(error) && AWAY.includes(error.code);
}

/** Repeats a call while the log, or what it is built from, is away; until `signal` aborts. `waited`: told since when, if it was. */
export async function patiently<T>(
  signal: AbortSignal,
  call: () => Promise<T>,
  waited: (from: number) => void = () => undefined,
): Promise<T> {
  let from: number | undefined;
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
    try {
      const answer = await call();
      if (from !== undefined) waited(from);
      return answer;
    } catch (error) {
      if (!isAway(error)) throw error;
      from ??= Date.now();
      signal.throwIfAborted();
      await pause(wait, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }
}
