/** The archive as a record of which sessions existed: it remembers longer than Temporal. */
import { ConvokeError, isConvokeError, RECOVERY } from '../contracts/index.ts';
import type { SessionRef } from '../contracts/index.ts';
import { closedError } from '../temporal/index.ts';
import { inTime } from '../log/index.ts';

/** True if the archive holds events of the session, even if Temporal no longer knows it. */
export type IsArchived = (ref: SessionRef) => Promise<boolean>;

/** The same with a deadline: throws `archive_unavailable` after 1.5 s instead of waiting for the database's own time-outs. */
export function soon(isArchived: IsArchived): IsArchived {
  const late = (): Error => new ConvokeError('archive_unavailable');
  return (ref) => inTime(isArchived(ref), RECOVERY.ingressDeadlineMs, late);
}

/** The result of a call to a session. A session that is past Temporal's retention but archived counts as closed. */
export async function inSession<T>(isArchived: IsArchived, ref: SessionRef, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!isConvokeError(error) || error.code !== 'session_not_found') throw error;
    if (await isArchived(ref)) throw closedError(error);
    throw error;
  }
}
