/** Opens closed sessions again. */
import { ConvokeError } from '../contracts/index.ts';
import type { ReopenReply, SessionRef } from '../contracts/index.ts';
import { notFoundError } from '../temporal/index.ts';
import type { SessionCalls } from '../temporal/index.ts';
import type { OpenDeps } from './open-session.ts';
import type { Reopen } from './reopen.ts';
import type { StoredOf } from './stored.ts';

export interface ReopenClosedDeps extends Pick<OpenDeps, 'calls' | 'isArchived' | 'takePlace'> {
  readonly reopen: Reopen;
  readonly storedOf: StoredOf;
}

const NOT_STORED = 'It was closed by an earlier version. To go on with its conversation, fork it.';

/** See `Controls.reopen`. */
export async function reopenSession(
  { calls, isArchived, reopen, storedOf, takePlace }: ReopenClosedDeps,
  ref: SessionRef,
): Promise<ReopenReply> {
  const found = await calls.find(ref);
  switch (found?.summary.status) {
    case 'hibernated':
      return { status: 'open' };
    case 'open':
      return whileItRuns(calls, ref);
    case 'interrupted':
      await reopen(ref);
      return { status: 'reopened' };
    default: {
      const stored = await storedOf(ref);
      if (!found && !stored && !(await isArchived(ref))) throw notFoundError();
      if (!stored) throw new ConvokeError('session_not_stored', NOT_STORED);
      const { tenant, session } = ref;
      const input = { tenant, session, info: stored.info, resumes: 'reopen' } as const;
      await takePlace?.(ref);
      await calls.resume(input, stored.requestHash);
      return { status: 'reopened' };
    }
  }
}

/** It may be about to close. */
async function whileItRuns(calls: SessionCalls, ref: SessionRef): Promise<ReopenReply> {
  const { status } = await calls.state(ref);
  if (status === 'closing' || status === 'closed')
    throw new ConvokeError('session_closing', 'Wait until it is closed, then send the same request again.');
  return { status: 'open' };
}
