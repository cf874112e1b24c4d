/** Controls of a session: cancel, members, close. */
import { ConvokeError, isConvokeError, rosterChange } from '../contracts/index.ts';
import type { CancelReply, MembersReply, MembersRequest, SessionRef } from '../contracts/index.ts';
import type { SessionCalls } from '../temporal/index.ts';
import { inSession } from './archived.ts';
import type { IsArchived } from './archived.ts';
import type { Known } from './known.ts';
import { ifInterrupted } from './reopen.ts';
import type { Reopen } from './reopen.ts';
import { cancelSchema, closeSchema, membersSchema } from './schemas/index.ts';
import { validate } from './validate.ts';

/** Each control and its answer. */
export interface Controls {
  /** Cancels a turn: the named one, otherwise the running one, otherwise the next. Throws `turn_not_found`, `session_closed`. */
  cancel: CancelReply;
  /**
   * A member joins, leaves, is paused or resumed; what is so already is answered as such. Throws `member_not_found`, `member_exists`,
   * `too_many_members`, `last_agent`, `agent_unknown`, `tool_unknown`, `session_closed`.
   */
  members: MembersReply;
  /** Closes the session; closing a closed session succeeds. */
  close: Record<string, never>;
}

export interface ControlDeps {
  readonly calls: SessionCalls;
  readonly isArchived: IsArchived;
  readonly reopen: Reopen;
  readonly known: Pick<Known, 'requireAgent'>;
}

type Handlers = {
  readonly [C in keyof Controls]: (deps: ControlDeps, ref: SessionRef, body: unknown) => Promise<Controls[C]>;
};

export const controls: Handlers = {
  async cancel({ calls, isArchived }, ref, body) {
    const { turn } = validate(cancelSchema, body);
    const reply = await ifInterrupted(inSession(isArchived, ref, calls.cancel(ref, turn)), (error) => {
      throw new ConvokeError('turn_not_found', error.message, { cause: error });
    });
    if (reply.status !== 'none') return reply;
    const detail =
      turn === undefined
        ? 'No turn is running or waiting; there is nothing to cancel.'
        : 'Pass the id of a turn of this session.';
    throw new ConvokeError('turn_not_found', detail);
  },
  async members({ calls, isArchived, reopen, known }, ref, body) {
    const change = rosterChange(validate<MembersRequest>(membersSchema, body));
    if ('agent' in change) await known.requireAgent(change.agent, 'join');
    const ask = (): ReturnType<SessionCalls['members']> =>
      inSession(isArchived, ref, calls.members(ref, change));
    const reply = await ifInterrupted(ask(), () => reopen(ref).then(ask));
    if (reply.status === 'refused') throw new ConvokeError(reply.code, reply.detail);
    return reply;
  },
  async close({ calls, isArchived, reopen }, ref, body) {
    validate(closeSchema, body);
    const close = (): Promise<void> => inSession(isArchived, ref, calls.close(ref, 'requested'));
    try {
      // What waits in it is answered before it closes.
      await ifInterrupted(close(), () => reopen(ref).then(close));
    } catch (error) {
      if (!isConvokeError(error) || error.code !== 'session_closed') throw error;
    }
    return {};
  },
};
