/** The Temporal workers of a process: one for sessions and their turns, and one for each kind of agent that only some workers can run. */
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { NativeConnection, WorkerOptions, WorkflowBundleOption } from '@temporalio/worker';
import { queueFor, RECOVERY, type SessionActivities } from '../contracts/index.ts';
import type { Logger } from '../telemetry/index.ts';
import type { Deployment } from './config.ts';
import { createTuner } from './slots.ts';
import { endUnfitRuns } from './unfit.ts';

export interface TaskWorkerOptions {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly logger: Pick<Logger, 'warn'>;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly workflowBundle: WorkflowBundleOption;
  readonly activities: SessionActivities;
  /** Kinds of agents that this process can run and others may not: it takes over their turns from workers that cannot. */
  readonly able: readonly string[];
  /** The version of this code; default: none. */
  readonly deployment?: Deployment | undefined;
  /** What seals payloads; default: nothing does. */
  readonly converter?: Pick<WorkerOptions, 'dataConverter'>;
  /** Default `RECOVERY.workerGraceMs`. */
  readonly graceMs?: number;
}

export interface TaskWorker {
  readonly isRunning: boolean;
  /** What it does right now. */
  readonly load: () => WorkerLoad;
  /** Resolves when it has stopped; rejects when it has lost Temporal for good. */
  run(): Promise<void>;
  /** Stops taking tasks; running ones finish or are handed over within the grace period. */
  shutdown(): void;
}

/** Of all Temporal workers of the process together; `turns`, `quick` and `tasks`: those at work. */
export interface WorkerLoad {
  /** Task queues, that of all sessions first. */
  readonly queues: readonly string[];
  readonly turns: number;
  readonly quick: number;
  readonly tasks: number;
  /** Workflows in memory. */
  readonly cached: number;
}

function loadOf(workers: readonly Worker[]): WorkerLoad {
  const all = workers.map((worker) => worker.getStatus());
  const sum = (of: (status: (typeof all)[number]) => number): number =>
    all.reduce((total, status) => total + of(status), 0);
  return {
    queues: workers.map(({ options }) => options.taskQueue),
    turns: sum(({ numInFlightNonLocalActivities }) => numInFlightNonLocalActivities),
    quick: sum(({ numInFlightLocalActivities }) => numInFlightLocalActivities),
    tasks: sum(({ numInFlightWorkflowActivations }) => numInFlightWorkflowActivations),
    cached: sum(({ numCachedWorkflows }) => numCachedWorkflows),
  };
}

/**
 * A session goes to the version that is current (or ramping, for its share) with its next workflow task. Not pinned: sessions live for weeks,
 * and each build would have to run as long.
 */
function versioned(deployment: Deployment | undefined): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (!deployment) return {};
  const { name: deploymentName, buildId } = deployment;
  return {
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { deploymentName, buildId },
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}

/** After its grace period a stopping worker gets this long to hand over its steps, ms. */
const FORCE_MS = 5_000;

export async function createTaskWorker(options: TaskWorkerOptions): Promise<TaskWorker> {
  const { connection, namespace, taskQueue, workflowBundle, activities } = options;
  const graceMs = options.graceMs ?? RECOVERY.workerGraceMs;
  const tuner = createTuner();
  const shared = {
    ...{ connection, namespace, activities, tuner, ...options.converter },
    shutdownGraceTime: graceMs,
    shutdownForceTime: graceMs + FORCE_MS,
  };
  const workers = await Promise.all([
    Worker.create({
      ...shared,
      ...versioned(options.deployment),
      ...{ taskQueue, workflowBundle },
      stickyQueueScheduleToStartTimeout: RECOVERY.stickyTimeoutMs,
      maxHeartbeatThrottleInterval: RECOVERY.heartbeatEveryMs,
      defaultHeartbeatThrottleInterval: RECOVERY.heartbeatEveryMs,
    }),
    // Not versioned: who asks there needs something that this worker has, of whatever build.
    ...options.able.map((runner) =>
      Worker.create({ ...shared, taskQueue: queueFor(taskQueue, runner), maxConcurrentActivityTaskPolls: 2 }),
    ),
  ]);
  const endWatch = endUnfitRuns(workers[0], options);
  const shutdown = (): void => {
    endWatch();
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  return {
    get isRunning() {
      return workers.every((worker) => worker.getState() === 'RUNNING');
    },
    load: () => loadOf(workers),
    async run() {
      // One that fails takes the others with it.
      await Promise.all(workers.map((worker) => worker.run().finally(shutdown)));
    },
    shutdown,
  };
}
