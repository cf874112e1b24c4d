/** One firing of a schedule: its message goes to its session the way every message does. */
import { scheduleActivity, workflowInfo } from '@temporalio/workflow';
import { ERRORS, type Firing } from '../src/contracts/index.ts';
import { PATIENT } from './calls/options.ts';

/** After so long a firing is given up; the next one comes anyhow, ms. */
const GIVEN_UP_MS = 3_600_000;

/** Codes of what no repeat mends. */
const FINAL = Object.entries(ERRORS).flatMap(([code, { retryable }]) => (retryable ? [] : [code]));

export async function fire(given: Omit<Firing, 'firing'>): Promise<void> {
  // Temporal names the workflow by the schedule and the time.
  const firing = workflowInfo().workflowId;
  await scheduleActivity('fire', [{ ...given, firing }], {
    startToCloseTimeout: 30_000,
    scheduleToCloseTimeout: GIVEN_UP_MS,
    retry: { ...PATIENT, nonRetryableErrorTypes: FINAL },
  });
}
