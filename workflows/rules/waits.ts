/** What the turn at work waits for, and how that ends: people answer and vote, times come, and the session closes. */
import {
  eventId,
  stepId,
  type AskedPerson,
  type Message,
  type OpenApproval,
  type Receipt,
  type Stamps,
  type Vote,
  type VoteRefusal,
  type VoteReply,
} from '../../src/contracts/index.ts';
import type { Facts } from '../facts/facts.ts';
import type { Members } from './members.ts';
import type { Receipts } from './receipts.ts';
import type { RunningTurn } from './turn.ts';
import type { Turns } from './turns.ts';

/** What it shares with the rest of the machine. */
export interface WaitsContext {
  readonly facts: Facts;
  readonly receipts: Receipts;
  readonly members: Pick<Members, 'voter'>;
  readonly turns: Pick<Turns, 'current' | 'decisions'>;
}

export class Waits {
  readonly #context: WaitsContext;

  constructor(context: WaitsContext) {
    this.#context = context;
  }

  /** The turn that has come back may wait for people: clients are told, and what they have said already counts. */
  ask(now: number): void {
    const { facts, turns } = this.#context;
    const turn = turns.current;
    if (turn?.phase !== 'waiting') return;
    const { asked, gone } = turn.questions.wait(turn.waits);
    for (const { path, key: name, text = '', until } of asked) {
      const question = stepId(turn.turn, path);
      const data = { question, name, text, until };
      facts.decide('person.asked', eventId.personAsked(question), now, data, turn.place);
    }
    for (const each of gone) this.#unanswered(turn, each, now);
    turns.decisions.ask(turn, now);
    turn.hear();
  }

  /** True if the message answers a question. One that stops the turn must name the question to answer it. */
  isAsked(message: Message): boolean {
    const stops = message.policy === 'interrupt' || message.policy === 'rollback';
    return (!stops || message.answers !== undefined) && this.#askedBy(message) !== undefined;
  }

  #askedBy(message: Message): AskedPerson | undefined {
    const turn = this.#context.turns.current;
    return !turn || turn.phase === 'over' || turn.cancelled ? undefined : turn.questions.answeredBy(message);
  }

  /** Takes a message as the answer to what its sender was asked. */
  answer(message: Message, receipt: Pick<Receipt, 'session' | 'messageId'>, stamps: Stamps): void {
    const { facts, receipts, turns } = this.#context;
    const turn = turns.current;
    const asked = this.#askedBy(message);
    if (!turn || !asked) return;
    const { messageId, parts, from } = message;
    receipts.set({ ...receipt, status: 'consumed', turn: turn.turn, turnStatus: 'running' });
    const answers = stepId(turn.turn, asked.path);
    const data = { messageId, parts, ...(from === undefined ? {} : { from }), queued: false, answers };
    const place = { turn: turn.turn, cause: messageId, stamps };
    facts.decide('message.accepted', eventId.message(messageId), stamps.orchestrate ?? 0, data, place);
    turn.questions.answer(asked.path, messageId);
    turn.hear();
  }

  /** Any vote on an approval has an answer. */
  vote(vote: Vote, now: number): VoteReply | VoteRefusal {
    const { members, turns } = this.#context;
    const voter = members.voter(vote);
    if ('code' in voter) return voter;
    const turn = turns.current?.phase === 'over' ? null : turns.current;
    const reply = turns.decisions.vote(turn, { ...vote, by: voter.name }, voter.roles, now);
    turn?.hear();
    return reply;
  }

  /** What people have to decide upon. */
  get approvals(): readonly OpenApproval[] {
    return this.#context.turns.current?.openApprovals ?? [];
  }

  /** Ends the waits that are due, or all of them. */
  wake(now: number, all: boolean): void {
    const { turns } = this.#context;
    const turn = turns.current;
    if (turn?.phase !== 'waiting') return;
    turns.decisions.expire(turn, now, all);
    for (const { kind, path, key } of turn.wake(now, all)) {
      if (kind === 'person') this.#unanswered(turn, { path, name: key }, now);
    }
    turn.hear();
  }

  #unanswered(turn: RunningTurn, { path, name, message }: AskedPerson, now: number): void {
    turn.questions.close(path);
    if (message !== undefined) return;
    const question = stepId(turn.turn, path);
    const id = eventId.personUnanswered(question);
    this.#context.facts.decide('person.unanswered', id, now, { question, name }, turn.place);
  }
}
