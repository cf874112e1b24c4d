import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { LIMITS, SCORING, scoringId, type Scoring } from '../contracts/index.ts';

/** Behind all that sessions do. */
const LAST = 5;

/** Has a turn scored, once. Throws what Temporal answers. */
export function createScoring(client: Client, taskQueue: string): (scoring: Scoring) => Promise<void> {
  return async (scoring) => {
    const options = {
      workflowId: scoringId(scoring, scoring.turn),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      priority: { priorityKey: LAST, fairnessKey: scoring.tenant },
      ...{ taskQueue, args: [scoring] },
    } as const;
    try {
      await client.withDeadline(Date.now() + LIMITS.scoringStartMs, () =>
        client.workflow.start(SCORING.workflow, options),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };
}
