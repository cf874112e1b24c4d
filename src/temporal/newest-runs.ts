/** Which runs are the newest of their sessions: one that was woken or reopened has several, and its earlier ones are no sessions of their own. */
import type { Client } from '@temporalio/client';
import { parseWorkflowId, workflowId } from '../contracts/index.ts';
import { runsQuery } from './sessions-query.ts';

/** Runs that are looked at at a time. */
const PAGE = 1_000;

interface Run {
  readonly execution?: { readonly workflowId?: string | null; readonly runId?: string | null } | null;
}

/** Those of these ended runs after which their sessions have begun no other. Eventually consistent. */
export async function newestOf<T extends Run>(
  client: Client,
  tenant: string,
  ended: readonly T[],
): Promise<readonly T[]> {
  const refs = ended.map(({ execution }) => parseWorkflowId(execution?.workflowId ?? ''));
  const sessions = new Set(refs.flatMap((ref) => (ref?.tenant === tenant ? [ref.session] : [])));
  const newest = await newestRuns(client, tenant, [...sessions]);
  return ended.filter(({ execution }) => newest.get(execution?.workflowId ?? '') === execution?.runId);
}

/** Workflow → run. */
async function newestRuns(
  client: Client,
  tenant: string,
  sessions: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const newest = new Map<string, string>();
  for (let left = sessions; left.length > 0;) {
    const { executions } = await client.workflowService.listWorkflowExecutions({
      namespace: client.options.namespace,
      query: runsQuery(tenant, left),
      pageSize: PAGE,
    });
    // Those that run come first, then those that have ended, the last one first.
    for (const { execution } of executions) {
      const id = execution?.workflowId ?? '';
      if (!newest.has(id)) newest.set(id, execution?.runId ?? '');
    }
    const missing = left.filter((session) => !newest.has(workflowId({ tenant, session })));
    if (missing.length === left.length) break;
    left = missing;
  }
  return newest;
}
