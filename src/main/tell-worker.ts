/** Tells operators what this worker is and does, for as long as it runs. */
import { jsonBytes, LIMITS, type Catalog, type WorkerStatus } from '../contracts/index.ts';
import type { WorkerRows } from '../log/index.ts';
import type { Deployment } from './config.ts';
import { processName } from './process-name.ts';
import type { RunningHere } from './running-here.ts';
import type { WorkerLoad } from './task-worker.ts';
import { version } from './resource.ts';

export interface TellWorker {
  readonly rows: WorkerRows;
  readonly deployment?: Deployment | undefined;
  readonly catalog: Catalog;
  readonly load: () => WorkerLoad;
  readonly here: Pick<RunningHere, 'told' | 'onHandedOver'>;
  /** Aborts when the worker is to stop. */
  readonly draining: AbortSignal;
}

/** Several may run in one process. */
let started = 0;

/**
 * One write every `LIMITS.workerEveryMs`, one `LIMITS.workerSoonMs` after it has handed a turn over, and one when it begins to stop. What it
 * returns ends it.
 */
export function tellWorker(worker: TellWorker): () => Promise<void> {
  const { rows, draining, here } = worker;
  const [number, startedAt] = [++started, Date.now()];
  const id = number === 1 ? processName() : `${processName()}/${number}`;
  // While Redis is away nobody can ask either.
  const tell = (): Promise<void> =>
    rows.tell(fitting(statusOf(worker, { id, startedAt }))).catch(() => undefined);
  void tell();
  const timer = setInterval(() => void tell(), LIMITS.workerEveryMs).unref();
  const onDrain = (): void => void tell();
  draining.addEventListener('abort', onDrain, { once: true });
  let soon: NodeJS.Timeout | undefined;
  const tellSoon = (): void => {
    soon = undefined;
    void tell();
  };
  here.onHandedOver(() => void (soon ??= setTimeout(tellSoon, LIMITS.workerSoonMs).unref()));
  return async () => {
    here.onHandedOver(() => undefined);
    clearTimeout(soon);
    clearInterval(timer);
    draining.removeEventListener('abort', onDrain);
    await rows.forget(id).catch(() => undefined);
  };
}

function statusOf(
  { deployment, catalog, load, here, draining }: TellWorker,
  { id, startedAt }: Pick<WorkerStatus, 'id' | 'startedAt'>,
): WorkerStatus {
  const { queues, turns, quick, tasks, cached } = load();
  const some = (names: readonly string[]): readonly string[] => names.slice(0, LIMITS.workerNames);
  return {
    ...{ id, version: version(), startedAt, draining: draining.aborted },
    ...(deployment && { deployment }),
    queues: some(queues),
    agents: some(Object.keys(catalog.agents)),
    teams: some(catalog.teams),
    tools: some(catalog.tools),
    models: some(catalog.models ?? []),
    turns: { used: turns, most: LIMITS.stepsPerWorker },
    quick: { used: quick, most: LIMITS.stepsPerWorker },
    tasks: { used: tasks, most: LIMITS.workflowTasksPerWorker },
    cached,
    heapBytes: process.memoryUsage().heapUsed,
    ...here.told,
  };
}

/** Names may be long: then those of its own are left out. */
export function fitting(status: WorkerStatus): WorkerStatus {
  if (jsonBytes(status) <= LIMITS.workerBytes) return status;
  const recent = { endpoints: [], lacked: [], handedOver: [], waiting: [] };
  const short = { ...status, ...recent, agents: [], teams: [], tools: [], models: [] };
  return jsonBytes(short) <= LIMITS.workerBytes ? short : { ...short, queues: short.queues.slice(0, 1) };
}
