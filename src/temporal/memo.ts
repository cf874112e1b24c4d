/** A session's memo in Temporal, and the summary that lists show. */
import { DEFAULT_TEAM, parseWorkflowId } from '../contracts/index.ts';
import type { SessionSummary } from '../contracts/index.ts';

/** What a session's memo holds: the hash that repeated requests are compared with, and what lists show. */
export interface SessionMemo {
  readonly requestHash: string;
  /** The team's name. */
  readonly team: string;
  /** ms since the Unix epoch. */
  readonly createdAt: number;
}

/** A session as lists show it; null if the workflow is not a session of that tenant. */
export function summaryOf(
  tenant: string,
  id: string,
  status: SessionSummary['status'],
  { team, createdAt }: Partial<SessionMemo>,
): SessionSummary | null {
  const ref = parseWorkflowId(id);
  if (ref?.tenant !== tenant) return null;
  return {
    id: ref.session,
    tenant,
    team: team ?? DEFAULT_TEAM.name,
    status,
    createdAt: createdAt ?? 0,
    workflowId: id,
  };
}
