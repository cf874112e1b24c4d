/** Listing sessions: the visibility query, and cursors made of the server's page tokens. */
import { ConvokeError, isId, LIMITS, SEARCH_ATTRIBUTES, SESSION } from '../contracts/index.ts';
import type { SessionSummary } from '../contracts/index.ts';

export interface ListQuery {
  readonly status?: SessionSummary['status'];
  /** A team's name. */
  readonly team?: string;
  /** Only forks of this session. */
  readonly parent?: string;
  /** The `next` of the previous page. */
  readonly cursor?: string;
  readonly limit: number;
}

/** Workflows that have ended without closing their sessions. */
export const INTERRUPTED = "ExecutionStatus IN ('Failed', 'Canceled', 'Terminated', 'TimedOut')";

/** The visibility query. It contains only quoted ids, so nothing needs escaping. Continued runs are left out: they are not sessions of their own. */
export function visibilityQuery(
  tenant: string,
  { team, parent, status }: Pick<ListQuery, 'team' | 'parent' | 'status'>,
): string {
  if (![tenant, team ?? 'any', parent ?? 'any'].every(isId)) throw new ConvokeError('internal');
  const states = {
    open: "ExecutionStatus = 'Running'",
    closed: "ExecutionStatus = 'Completed'",
    interrupted: INTERRUPTED,
    all: "ExecutionStatus != 'ContinuedAsNew'",
  } as const;
  return [
    `WorkflowType = '${SESSION.workflow}'`,
    `${SEARCH_ATTRIBUTES.tenant} = '${tenant}'`,
    ...(team === undefined ? [] : [`${SEARCH_ATTRIBUTES.team} = '${team}'`]),
    ...(parent === undefined ? [] : [`${SEARCH_ATTRIBUTES.parent} = '${parent}'`]),
    states[status ?? 'all'],
  ].join(' AND ');
}

/** The page token inside a cursor. Throws `invalid_cursor`. */
export function pageToken(cursor: string | undefined): Uint8Array {
  if (cursor === undefined) return new Uint8Array();
  const token = Buffer.from(cursor, 'base64url');
  if (
    cursor.length === 0 ||
    cursor.length > LIMITS.pageTokenChars ||
    token.toString('base64url') !== cursor
  ) {
    throw new ConvokeError('invalid_cursor', 'Pass the `next` of the previous page, unchanged.');
  }
  return token;
}

/** The cursor of the next page, or null at the end. */
export function nextCursor(token: Uint8Array | null | undefined): string | null {
  return token && token.length > 0 ? Buffer.from(token).toString('base64url') : null;
}
