/** The scorers of one finished turn. Apart from the session: it neither waits for them nor hears of them, but for their feedback. */
import { scheduleActivity, workflowInfo } from '@temporalio/workflow';
import { LIMITS, queueFor, SCORING, type ScoreInput, type Scoring } from '../src/contracts/index.ts';
import { PATIENT } from './calls/options.ts';

/** Fails if a scorer has, when all are done. */
export async function score({ scorers, ...turn }: Scoring): Promise<void> {
  const { taskQueue } = workflowInfo();
  const options = {
    taskQueue: queueFor(taskQueue, SCORING.needs),
    startToCloseTimeout: LIMITS.scoreTimeoutMs,
    scheduleToCloseTimeout: LIMITS.scoreGivenUpMs,
    retry: { ...PATIENT, maximumAttempts: LIMITS.scoreAttempts },
  };
  const ends = await Promise.allSettled(
    scorers.map((scorer) => scheduleActivity('score', [{ ...turn, scorer } satisfies ScoreInput], options)),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
