/** Pages of what Temporal lists: cursors made of the server's page tokens. */
import { createHash } from 'node:crypto';
import { ConvokeError, LIMITS } from '../contracts/index.ts';
import { isArgumentRefused } from './errors.ts';

export interface PageQuery {
  /** The `next` of the previous page. */
  readonly cursor?: string;
  readonly limit: number;
}

/**
 * A cursor is the server's page token behind a checksum of it. The server tries a token that it cannot read again and again until the deadline
 * (listing schedules, measured), so none but its own may reach it.
 */
const CHECKSUM_BYTES = 6;

/** The page token inside a cursor. Throws `invalid_cursor`. */
export function pageToken(cursor: string | undefined): Uint8Array {
  if (cursor === undefined) return new Uint8Array();
  if (cursor.length > LIMITS.pageTokenChars) throw invalidCursor();
  const token = Buffer.from(cursor, 'base64url').subarray(CHECKSUM_BYTES);
  if (nextCursor(token) !== cursor) throw invalidCursor();
  return token;
}

/** The cursor of the next page, or null at the end. */
export function nextCursor(token: Uint8Array | null | undefined): string | null {
  if (!token || token.length === 0) return null;
  const checksum = createHash('sha256').update(token).digest().subarray(0, CHECKSUM_BYTES);
  return Buffer.concat([checksum, token]).toString('base64url');
}

/** Throws what the server threw, or `invalid_cursor`: the query is our own and valid, only the token came from outside. */
export function refusedPage(error: unknown, cursor: string | undefined): never {
  throw cursor === undefined || !isArgumentRefused(error) ? error : invalidCursor(error);
}

function invalidCursor(cause?: unknown): ConvokeError {
  return new ConvokeError('invalid_cursor', 'Pass the `next` of the previous page, unchanged.', { cause });
}
