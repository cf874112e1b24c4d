/** The messages of the session workflow, as Temporal names them, and the attribute by which its status is found. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import {
  SEARCH_ATTRIBUTES,
  SESSION,
  type CancelReply,
  type MemberRefusal,
  type MembersReply,
  type Receipt,
  type RosterChange,
  type Vote,
  type VoteRefusal,
  type VoteReply,
  type WakeReply,
} from '../src/contracts/index.ts';

export const messageSignal = defineSignal<[unknown]>(SESSION.signals.message);
export const nudgeSignal = defineSignal(SESSION.signals.nudge);
export const cancelUpdate = defineUpdate<CancelReply, [unknown]>(SESSION.updates.cancel);
export const closeUpdate = defineUpdate<undefined, [unknown]>(SESSION.updates.close);
export const unscheduleUpdate = defineUpdate<Receipt | null, [string]>(SESSION.updates.unschedule);
export const membersUpdate = defineUpdate<MembersReply | MemberRefusal, [RosterChange]>(
  SESSION.updates.members,
);
export const voteUpdate = defineUpdate<VoteReply | VoteRefusal, [Vote]>(SESSION.updates.vote);
export const wakeUpdate = defineUpdate<WakeReply, [string | null | undefined]>(SESSION.updates.wake);
export const askUpdate = defineUpdate<never, [unknown]>(SESSION.updates.ask);
export const askQuery = defineQuery<readonly unknown[], [unknown]>(SESSION.queries.ask);
export const statusKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, 'KEYWORD');
