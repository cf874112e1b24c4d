/** What a session's workflow knows of its events: from there a lost log is built anew. */
import type { Client } from '@temporalio/client';
import { SESSION, workflowId } from '../contracts/index.ts';
import type { KnownEvents, SessionRef } from '../contracts/index.ts';
import { fromTemporal, isWorkflowNotFound } from './temporal.ts';

/**
 * Asks the workflow of a session, also after it has closed; null if there is none. Needs a worker. Throws `worker_unavailable`,
 * `temporal_unavailable` or `overloaded` after `deadlineMs` at the latest.
 */
export function createKnownEvents(
  client: Client,
  deadlineMs: number,
): (ref: SessionRef) => Promise<KnownEvents | null> {
  return async (ref) => {
    const handle = client.workflow.getHandle(workflowId(ref));
    try {
      return await client.withDeadline(Date.now() + deadlineMs, () =>
        handle.query<KnownEvents>(SESSION.queries.events),
      );
    } catch (error) {
      if (isWorkflowNotFound(error)) return null;
      throw fromTemporal(error, 'worker');
    }
  };
}
