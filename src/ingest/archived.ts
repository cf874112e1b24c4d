/** What the archive remembers longer than Temporal: which sessions there were. */
import { ConvokeError, isConvokeError, RECOVERY } from '../contracts/index.ts';
import type { SessionRef } from '../contracts/index.ts';
import { closedError } from '../temporal/index.ts';
import { inTime } from './in-time.ts';

/** True if the archive holds events of the session: also when Temporal has forgotten it. */
export type IsArchived = (ref: SessionRef) => Promise<boolean>;

/** The same, but a database that is silent holds no request for its own time-outs: throws `archive_unavailable` after 1.5 s. */
export function soon(isArchived: IsArchived): IsArchived {
  const late = (): Error => new ConvokeError('archive_unavailable');
  return (ref) => inTime(isArchived(ref), RECOVERY.ingressDeadlineMs, late);
}

/** What a call to a session gives. A session that Temporal does not know may be one that it has forgotten: then it is closed. */
export async function inSession<T>(isArchived: IsArchived, ref: SessionRef, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!isConvokeError(error) || error.code !== 'session_not_found') throw error;
    if (await isArchived(ref)) throw closedError(error);
    throw error;
  }
}
