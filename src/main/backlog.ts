/** How many tasks wait in the task queue: asked of Temporal when somebody looks, and seldom. */
import type { Client } from '@temporalio/client';
import { LIMITS, type QueueStatus } from '../contracts/index.ts';
import type { Metrics, Readings } from '../telemetry/index.ts';
import { describeQueue } from '../temporal/index.ts';

type Backlog = Readings<'convoke_task_queue_backlog'>;

/** `taskQueue`: of the sessions; those of single workers and of kinds of agents are not asked. */
export function measureBacklog(
  metrics: Metrics,
  client: Pick<Client, 'workflowService' | 'withDeadline'>,
  { namespace, taskQueue: name }: { readonly namespace: string; readonly taskQueue: string },
): void {
  const ask = async (kind: QueueStatus['kind']): Promise<Backlog> => {
    const deadline = Date.now() + LIMITS.metricAskMs;
    const { backlog } = await client.withDeadline(deadline, () =>
      describeQueue(client, { namespace, name, kind }),
    );
    // An older server does not tell.
    return backlog === undefined ? [] : [[{ kind }, backlog]];
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
