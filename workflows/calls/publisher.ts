/** Appends facts that no turn carries. */
import { scheduleActivity, scheduleLocalActivity } from '@temporalio/workflow';
import { LIMITS, type PublishInput, type Report } from '../../src/contracts/index.ts';
import { inTask } from './inside.ts';
import { ALIVE, summaryOf } from './options.ts';

/** Reconciling asks this workflow what it holds. A log that is away is waited for outside the task. */
export function publish(input: PublishInput): Promise<Report> {
  const what = input.reconcile
    ? 'bring the log up to date'
    : input.drafts.map((draft) => draft.type).join(', ');
  const summary = summaryOf(`publish ${what}`);
  const outside = (): Promise<Report> => scheduleActivity<Report>('publish', [input], { ...ALIVE, summary });
  if (input.reconcile) return outside();
  const inside = (): Promise<Report> =>
    scheduleLocalActivity<Report>('publish', [input], {
      startToCloseTimeout: 3 * LIMITS.redisTimeoutMs,
      retry: { maximumAttempts: 1 },
      summary,
    });
  return inTask(inside, outside);
}
