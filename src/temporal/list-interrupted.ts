/** Workflows that have ended without closing their sessions, from Temporal's visibility store. Eventually consistent. */
import type { Client } from '@temporalio/client';
import { parseWorkflowId, SESSION } from '../contracts/index.ts';
import type { SessionRef } from '../contracts/index.ts';
import { INTERRUPTED } from './sessions-query.ts';

/** `run` may not be the session's newest: it may have been reopened since. */
export interface InterruptedRun {
  readonly ref: SessionRef;
  readonly run: string;
}

export interface InterruptedRuns {
  /** The newest first. */
  readonly runs: readonly InterruptedRun[];
  /** There are more. */
  readonly more: boolean;
}

/** The most that visibility gives in one page. */
const PAGE = 1_000;

/** Those that have ended since then, ms since the Unix epoch, and were served by workers of this queue. Throws what Temporal's client throws. */
export async function listInterrupted(
  client: Client,
  { taskQueue, since }: { readonly taskQueue: string; readonly since: number },
): Promise<InterruptedRuns> {
  const page = await client.workflowService.listWorkflowExecutions({
    namespace: client.options.namespace,
    query: [
      `WorkflowType = '${SESSION.workflow}'`,
      `TaskQueue = '${taskQueue}'`,
      INTERRUPTED,
      `CloseTime >= '${new Date(since).toISOString()}'`,
    ].join(' AND '),
    pageSize: PAGE,
  });
  const runs = page.executions.flatMap(({ execution }) => {
    const ref = parseWorkflowId(execution?.workflowId ?? '');
    return ref ? [{ ref, run: execution?.runId ?? '' }] : [];
  });
  return { runs, more: page.nextPageToken.length > 0 };
}
