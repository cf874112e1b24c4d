/** What workers tell of themselves, for operators: gone `LIMITS.workerTtlMs` after they have told it last, and forgotten after `LIMITS.workerGoneMs`. */
import { LIMITS, type GoneWorker, type ToldWorker, type WorkerStatus } from '../contracts/index.ts';
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
  /** Those that have told nothing for longer than that, who was heard of last first; at most `LIMITS.systemWorkers`, those that run included. */
  gone(): Promise<readonly GoneWorker[]>;
}

/** `ttlMs`, `goneMs`: default `LIMITS.workerTtlMs`, `LIMITS.workerGoneMs`. */
export function createWorkerRows(
  redis: Commands,
  ttlMs: number = LIMITS.workerTtlMs,
  goneMs: number = LIMITS.workerGoneMs,
): WorkerRows {
  const scripts = scriptsBeside(import.meta.url, redis);
  const [announce, read] = [scripts('announce-worker-2'), scripts('read-workers-2')];
  const within = async (ms: number): Promise<readonly ToldWorker[]> => {
    const reply = (await read(...KEYS, ms, LIMITS.systemWorkers)) as (string | number)[]; // safety: see the script
    const pairs = Array.from({ length: reply.length / 2 }, (_, index) => reply.slice(2 * index));
    return pairs.map(([toldMsAgo, json]) => ({
      ...(JSON.parse(String(json)) as WorkerStatus), // safety: only `tell` writes there
      toldMsAgo: Number(toldMsAgo),
    }));
  };
  return {
    async tell(worker) {
      await announce(...KEYS, worker.id, goneMs, LIMITS.workerRows, JSON.stringify(worker));
    },
    async forget(id) {
      await announce(...KEYS, id, goneMs, LIMITS.workerRows, '');
    },
    async read() {
      const told = await within(ttlMs);
      return told.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    },
    async gone() {
      const told = await within(goneMs);
      return told.filter(({ toldMsAgo }) => toldMsAgo > ttlMs).map(goneOf);
    },
  };
}

function goneOf({ id, version, startedAt, toldMsAgo, longest, ...has }: ToldWorker): GoneWorker {
  const { queues, agents, teams, tools, models } = has;
  return { id, version, startedAt, toldMsAgo, longest, queues, agents, teams, tools, models };
}
