/** What becomes of approvals: facts for the clients, answers for those who vote, and what was decided before, within a bound. */
import {
  eventId,
  jsonBytes,
  LIMITS,
  reason,
  stepId,
  type ApprovalDecision,
  type CarriedState,
  type Decided,
  type HeldApproval,
  type KeptDecision,
  type Reason,
  type ReasonCode,
  type Vote,
  type VoteRefusal,
  type VoteReply,
} from '../../src/contracts/index.ts';
import type { Facts } from '../facts/facts.ts';
import type { VoteOutcome } from './approvals.ts';
import type { RunningTurn } from './turn.ts';

type Refused = Extract<VoteOutcome, { status: 'unknown' | 'changed' | 'not_allowed' | 'no_edits' }>['status'];

const REFUSALS: Readonly<Record<Refused, Omit<VoteRefusal, 'status'>>> = {
  unknown: {
    code: 'approval_not_found',
    detail: 'Ask for the open approvals of this session and name one of them.',
  },
  changed: {
    code: 'approval_changed',
    detail: 'Ask for the open approvals again, look at what is to be approved now, and vote with its hash.',
  },
  not_allowed: {
    code: 'approver_not_allowed',
    detail: 'Somebody whose name or role is among its approvers has to decide.',
  },
  no_edits: {
    code: 'invalid_request',
    detail: 'This approval cannot be edited: approve it as it is, or deny it with a reason.',
  },
};

export class Decisions {
  readonly #facts: Facts;
  /** Those at work. */
  readonly #turns: () => readonly RunningTurn[];
  /** Oldest first. */
  #kept: readonly KeptDecision[];

  constructor(facts: Facts, turns: () => readonly RunningTurn[], kept: readonly KeptDecision[] = []) {
    this.#turns = turns;
    this.#facts = facts;
    this.#kept = kept;
  }

  /** The turn waits: clients are told what for. */
  ask(turn: RunningTurn, now: number): void {
    const { asked, gone } = turn.approvals.wait(turn.waits);
    turn.held();
    for (const { path, key, approval, until } of asked) {
      const id = stepId(turn.turn, path);
      const data = { ...approval, approval: id, until };
      this.#facts.decide('approval.requested', eventId.approvalRequested(id, key), now, data, turn.place);
    }
    for (const held of gone) this.#end(turn, held, cancelled(reason('approval_changed')), now);
  }

  vote(turn: RunningTurn | null, vote: Vote, roles: readonly string[], now: number): VoteReply | VoteRefusal {
    if (turn) this.expire(turn, now, false);
    const full = turn && this.#isFull(vote);
    if (full) return { status: 'refused', ...full };
    const outcome = turn?.approvals.vote(vote, roles) ?? { status: 'unknown' };
    if (outcome.status === 'unknown') {
      const before = this.#kept.findLast(({ approval }) => approval === vote.approval);
      return before ? late(before) : { status: 'refused', ...REFUSALS.unknown };
    }
    if (!('held' in outcome)) return { status: 'refused', ...REFUSALS[outcome.status] };
    const { held, status, counted, edited } = outcome;
    if (turn && counted) this.#tell(turn, { held, edited, by: vote.by }, now);
    if (status === 'decided') {
      const decision = this.#kept.findLast(({ approval }) => approval === vote.approval);
      if (decision) return { ...late(decision), counted };
    }
    const { approval, approvedBy } = held;
    return { status: 'open', counted, hash: approval.hash, approvedBy, count: approval.approvers.count };
  }

  /** Why the session has no room for a vote; null: it has. */
  #isFull({ data }: Vote): Omit<VoteRefusal, 'status'> | null {
    if (this.#facts.pendingBytes > LIMITS.outboxBytes) {
      const detail = 'The session log is away, and too much waits for it. Try again.';
      return { code: 'log_unavailable', detail };
    }
    const edited = this.#turns().reduce((sum, turn) => sum + editsBytes(turn), 0);
    if (data === undefined || edited + jsonBytes(data) <= LIMITS.turnEditsBytes) return null;
    const detail =
      'So much has been edited in this turn that no more can be: approve it as it is, or deny it.';
    return { code: 'too_large', detail };
  }

  /** Decides what is due, or all: the session closes. */
  expire(turn: RunningTurn, now: number, all: boolean): void {
    for (const held of turn.approvals.expire(now, all)) {
      const why = held.until > now ? 'close_requested' : 'approval_expired';
      if (held.decided) this.#end(turn, held, endOf(held.decided, why), now);
    }
  }

  /** The turn asks for nothing any more. */
  cancel(turn: RunningTurn, why: Reason, now: number): void {
    for (const held of turn.approvals.clear()) {
      this.#end(turn, held, cancelled(why), now);
    }
  }

  carry(): Pick<CarriedState, 'decisions'> {
    return this.#kept.length === 0 ? {} : { decisions: this.#kept };
  }

  #tell(turn: RunningTurn, { held, edited, by }: Told, now: number): void {
    const { path, key, approval, approvedBy, votes, decided } = held;
    if (edited || !decided) {
      const id = stepId(turn.turn, path);
      const { hash, data } = approval;
      const told = { approval: id, by, hash, approvedBy, ...(edited && data ? { data } : {}) };
      this.#facts.decide('approval.voted', eventId.approvalVoted(id, key, votes), now, told, turn.place);
    }
    if (decided) this.#end(turn, held, endOf(decided), now);
  }

  #end(
    turn: RunningTurn,
    { path, key, approval: { hash, approvers } }: HeldApproval,
    end: End,
    now: number,
  ): void {
    const approval = stepId(turn.turn, path);
    // Nobody's edit is approved by default.
    const data = { approval, ...end, hash: end.by.length === 0 ? key : hash };
    this.#facts.decide('approval.decided', eventId.approvalDecided(approval, key), now, data, turn.place);
    this.#kept = [...this.#kept, { ...data, count: approvers.count }].slice(-LIMITS.approvalsKept);
  }
}

type End = Omit<ApprovalDecision, 'hash'>;

interface Told {
  readonly held: HeldApproval;
  readonly edited: boolean;
  readonly by: string;
}

function endOf({ status, by, reason: given }: Decided, why?: ReasonCode): End {
  const because = given === undefined ? why && reason(why) : { code: 'given', message: given };
  return { status, by, ...(because ? { reason: because } : {}) };
}

function cancelled(why: Reason): End {
  return { status: 'cancelled', by: [], reason: why };
}

/** What somebody is told who votes when it has been decided. */
function late({ approval: _approval, count, ...decision }: KeptDecision): VoteReply {
  const { hash, by } = decision;
  return {
    status: 'decided',
    counted: false,
    hash,
    approvedBy: decision.status === 'approved' ? by : [],
    count,
    decision,
  };
}

/** What people have changed so far. */
function editsBytes({ journal, approvals }: RunningTurn): number {
  const told = journal.entries.map(({ decided }) => decided?.data);
  const held = approvals.list().map(({ isEdited, approval }) => (isEdited ? approval.data : undefined));
  return [...told, ...held].reduce((sum, data) => sum + (data ? jsonBytes(data) : 0), 0);
}
