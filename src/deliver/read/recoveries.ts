/** Rebuilds lost logs, each once however many ask, and few at a time: after a loss of Redis every session of a gateway asks. */
import { ConvokeError, isConvokeError, LIMITS, RECOVERY, sessionKey } from '../../contracts/index.ts';
import type { ErrorCode, Position, SessionRef } from '../../contracts/index.ts';
import { recoverLog } from '../../log/index.ts';
import type { SessionLog, SessionSource } from '../../log/index.ts';

/** What fails with these for one session would fail for every other, each after its own time-out. */
const FOR_ALL: readonly ErrorCode[] = [
  'log_unavailable',
  'archive_unavailable',
  'temporal_unavailable',
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

  /** As `recoverLog`. Another gateway or a worker may do the same at the same time: the log takes the first. */
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

  /** Resolves when it is one's turn; throws `overloaded` if that takes longer than an answer may: those before it may have no worker. */
  async #wait(): Promise<void> {
    const { promise, resolve, reject: refuse } = Promise.withResolvers<null>();
    const waiting: Waiting = { go: () => resolve(null), refuse };
    this.#waiting.push(waiting);
    const timer = setTimeout(() => {
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      refuse(new ConvokeError('overloaded', 'Many logs are being built anew. Try again.'));
    }, RECOVERY.answerDeadlineMs);
    await promise.finally(() => clearTimeout(timer));
  }

  #refuse(error: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.refuse(error);
  }
}
