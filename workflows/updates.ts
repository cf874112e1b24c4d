/** What is asked of a session by updates, each with its answer; one of the wrong shape is refused. */
import { setHandler } from '@temporalio/workflow';
import type {
  CancelReply,
  Receipt,
  Vote,
  VoteRefusal,
  VoteReply,
  WakeReply,
} from '../src/contracts/index.ts';
import { checkCancel, checkChange, checkMessageId, checkVote, checkWake } from './calls/checks.ts';
import {
  cancelUpdate,
  closeUpdate,
  membersUpdate,
  unscheduleUpdate,
  voteUpdate,
  wakeUpdate,
} from './messages.ts';
import type { SessionMachine } from './rules/machine.ts';

export interface Updates {
  readonly machine: Pick<SessionMachine, 'members'>;
  cancel(asked: unknown): CancelReply | Promise<CancelReply>;
  close(reason: unknown): undefined;
  vote(vote: Vote): VoteReply | VoteRefusal;
  unschedule(messageId: string): Receipt | null;
  wake(turn: string | undefined): WakeReply;
}

/** `update`: has the session act, once it is made. */
export function handleUpdates(
  update: <T>(act: (session: Updates) => T | Promise<T>) => T | Promise<T>,
): void {
  setHandler(cancelUpdate, (asked) => update((each) => each.cancel(asked)), { validator: checkCancel });
  setHandler(closeUpdate, (reason) => update((each) => each.close(reason)));
  setHandler(membersUpdate, (change) => update((each) => each.machine.members(change, Date.now())), {
    validator: checkChange,
  });
  setHandler(voteUpdate, (vote) => update((each) => each.vote(vote)), { validator: checkVote });
  setHandler(unscheduleUpdate, (messageId) => update((each) => each.unschedule(messageId)), {
    validator: checkMessageId,
  });
  setHandler(wakeUpdate, (turn) => update((each) => each.wake(turn ?? undefined)), { validator: checkWake });
}
