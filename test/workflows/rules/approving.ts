/** A session whose turn waits for approvals. */
import {
  approvalHash,
  termsOf,
  type Approval,
  type ApprovalRule,
  type JsonObject,
  type TurnInput,
  type TurnResult,
  type TurnWait,
  type Vote,
  type VoteRefusal,
  type VoteReply,
} from '../../../src/contracts/index.ts';
import { SessionMachine } from '../../../workflows/rules/machine.ts';
import { FakeLog } from './fake-log.ts';
import { INPUT, message } from './support.ts';

export const UNTIL = 500;

/** A wait for the approval of `data` at this path of turn t1. */
export function approvalAt(path: string, data: JsonObject, rule: ApprovalRule = {}, until = UNTIL): TurnWait {
  const terms = termsOf(rule, 'Refund');
  if (typeof terms === 'string') throw new Error(terms);
  const { title, approvers, onExpiry, mayEdit } = terms;
  const hash = approvalHash(`t1.${path}`, { title, data });
  const approval: Approval = { title, data, approvers, onExpiry, mayEdit, hash };
  return { path, kind: 'approval', key: hash, until, approval };
}

export class Approving {
  session = new SessionMachine(INPUT, 1);
  readonly log = new FakeLog();
  /** Facts in the order in which they were decided, as long as none was published. */
  now = 4;

  constructor(...waits: readonly TurnWait[]) {
    this.session.accept(message('m1'), 2);
    this.run({ waits });
  }

  /** An activity of the turn runs and comes back. */
  run(result: Partial<TurnResult>): TurnInput {
    const input = this.session.runTurn(this.now);
    this.back(input, result);
    return input;
  }

  back(input: TurnInput, result: Partial<TurnResult>): void {
    const report = this.log.append(input.lead);
    const nothing = { entries: [], open: {}, waits: [], unplaced: [], attempts: 1 } as const;
    this.session.back(input, { status: 'suspended', ...nothing, report, ...result }, this.now);
  }

  /** In the next run of the workflow. */
  continueAsNew(): void {
    this.session = new SessionMachine({ ...INPUT, carried: this.session.carry() }, this.now);
  }

  vote(by: string, more: Partial<Vote> = {}): VoteReply | VoteRefusal {
    const open = this.open.find(({ approval }) => approval === (more.approval ?? 't1.1'));
    const vote = { approval: 't1.1', vote: 'approve', hash: open?.hash ?? '', by, ...more } as const;
    return this.session.waits.vote(vote, this.now);
  }

  get open() {
    return this.session.waits.approvals;
  }

  /** `type data.status by`, of the facts that nobody has published. */
  get told(): readonly string[] {
    return this.session.facts.pending().flatMap((fact) => {
      if (fact.type === 'approval.requested') return `requested ${fact.data.approval}`;
      if (fact.type === 'approval.voted')
        return `voted ${fact.data.approval} ${fact.data.approvedBy.join('+')}`;
      if (fact.type !== 'approval.decided') return [];
      const { approval, status, by, reason } = fact.data;
      const why = reason ? ` (${reason.code === 'given' ? reason.message : reason.code})` : '';
      return `${status} ${approval} ${by.join('+')}`.trim() + why;
    });
  }

  /** What the journal has of approvals. */
  get entries() {
    return (this.session.turns.current?.journal.entries ?? []).filter(({ kind }) => kind === 'approval');
  }
}
