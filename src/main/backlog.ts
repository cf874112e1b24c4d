/** How many tasks wait in the task queue: asked of Temporal when somebody looks, and seldom. */
import type { Client } from '@temporalio/client';
import { LIMITS } from '../contracts/index.ts';
import type { Metrics, Readings } from '../telemetry/index.ts';

/** As Temporal numbers them (`TaskQueueType`). */
const KINDS = { workflow: 1, activity: 2 } as const;
type Kind = keyof typeof KINDS;

type TaskQueueType = NonNullable<
  Parameters<Client['workflowService']['describeTaskQueue']>[0]['taskQueueType']
>;

type Backlog = Readings<'convoke_task_queue_backlog'>;

/** `taskQueue`: of the sessions; those of single workers and of kinds of agents are not asked. */
export function measureBacklog(
  metrics: Metrics,
  client: Pick<Client, 'connection' | 'workflowService' | 'withDeadline'>,
  { namespace, taskQueue }: { readonly namespace: string; readonly taskQueue: string },
): void {
  const ask = async (kind: Kind): Promise<Backlog> => {
    const asked = {
      ...{ namespace, taskQueue: { name: taskQueue }, reportStats: true },
      taskQueueType: KINDS[kind] as unknown as TaskQueueType, // safety: see KINDS
    };
    const deadline = Date.now() + LIMITS.metricAskMs;
    const { stats } = await client.withDeadline(deadline, () =>
      client.workflowService.describeTaskQueue(asked),
    );
    // An older server does not tell.
    return stats ? [[{ kind }, Number(stats.approximateBacklogCount ?? 0)]] : [];
  };
  const askAll = async (): Promise<Backlog> =>
    (await Promise.all((['workflow', 'activity'] as const).map(ask))).flat();
  let last: { readonly at: number; readonly backlog: Promise<Backlog> } | undefined;
  metrics.read('convoke_task_queue_backlog', () => {
    const at = performance.now();
    if (!last || at - last.at > LIMITS.metricAskedMs) last = { at, backlog: askAll() };
    return last.backlog;
  });
}
