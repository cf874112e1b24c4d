/** Up to where sessions count on the archive, by what Temporal knows. Needs the server, and no worker. */
import type { Client } from '@temporalio/client';
import { workflowId } from '../contracts/index.ts';
import type { SessionRef } from '../contracts/index.ts';
import { recordOf } from './ended-run.ts';
import { isWorkflowNotFound } from './errors.ts';
import { standingOf } from './standing.ts';

/** A call to a server that has just been started may take long, ms. */
const ANSWER_MS = 30_000;

/**
 * A number: a workflow holds what comes after that event, or has left it in its history. `stored`: none runs, and the session goes on with what is
 * stored of it. `all`: Temporal does not know the session. Throws what Temporal's client throws.
 */
export async function archivedTo(client: Client, ref: SessionRef): Promise<number | 'stored' | 'all'> {
  return client.withDeadline(Date.now() + ANSWER_MS, async () => {
    try {
      const found = await client.workflow.getHandle(workflowId(ref)).describe();
      if (!['open', 'interrupted'].includes(standingOf(found))) return 'stored';
      return (await recordOf(client, ref, found.runId))?.archivedTo ?? 'stored';
    } catch (error) {
      if (isWorkflowNotFound(error)) return 'all';
      throw error;
    }
  });
}
