/** Lists of sessions: the visibility query, and cursors that are the server's page tokens. */
import { ConvokeError, isId, LIMITS, SEARCH_ATTRIBUTES, SESSION } from '../contracts/index.ts';
import type { SessionSummary } from '../contracts/index.ts';

export interface ListQuery {
  readonly status?: SessionSummary['status'];
  /** A name. */
  readonly team?: string;
  /** The `next` of the page before. */
  readonly cursor?: string;
  readonly limit: number;
}

/** Workflows that have ended without closing their sessions. */
export const INTERRUPTED = "ExecutionStatus IN ('Failed', 'Canceled', 'Terminated', 'TimedOut')";

/** The visibility query. Only ids go in, between quotes: there is nothing to escape. A continued run is not a session of its own. */
export function visibilityQuery(
  tenant: string,
  team: string | undefined,
  status: ListQuery['status'],
): string {
  if (!isId(tenant) || (team !== undefined && !isId(team))) throw new ConvokeError('internal');
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
    states[status ?? 'all'],
  ].join(' AND ');
}

/** The page token in a cursor. Throws `invalid_cursor`. */
export function pageToken(cursor: string | undefined): Uint8Array {
  if (cursor === undefined) return new Uint8Array();
  const token = Buffer.from(cursor, 'base64url');
  if (
    cursor.length === 0 ||
    cursor.length > LIMITS.pageTokenChars ||
    token.toString('base64url') !== cursor
  ) {
    throw new ConvokeError('invalid_cursor', 'Use the `next` of the page before, unchanged.');
  }
  return token;
}

/** The cursor of the next page, or null at the end. */
export function nextCursor(token: Uint8Array | null | undefined): string | null {
  return token && token.length > 0 ? Buffer.from(token).toString('base64url') : null;
}
