/** Rebuilds lost logs: each only once, however many ask for it, and a few at a time, because a lost Redis means every session asks. */
import { ConvokeError, isConvokeError, LIMITS, RECOVERY, sessionKey } from '../../contracts/index.ts';
import type { ErrorCode, Position, SessionRef } from '../../contracts/index.ts';
import { recoverLog } from '../../log/index.ts';
import type { SessionLog, SessionSource } from '../../log/index.ts';

/** An error with one of these codes would hit every other session too, each after its own time-out. */
const FOR_ALL: readonly ErrorCode[] = [
  'log_unavailable',
  'archive_unavailable',
  'temporal_unavailable',
  'temporal_not_set_up',
  'temporal_refused',
  'overloaded',
];

interface Waiting {
  go(): void;
  refuse(error: unknown): void;
}

export class Recoveries {
  readonly #log: SessionLog;
  readonly #source: SessionSource;
  readonly #running = new Map<string, Promise<Position>>();
  #waiting: Waiting[] = [];
  #free: number = LIMITS.recoveriesAtOnce;

  constructor(log: SessionLog, source: SessionSource) {
    this.#log = log;
    this.#source = source;
  }

  /** See `recoverLog`. Another gateway or a worker may do the same concurrently; the log accepts the first. */
  recover(ref: SessionRef, seen: Position): Promise<Position> {
    const key = sessionKey(ref);
    const running = this.#running.get(key);
    if (running) return running;
    const started = this.#turn(ref, seen).finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }

  async #turn(ref: SessionRef, seen: Position): Promise<Position> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait();
    try {
      return await recoverLog(this.#log, this.#source, ref, seen);
    } catch (error) {
      if (isConvokeError(error) && FOR_ALL.includes(error.code)) this.#refuse(error);
      throw error;
    } finally {
      const next = this.#waiting.shift();
      if (next) next.go();
      else this.#free += 1;
    }
  }

  /** Waits for a free slot; throws `overloaded` after `RECOVERY.answerDeadlineMs`, since those ahead may be waiting for a worker. */
  async #wait(): Promise<void> {
    const { promise, resolve, reject: refuse } = Promise.withResolvers<null>();
    const waiting: Waiting = { go: () => resolve(null), refuse };
    this.#waiting.push(waiting);
    const timer = setTimeout(() => {
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      refuse(new ConvokeError('overloaded', 'Many session logs are being rebuilt. Try again.'));
    }, RECOVERY.answerDeadlineMs);
    await promise.finally(() => clearTimeout(timer));
  }

  #refuse(error: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.refuse(error);
  }
}
