/** One page of a tenant's sessions from Temporal's visibility store. */
import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../contracts/index.ts';
import type { SessionPage, SessionSummary } from '../contracts/index.ts';
import { decodedMemo, summaryOf } from './memo.ts';
import type { SessionMemo } from './memo.ts';
import { newestOf } from './newest-runs.ts';
import { nextCursor, pageToken, refusedPage } from './pages.ts';
import { visibilityQuery } from './sessions-query.ts';
import type { ListQuery } from './sessions-query.ts';

type Response = Awaited<ReturnType<Client['workflowService']['listWorkflowExecutions']>>;
type Row = Response['executions'][number];

/** Of `WorkflowExecutionStatus`; every other end of a workflow has interrupted its session. */
const [RUNNING, COMPLETED] = [1, 2];

function statusOf(client: Client, { status, searchAttributes }: Row): SessionSummary['status'] {
  if (Number(status) === RUNNING) return 'open';
  if (Number(status) !== COMPLETED) return 'interrupted';
  const stated = searchAttributes?.indexedFields?.[SEARCH_ATTRIBUTES.status];
  const { payloadConverter } = client.options.loadedDataConverter;
  return stated && payloadConverter.fromPayload(stated) === 'hibernated' ? 'hibernated' : 'closed';
}

async function summaryOfRow(client: Client, tenant: string, row: Row): Promise<SessionSummary | null> {
  const memo: Partial<SessionMemo> = await decodedMemo(client, row.memo?.fields);
  const createdAt = Number(row.startTime?.seconds ?? 0) * 1_000;
  const id = row.execution?.workflowId ?? '';
  return summaryOf(tenant, id, statusOf(client, row), { createdAt, ...memo });
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
  const ended = page.executions.filter(({ status }) => Number(status) !== RUNNING);
  const newest = new Set(await newestOf(client, tenant, ended));
  const sessions = page.executions.filter((row) => Number(row.status) === RUNNING || newest.has(row));
  const rows = await Promise.all(sessions.map((row) => summaryOfRow(client, tenant, row)));
  const { createdAfter = 0 } = query;
  const data = rows.filter((row) => row !== null).filter(({ createdAt }) => createdAt >= createdAfter);
  return { data, next: nextCursor(page.nextPageToken) };
}
