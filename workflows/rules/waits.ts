/** What the turns at work wait for, and how that ends: people answer and vote, times come, and the session closes. */
import {
  eventId,
  stepId,
  turnOf,
  type Arrival,
  type AskedPerson,
  type InterjectionPolicy,
  type Message,
  type OpenApproval,
  type Receipt,
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
  readonly turns: Pick<Turns, 'all' | 'find' | 'decisions'>;
}

interface Asked {
  readonly turn: RunningTurn;
  /** Of the question. */
  readonly path: string;
}

/** Policies of messages that are to have a turn of their own now. */
const OWN_TURN: readonly InterjectionPolicy[] = ['interrupt', 'rollback', 'parallel'];

export class Waits {
  readonly #context: WaitsContext;

  constructor(context: WaitsContext) {
    this.#context = context;
  }

  /** The turn that has come back may wait for people: clients are told, and what they have said already counts. */
  ask(turn: RunningTurn, now: number): void {
    const { facts, turns } = this.#context;
    if (turn.phase !== 'waiting' || turn.waitsForPlace) return;
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

  /** True if the message answers a question. One that stops a turn, or is to have one beside it, must name the question to answer it. */
  isAsked(message: Message): boolean {
    const wantsTurn = OWN_TURN.some((policy) => policy === message.policy);
    return (!wantsTurn || message.answers !== undefined) && this.#askedBy(message) !== null;
  }

  #askedBy(message: Message): Asked | null {
    for (const turn of this.#context.turns.all) {
      const isOver = turn.phase === 'over' || turn.cancelled;
      const question = isOver ? undefined : turn.questions.answeredBy(message);
      if (question) return { turn, path: question.path };
    }
    return null;
  }

  /** Takes a message as the answer to what its sender was asked. */
  answer(message: Message, receipt: Pick<Receipt, 'session' | 'messageId'>, arrival: Arrival): void {
    const { facts, receipts } = this.#context;
    const asked = this.#askedBy(message);
    if (!asked) return;
    const { turn, path } = asked;
    const { messageId, parts, from } = message;
    receipts.set({ ...receipt, status: 'consumed', turn: turn.turn, turnStatus: 'running' });
    const answers = stepId(turn.turn, path);
    const data = { messageId, parts, ...(from === undefined ? {} : { from }), queued: false, answers };
    const place = { turn: turn.turn, cause: messageId, ...arrival };
    facts.decide(
      'message.accepted',
      eventId.message(messageId),
      arrival.stamps?.orchestrate ?? 0,
      data,
      place,
    );
    turn.questions.answer(path, messageId);
    turn.hear();
  }

  /** Any vote on an approval has an answer. */
  vote(vote: Vote, now: number): VoteReply | VoteRefusal {
    const { members, turns } = this.#context;
    const voter = members.voter(vote);
    if ('code' in voter) return voter;
    const found = turns.find(turnOf(vote.approval));
    const turn = found && found.phase !== 'over' ? found : null;
    const reply = turns.decisions.vote(turn, { ...vote, by: voter.name }, voter.roles, now);
    turn?.hear();
    return reply;
  }

  /** What people have to decide upon. */
  get approvals(): readonly OpenApproval[] {
    return this.#context.turns.all.flatMap(({ approvals }) => approvals.told());
  }

  /** When the first of them is over, ms since the Unix epoch; null: nothing is waited for. */
  get at(): number | null {
    const times = this.#context.turns.all.flatMap(({ phase, wakeAt }) =>
      phase === 'waiting' ? [wakeAt] : [],
    );
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Ends the waits that are due, or all of them. */
  wake(now: number, all: boolean): void {
    for (const turn of this.#context.turns.all) this.#wake(turn, now, all);
  }

  /** There may be places for turns that wait for them; false: none does. */
  called(): boolean {
    const called = this.#context.turns.all.filter((turn) => turn.called());
    return called.length > 0;
  }

  #wake(turn: RunningTurn, now: number, all: boolean): void {
    if (turn.phase !== 'waiting') return;
    this.#context.turns.decisions.expire(turn, now, all);
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
