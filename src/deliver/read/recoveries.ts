/** Rebuilds lost logs: each only once, however many ask for it, and a few at a time, because a lost Redis means every session asks. */
import { isConvokeError, LIMITS, RECOVERY, sessionKey } from '../../contracts/index.ts';
import type { ErrorCode, Position, SessionRef } from '../../contracts/index.ts';
import { FairQueue } from '../../fair/index.ts';
import { recoverLog } from '../../log/index.ts';
import type { SessionLog, SessionSource } from '../../log/index.ts';
import type { Metrics } from '../../telemetry/index.ts';

/** An error with one of these codes would hit every other session too, each after its own time-out. */
const FOR_ALL: readonly ErrorCode[] = [
  'log_unavailable',
  'archive_unavailable',
  'temporal_unavailable',
  'temporal_not_set_up',
  'temporal_refused',
  'overloaded',
];

export class Recoveries {
  readonly #log: SessionLog;
  readonly #source: SessionSource;
  readonly #running = new Map<string, Promise<Position>>();
  /** Those ahead may be waiting for a worker. */
  readonly #queue = new FairQueue({ ...LIMITS.fair.recoveries, waitMs: RECOVERY.answerDeadlineMs });

  constructor(log: SessionLog, source: SessionSource) {
    this.#log = log;
    this.#source = source;
  }

  /** Tells how many wait. */
  measure(metrics: Metrics): void {
    metrics.read('convoke_queue_waiting', () => [[{ queue: 'recoveries' }, this.#queue.waiting]]);
  }

  /**
   * See `recoverLog`. Another gateway or a worker may do the same concurrently; the log accepts the first. Throws `overloaded` if it was not its
   * turn within `RECOVERY.answerDeadlineMs`.
   */
  recover(ref: SessionRef, seen: Position): Promise<Position> {
    const key = sessionKey(ref);
    const running = this.#running.get(key);
    if (running) return running;
    const started = this.#queue
      .run(ref.tenant, () => this.#recover(ref, seen))
      .finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }

  async #recover(ref: SessionRef, seen: Position): Promise<Position> {
    try {
      return await recoverLog(this.#log, this.#source, ref, seen);
    } catch (error) {
      if (isConvokeError(error) && FOR_ALL.includes(error.code)) this.#queue.refuse(error);
      throw error;
    }
  }
}
