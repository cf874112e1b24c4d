/** What workers tell of themselves, for operators: forgotten `LIMITS.workerTtlMs` after they have told it last. */
import { LIMITS, type ToldWorker, type WorkerStatus } from '../contracts/index.ts';
import type { Commands } from './connect.ts';
import { scriptsBeside } from './scripts.ts';

const KEYS = ['convoke:{workers}', 'convoke:{workers}:told'] as const;

/** All calls throw `log_unavailable` while Redis is away. */
export interface WorkerRows {
  /** To be repeated every `LIMITS.workerEveryMs`. */
  tell(worker: WorkerStatus): Promise<void>;
  /** It has ended. */
  forget(id: string): Promise<void>;
  /** At most `LIMITS.systemWorkers`, by their ids. */
  read(): Promise<readonly ToldWorker[]>;
}

/** `ttlMs`: default `LIMITS.workerTtlMs`. */
export function createWorkerRows(redis: Commands, ttlMs: number = LIMITS.workerTtlMs): WorkerRows {
  const scripts = scriptsBeside(import.meta.url, redis);
  const [announce, read] = [scripts('announce-worker-2'), scripts('read-workers-2')];
  return {
    async tell(worker) {
      await announce(...KEYS, worker.id, ttlMs, JSON.stringify(worker));
    },
    async forget(id) {
      await announce(...KEYS, id, ttlMs, '');
    },
    async read() {
      const reply = (await read(...KEYS, ttlMs, LIMITS.systemWorkers)) as (string | number)[]; // safety: see the script
      const pairs = Array.from({ length: reply.length / 2 }, (_, index) => reply.slice(2 * index));
      const told = pairs.map(([toldMsAgo, json]) => ({
        ...(JSON.parse(String(json)) as WorkerStatus), // safety: only `tell` writes there
        toldMsAgo: Number(toldMsAgo),
      }));
      return told.sort((one, other) => (one.id < other.id ? -1 : 1));
    },
  };
}
