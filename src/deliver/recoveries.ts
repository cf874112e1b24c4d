/** Rebuilds lost logs, each once however many ask, and few at a time: after a loss of Redis every session of a gateway asks. */
import { isConvokeError, LIMITS, sessionKey } from '../contracts/index.ts';
import type { Position, SessionRef } from '../contracts/index.ts';
import { recoverLog } from '../log/index.ts';
import type { SessionLog, SessionSource } from '../log/index.ts';

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
    else await new Promise<void>((go, refuse) => this.#waiting.push({ go, refuse }));
    try {
      return await recoverLog(this.#log, this.#source, ref, seen);
    } catch (error) {
      if (!isConvokeError(error) || error.code !== 'session_not_found') this.#refuse(error);
      throw error;
    } finally {
      const next = this.#waiting.shift();
      if (next) next.go();
      else this.#free += 1;
    }
  }

  /** What failed for one (no worker, no Redis) would fail for all who wait, each after its own time-out. */
  #refuse(error: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.refuse(error);
  }
}
