/** One page of a tenant's sessions from Temporal's visibility store. */
import type { Client } from '@temporalio/client';
import type { SessionPage, SessionSummary } from '../contracts/index.ts';
import { isWorkflowNotFound } from './errors.ts';
import { decodedMemo, summaryOf } from './memo.ts';
import type { SessionMemo } from './memo.ts';
import { nextCursor, pageToken, refusedPage } from './pages.ts';
import { visibilityQuery } from './sessions-query.ts';
import type { ListQuery } from './sessions-query.ts';

type Response = Awaited<ReturnType<Client['workflowService']['listWorkflowExecutions']>>;
type Row = Response['executions'][number];

/** Of `WorkflowExecutionStatus`; every other end of a workflow has interrupted its session. */
const STATUS: Readonly<Record<number, SessionSummary['status']>> = { 1: 'open', 2: 'closed' };

/** True if the session of an interrupted run goes on in another, or has just been forgotten. */
async function isReopened(client: Client, { execution }: Row): Promise<boolean> {
  try {
    const { runId } = await client.workflow.getHandle(execution?.workflowId ?? '').describe();
    return runId !== execution?.runId;
  } catch (error) {
    if (isWorkflowNotFound(error)) return true;
    throw error;
  }
}

async function summaryOfRow(client: Client, tenant: string, row: Row): Promise<SessionSummary | null> {
  const status = STATUS[Number(row.status)] ?? 'interrupted';
  if (status === 'interrupted' && (await isReopened(client, row))) return null;
  const memo: Partial<SessionMemo> = await decodedMemo(client, row.memo?.fields);
  const createdAt = Number(row.startTime?.seconds ?? 0) * 1_000;
  return summaryOf(tenant, row.execution?.workflowId ?? '', status, { createdAt, ...memo });
}

/** Throws `invalid_cursor`, or what Temporal threw. */
export async function listSessions(client: Client, tenant: string, query: ListQuery): Promise<SessionPage> {
  const request = {
    namespace: client.options.namespace,
    query: visibilityQuery(tenant, query),
    pageSize: query.limit,
    nextPageToken: pageToken(query.cursor),
  };
  const page = await client.workflowService
    .listWorkflowExecutions(request)
    .catch((error: unknown) => refusedPage(error, query.cursor));
  const rows = await Promise.all(page.executions.map((row) => summaryOfRow(client, tenant, row)));
  return { data: rows.filter((row) => row !== null), next: nextCursor(page.nextPageToken) };
}
