/** Appends facts that no turn carries. */
import { scheduleActivity } from '@temporalio/workflow';
import { LIMITS, type PublishInput, type Report } from '../../src/contracts/index.ts';
import type { Inside } from './inside.ts';
import { ALIVE, summaryOf } from './options.ts';

/**
 * Inside the workflow task, where it costs one history event instead of six; outside if that fails for whatever reason (the log is away, the
 * call took too long, the activity must ask this workflow): appending twice is harmless, and outside it is retried until it works.
 * Reconciling asks this workflow, so it is never done inside.
 */
export async function publish(inside: Inside, input: PublishInput): Promise<Report> {
  const what = input.reconcile
    ? 'bring the log up to date'
    : input.drafts.map((draft) => draft.type).join(', ');
  const summary = summaryOf(`publish ${what}`);
  if (!input.reconcile) {
    try {
      return await inside.run<Report>('publish', input, {
        startToCloseTimeout: 3 * LIMITS.redisTimeoutMs,
        retry: { maximumAttempts: 1 },
        summary,
      });
    } catch {
      // Outside, below.
    }
  }
  return scheduleActivity<Report>('publish', [input], { ...ALIVE, summary });
}
