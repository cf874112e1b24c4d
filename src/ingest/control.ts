/** Controls of a session: cancel, wake, members, votes on approvals, close, reopen. */
import { ConvokeError, isConvokeError, rosterChange } from '../contracts/index.ts';
import type {
  CancelReply,
  CancelRequest,
  MembersReply,
  MembersRequest,
  Receipt,
  ReopenReply,
  SessionRef,
  Vote,
  VoteReply,
  VoteRequest,
  WakeReply,
  WakeRequest,
} from '../contracts/index.ts';
import type { SessionCalls } from '../temporal/index.ts';
import { inSession } from './archived.ts';
import type { Known } from './known.ts';
import { ifInterrupted } from './reopen.ts';
import { reopenSession } from './reopen-closed.ts';
import type { ReopenClosedDeps } from './reopen-closed.ts';
import { invalidAt } from './json-guard.ts';
import {
  approvalIdSchema,
  cancelSchema,
  closeSchema,
  membersSchema,
  unscheduleSchema,
  voteSchema,
  wakeSchema,
} from './schemas/index.ts';
import { validate } from './validate.ts';

/** Each control and its answer. */
export interface Controls {
  /** Cancels a turn: the named one, otherwise the running one, otherwise the next; or all of them. Throws `turn_not_found`, `session_closed`. */
  cancel: CancelReply;
  /** Ends the sleep of a turn's team: of the named turn, otherwise of the running one; `none`: nothing sleeps. Throws `session_closed`. */
  wake: WakeReply;
  /**
   * A member joins, leaves, is paused or resumed; what is so already is answered as such. Throws `member_not_found`, `member_exists`,
   * `too_many_members`, `last_agent`, `agent_unknown`, `tool_unknown`, `session_closed`.
   */
  members: MembersReply;
  /**
   * Votes on an approval; one that is decided is answered with the decision. Throws `approval_not_found`, `approval_changed`,
   * `approver_not_allowed`, `session_closed`.
   */
  approve: VoteReply;
  /**
   * Cancels a message for later (`messageId`) and answers its receipt; one that was delivered stays so. Throws `message_not_found`,
   * `session_closed`.
   */
  unschedule: Receipt;
  /** Closes the session; closing a closed session succeeds. */
  close: Record<string, never>;
  /**
   * Opens a closed session again; one that is open stays so, and one that was interrupted goes on. Throws `session_closing` while it closes, and
   * `session_not_stored` if it was closed by an earlier version, and `quota_exceeded`.
   */
  reopen: ReopenReply;
}

export interface ControlDeps extends ReopenClosedDeps {
  readonly known: Pick<Known, 'requireAgent'>;
}

type Handlers = {
  readonly [C in keyof Controls]: (deps: ControlDeps, ref: SessionRef, body: unknown) => Promise<Controls[C]>;
};

export const controls: Handlers = {
  async cancel({ calls, isArchived }, ref, body) {
    const request = validate<CancelRequest>(cancelSchema, body);
    const reply = await ifInterrupted(inSession(isArchived, ref, calls.cancel(ref, request)), (error) => {
      throw new ConvokeError('turn_not_found', error.message, { cause: error });
    });
    if (reply.status !== 'none') return reply;
    if (request.step !== undefined)
      throw new ConvokeError('step_not_found', 'Pass the id of a step that has begun in this session.');
    const detail =
      request.turn === undefined
        ? 'No turn is running or waiting; there is nothing to cancel.'
        : 'Pass the id of a turn of this session.';
    throw new ConvokeError('turn_not_found', detail);
  },
  async wake({ calls, isArchived }, ref, body) {
    const request = validate<WakeRequest>(wakeSchema, body);
    return ifInterrupted(inSession(isArchived, ref, calls.wake(ref, request.turn)), async () => ({
      status: 'none',
    }));
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
  async approve({ calls, isArchived }, ref, body) {
    const vote = voteOf(body);
    const asked = inSession(isArchived, ref, calls.vote(ref, vote));
    const reply = await ifInterrupted(asked, () => {
      const detail = 'The session was interrupted: nothing in it waits for an approval.';
      throw new ConvokeError('approval_not_found', detail);
    });
    if (reply.status === 'refused') throw new ConvokeError(reply.code, reply.detail);
    return reply;
  },
  async unschedule({ calls, isArchived, reopen }, ref, body) {
    const { messageId } = validate(unscheduleSchema, body);
    const ask = (): Promise<Receipt | null> => inSession(isArchived, ref, calls.unschedule(ref, messageId));
    const receipt = await ifInterrupted(ask(), () => reopen(ref).then(ask));
    if (receipt) return receipt;
    throw new ConvokeError('message_not_found', 'Pass the messageId of a message that waits for its time.');
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
  async reopen(deps, ref, body) {
    validate(closeSchema, body);
    return reopenSession(deps, ref);
  },
};

/** Who votes is who the caller says: once tokens name people, it is the principal. */
function voteOf(body: unknown): Vote {
  const { approval, ...request } = { ...(body as { readonly approval?: unknown }) };
  const vote = validate<VoteRequest>(voteSchema, request);
  const parsed = approvalIdSchema.safeParse(approval);
  if (!parsed.success) throw invalidAt(['approval'], 'name the approval by its id, like t1.1.c1.');
  return { ...vote, approval: parsed.data };
}
