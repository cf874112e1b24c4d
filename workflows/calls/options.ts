/** How the workflow calls its activities: every option of Temporal that decides about latency, recovery and the story in its Web UI. */
import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { RECOVERY } from '../../src/contracts/index.ts';

/** Retries until the archive is back: what was accepted is never given up. */
export const PATIENT = { initialInterval: 250, backoffCoefficient: 2, maximumInterval: 5_000 };

/**
 * Longer than any activity runs: a step may take an hour, and one that waits for a log or an archive that is away takes as long as that. What
 * ends one that hangs is its heartbeat.
 */
const UNBOUNDED = '30 days';

/** An activity that shows it is alive, on whichever worker. It costs six history events, however long it takes. */
export const ALIVE: ActivityOptions = {
  startToCloseTimeout: UNBOUNDED,
  heartbeatTimeout: RECOVERY.heartbeatTimeoutMs,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: RECOVERY.retryMs,
    backoffCoefficient: 2,
    maximumInterval: RECOVERY.retryMaxMs,
  },
};

/** The server takes 400 bytes of a summary. */
export function summaryOf(text: string): string {
  return text.slice(0, 130);
}
