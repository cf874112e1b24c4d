/**
 * What people are asked to approve by the turn at work, and what they have voted.
 *
 * Invariants
 * 1. A vote counts for what it names by its hash and for nothing else; an edit makes another hash, and earlier votes void.
 * 2. `approved` by a vote takes as many different people as its `count` says, each of whom may decide; one who denies is enough.
 * 3. What is decided stays decided.
 */
import {
  approvalHash,
  mayDecide,
  plainName,
  stepId,
  type Approval,
  type Decided,
  type HeldApproval,
  type JournalEntry,
  type OpenApproval,
  type TurnWait,
  type Vote,
} from '../../src/contracts/index.ts';

/** What a vote does. `edited`: what is approved is something else now. */
export type VoteOutcome =
  | { readonly status: 'unknown' | 'changed' | 'not_allowed' | 'no_edits' }
  | {
      readonly status: 'open' | 'decided';
      readonly counted: boolean;
      readonly edited: boolean;
      readonly held: HeldApproval;
    };

export class Approvals {
  readonly #turn: string;
  /** By path. */
  readonly #held: Map<string, HeldApproval>;

  constructor(turn: string, held: readonly HeldApproval[] = []) {
    this.#turn = turn;
    this.#held = new Map(held.map((each) => [each.path, each]));
  }

  /** The turn waits for these: those of which clients are to be told, and those that it asks for no more. */
  wait(waits: readonly TurnWait[]): {
    readonly asked: readonly HeldApproval[];
    readonly gone: readonly HeldApproval[];
  } {
    const wanted = waits.filter(({ kind }) => kind === 'approval');
    const isWanted = ({ path, key }: HeldApproval): boolean =>
      wanted.some((wait) => wait.path === path && wait.key === key);
    const gone = this.list().filter((held) => !isWanted(held));
    for (const { path } of gone) this.#held.delete(path);
    const asked = wanted.flatMap(({ path, key, until, approval }): HeldApproval[] =>
      approval && !this.#held.has(path)
        ? [{ path, key, approval, until, approvedBy: [], isEdited: false, votes: 0 }]
        : [],
    );
    for (const each of asked) this.#held.set(each.path, each);
    return { asked, gone: gone.filter(({ decided }) => decided === undefined) };
  }

  /** `roles`: of the voter, as the session knows them. */
  vote(vote: Vote, roles: readonly string[]): VoteOutcome {
    const held = this.list().find(({ path }) => stepId(this.#turn, path) === vote.approval);
    if (!held) return { status: 'unknown' };
    if (held.decided) return { status: 'decided', counted: false, edited: false, held };
    const { approval, approvedBy } = held;
    if (vote.hash !== approval.hash) return { status: 'changed' };
    if (!mayDecide(approval.approvers, { name: vote.by, roles })) return { status: 'not_allowed' };
    const { reason } = vote;
    const why = reason === undefined ? {} : { reason };
    if (vote.vote === 'deny') {
      const decided = this.#decide(held, { status: 'denied', by: [vote.by], ...why });
      return { status: 'decided', counted: true, edited: false, held: decided };
    }
    const change = this.#edited(approval, vote);
    if (change && !approval.mayEdit) return { status: 'no_edits' };
    if (!change && approvedBy.some((name) => plainName(name) === plainName(vote.by)))
      return { status: 'open', counted: false, edited: false, held };
    const by = change ? [vote.by] : [...approvedBy, vote.by];
    const votes = held.votes + 1;
    const next = { ...held, ...(change && { approval: change, isEdited: true }), approvedBy: by, votes };
    this.#held.set(held.path, next);
    const edited = change !== null;
    if (by.length < approval.approvers.count) return { status: 'open', counted: true, edited, held: next };
    const { data } = next.approval;
    const changed = next.isEdited && data ? { data } : {};
    const decided = this.#decide(next, { status: 'approved', by, ...why, ...changed });
    return { status: 'decided', counted: true, edited, held: decided };
  }

  /** Decides those that are due, or all of them: the session closes, and then nothing is approved because nobody has decided. */
  expire(now: number, all: boolean): readonly HeldApproval[] {
    const due = this.open().filter(({ until }) => all || until <= now);
    // What was edited has not got its votes: the default is for what was asked for.
    return due.map((held) => {
      const isApproved = held.approval.onExpiry === 'approve' && held.until <= now;
      return this.#decide(held, { status: isApproved ? 'approved' : 'expired', by: [] });
    });
  }

  /** Takes a decision out, as the journal has it; undefined: there is none. */
  take(path: string): JournalEntry | undefined {
    const held = this.#held.get(path);
    if (!held?.decided) return undefined;
    this.#held.delete(path);
    const { status: outcome, ...decided } = held.decided;
    return { path, kind: 'approval', key: held.key, outcome, decided };
  }

  /** The turn asks for nothing any more; those that were open. */
  clear(): readonly HeldApproval[] {
    const open = this.open();
    this.#held.clear();
    return open;
  }

  open(): readonly HeldApproval[] {
    return this.list().filter(({ decided }) => decided === undefined);
  }

  /** What people have to decide upon, as they are told. */
  told(): readonly OpenApproval[] {
    return this.open().map(({ path, approval, until, approvedBy }) => {
      return { ...approval, approval: stepId(this.#turn, path), turn: this.#turn, until, approvedBy };
    });
  }

  list(): readonly HeldApproval[] {
    return [...this.#held.values()];
  }

  /** What would be approved; null: what is asked for now. */
  #edited(approval: Approval, { approval: id, data }: Vote): Approval | null {
    if (data === undefined) return null;
    const edited = { ...approval, data };
    const hash = approvalHash(id, edited);
    return hash === approval.hash ? null : { ...edited, hash };
  }

  #decide(held: HeldApproval, decided: Decided): HeldApproval {
    const next = { ...held, decided };
    this.#held.set(held.path, next);
    return next;
  }
}
