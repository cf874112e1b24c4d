import type { Limits } from '../budget.ts';
import type { AgentSpec, TeamSpec } from '../agent.ts';
import type { ApprovalDecision, OpenApproval } from '../approval.ts';
import type { JsonObject } from '../json.ts';
import type { InterjectionPolicy } from '../message.ts';
import type { MemberEvent, Roster } from '../member.ts';
import type { Reason } from '../reasons.ts';
import type { ForkPoint, SummarySpec } from '../session.ts';

export interface SessionEventData {
  'session.created': {
    readonly team: TeamSpec;
    readonly agents: readonly AgentSpec[];
    readonly metadata: JsonObject;
    /** What happens to messages that name no policy; absent: `queue`. */
    readonly policy?: InterjectionPolicy;
    readonly limits?: Limits;
    readonly summary?: SummarySpec;
    readonly ttlMs?: number;
  };
  /** A member has joined, left, been paused or resumed: who takes part from now on. */
  'session.members': Roster & { readonly name: string; readonly change: MemberEvent };
  /** The turn waits for a person; `question` names it, `until`: when it goes on without an answer, ms since the Unix epoch. */
  'person.asked': {
    readonly question: string;
    readonly name: string;
    readonly text: string;
    readonly until: number;
  };
  /** Nobody waits for the answer any more. */
  'person.unanswered': { readonly question: string; readonly name: string };
  /** What comes before is a copy of the parent's events up to this `seq`. */
  'session.forked': ForkPoint;
  /** The turn waits until people have decided. */
  'approval.requested': Omit<OpenApproval, 'turn' | 'approvedBy'>;
  /** Somebody has approved it, and others have to; or has edited its `data`, which makes earlier votes void. `hash`: of what it is now. */
  'approval.voted': {
    readonly approval: string;
    readonly by: string;
    readonly hash: string;
    readonly approvedBy: readonly string[];
    readonly data?: JsonObject;
  };
  /** The end of each approval that was requested. */
  'approval.decided': ApprovalDecision & { readonly approval: string };
  'session.closed': { readonly reason: Reason | string };
  /** The session's workflow ended without closing it; the next message reopens the session. */
  'session.interrupted': { readonly reason: Reason | string };
  /** It was interrupted or closed, and goes on. */
  'session.reopened': Record<string, never>;
  /** A position whose event was lost with the log; its content follows later, or is in the snapshot. */
  'session.recovered': Record<string, never>;
}

/** True if events of a session, in order, leave it closed. */
export function leaveClosed(events: readonly { readonly type: string }[]): boolean {
  const standing = ['session.closed', 'session.reopened', 'session.forked'];
  return events.findLast(({ type }) => standing.includes(type))?.type === 'session.closed';
}
