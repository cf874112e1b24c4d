/** How task queues stand, as Temporal tells. */
import type { Client } from '@temporalio/client';
import { LIMITS, type QueueStatus } from '../contracts/index.ts';

/** As Temporal numbers them (`TaskQueueType`). */
const KINDS = { workflow: 1, activity: 2 } as const;

type Asking = Pick<Client, 'workflowService'>;
type TaskQueueType = NonNullable<
  Parameters<Client['workflowService']['describeTaskQueue']>[0]['taskQueueType']
>;
type Described = Awaited<ReturnType<Client['workflowService']['describeTaskQueue']>>;

export interface AskedQueue {
  readonly namespace: string;
  readonly name: string;
  readonly kind: QueueStatus['kind'];
}

export type QueueTold = Omit<QueueStatus, 'status' | 'ms' | 'reason'>;

/** The caller sets the deadline. Throws what Temporal answers. */
export async function describeQueue(
  client: Asking,
  { namespace, name, kind }: AskedQueue,
): Promise<QueueTold> {
  const asked = {
    ...{ namespace, taskQueue: { name }, reportStats: true },
    taskQueueType: KINDS[kind] as unknown as TaskQueueType, // safety: see KINDS
  };
  const { stats, pollers } = await client.workflowService.describeTaskQueue(asked);
  const workers = new Set(pollers.map(({ identity }) => identity ?? ''));
  return {
    ...{ name, kind },
    // An older server does not tell.
    ...(stats && statsOf(stats)),
    pollers: [...workers].slice(0, LIMITS.queuePollers),
  };
}

function statsOf(stats: NonNullable<Described['stats']>): Partial<QueueTold> {
  const {
    approximateBacklogCount: count,
    approximateBacklogAge: age,
    tasksAddRate,
    tasksDispatchRate,
  } = stats;
  const rate = (perSecond: number | null | undefined): number => Math.round((perSecond ?? 0) * 10) / 10;
  return {
    backlog: Number(count ?? 0),
    oldestMs: Number(age?.seconds ?? 0) * 1_000 + Math.round((age?.nanos ?? 0) / 1e6),
    addedPerSecond: rate(tasksAddRate),
    takenPerSecond: rate(tasksDispatchRate),
  };
}
