import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { SESSION, workflowId, type SessionRef } from '../contracts/index.ts';

/** Tells a session that there may be a place for its turn. False: there is no such session any more. Throws what Temporal answers. */
export function createNudge(client: Client): (ref: SessionRef) => Promise<boolean> {
  return async (ref) => {
    try {
      await client.workflow.getHandle(workflowId(ref)).signal(SESSION.signals.nudge);
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };
}
