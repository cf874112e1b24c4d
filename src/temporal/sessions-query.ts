/** Listing sessions: the visibility query. */
import { ConvokeError, isId, LIMITS, SEARCH_ATTRIBUTES, SESSION } from '../contracts/index.ts';
import type { SessionSummary } from '../contracts/index.ts';
import type { PageQuery } from './pages.ts';

export interface ListQuery extends PageQuery {
  readonly status?: SessionSummary['status'];
  /** A team's name. */
  readonly team?: string;
  /** Only forks of this session. */
  readonly parent?: string;
  /** Only those that were opened at this time or later, ms since the Unix epoch. */
  readonly createdAfter?: number;
}

/** Workflows that have ended without closing their sessions. */
export const INTERRUPTED = "ExecutionStatus IN ('Failed', 'Canceled', 'Terminated', 'TimedOut')";

interface Without {
  /** Sessions that are left out. */
  readonly without?: readonly string[];
}

const quoted = (ids: readonly string[]): string => ids.map((id) => `'${id}'`).join(', ');

const timeOf = (ms: number): string => new Date(Math.max(0, ms)).toISOString();

/**
 * The visibility query. It contains only quoted ids and times, so nothing needs escaping. Continued runs are left out: they are not sessions of
 * their own. Of `createdAfter` it finds too many: a run starts when its session was opened, or later.
 */
export function visibilityQuery(
  tenant: string,
  { team, parent, status, createdAfter, without = [] }: Omit<ListQuery, keyof PageQuery> & Without,
): string {
  if (![tenant, team ?? 'any', parent ?? 'any', ...without].every(isId)) throw new ConvokeError('internal');
  const states = {
    open: "ExecutionStatus = 'Running'",
    closed: `ExecutionStatus = 'Completed' AND ${SEARCH_ATTRIBUTES.status} != 'hibernated'`,
    hibernated: `ExecutionStatus = 'Completed' AND ${SEARCH_ATTRIBUTES.status} = 'hibernated'`,
    interrupted: INTERRUPTED,
    all: "ExecutionStatus != 'ContinuedAsNew'",
  } as const;
  return [
    `WorkflowType = '${SESSION.workflow}'`,
    `${SEARCH_ATTRIBUTES.tenant} = '${tenant}'`,
    ...(team === undefined ? [] : [`${SEARCH_ATTRIBUTES.team} = '${team}'`]),
    ...(parent === undefined ? [] : [`${SEARCH_ATTRIBUTES.parent} = '${parent}'`]),
    ...(createdAfter === undefined ? [] : [`StartTime >= '${timeOf(createdAfter - LIMITS.pageClocksMs)}'`]),
    ...(without.length === 0 ? [] : [`${SEARCH_ATTRIBUTES.session} NOT IN (${quoted(without)})`]),
    states[status ?? 'all'],
  ].join(' AND ');
}

/** All runs of these sessions. */
export function runsQuery(tenant: string, sessions: readonly string[]): string {
  if (![tenant, ...sessions].every(isId)) throw new ConvokeError('internal');
  return [
    `WorkflowType = '${SESSION.workflow}'`,
    `${SEARCH_ATTRIBUTES.tenant} = '${tenant}'`,
    `${SEARCH_ATTRIBUTES.session} IN (${quoted(sessions)})`,
    "ExecutionStatus != 'ContinuedAsNew'",
  ].join(' AND ');
}
