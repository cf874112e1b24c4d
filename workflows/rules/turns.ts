/** The turn at work and how it ends: at most one at a time, and each gets exactly one end. */
import {
  ERRORS,
  eventId,
  isCancelledAlone,
  reason,
  reasonOf,
  stepId,
  type AskedPerson,
  type CancelReply,
  type CarriedState,
  type CarriedTurn,
  type Closing,
  type ErrorCode,
  type EventData,
  type JsonObject,
  type LoggedEvent,
  type Message,
  type OpenApproval,
  type QueuedMessage,
  type Receipt,
  type Stamps,
  type TurnProgress,
  type TurnResult,
  type Vote,
  type VoteRefusal,
  type VoteReply,
} from '../../src/contracts/index.ts';
import type { Facts } from '../facts/facts.ts';
import type { Members } from './members.ts';
import type { Receipts } from './receipts.ts';
import { Decisions } from './decisions.ts';
import { RunningTurn } from './turn.ts';

/** What is left of an activity of a turn that did not come back. */
export interface LostTurn {
  /** What it had made durable. */
  readonly progress: TurnProgress | null;
  readonly code: ErrorCode;
  /** Default: the sentence of the code. */
  readonly message?: string;
  /** It had been told to stop. */
  readonly stopped?: boolean;
}

/** Why a message stops a turn. */
export interface Stopping {
  readonly code: 'interrupted' | 'rolled_back';
  readonly by: string;
}

/** A cancel of one step; `status`: null until the log has answered. */
export interface StepCancel {
  readonly step: string;
  status: CancelReply['status'] | null;
}

export class Turns {
  readonly #facts: Facts;
  readonly #receipts: Receipts;
  readonly #members: Pick<Members, 'voter'>;
  readonly decisions: Decisions;
  #current: RunningTurn | null;
  /** What the team keeps from turn to turn. */
  #memory: JsonObject | undefined;
  /** How open steps are to end. That of a whole turn comes first: it goes with the turn's end, after which no step may end. */
  readonly #closings: Closing[] = [];
  /** Cancels of single steps that the log has not answered. */
  #stepCancels: StepCancel[] = [];

  constructor(
    facts: Facts,
    receipts: Receipts,
    members: Pick<Members, 'voter'>,
    carried: Pick<CarriedState, 'turn' | 'memory' | 'decisions'> | undefined,
  ) {
    this.#members = members;
    this.#facts = facts;
    this.#receipts = receipts;
    this.#current = carried?.turn ? new RunningTurn(carried.turn) : null;
    this.#memory = carried?.memory;
    this.decisions = new Decisions(facts, carried?.decisions);
  }

  get current(): RunningTurn | null {
    return this.#current;
  }

  /** `roster`: who takes part; absent: as the session was opened. */
  start(message: QueuedMessage, now: number, members: Pick<CarriedTurn, 'roster'> = {}): RunningTurn {
    const turn = RunningTurn.of(message, members);
    this.#current = turn;
    for (const messageId of turn.causes)
      this.#receipts.change(messageId, { status: 'consumed', turnStatus: 'running' });
    const place = { ...turn.place, stamps: { orchestrate: now } };
    const data = { messageIds: turn.causes };
    this.#facts.decide('turn.started', eventId.turnStarted(turn.turn), now, data, place);
    return turn;
  }

  cancel(turn: RunningTurn, now: number): CancelReply {
    if (turn.end) return { status: 'ended', turn: turn.turn };
    this.#stop(turn, { reason: 'cancelled on request' }, now);
    return { status: 'cancelling', turn: turn.turn };
  }

  /** A message stops the turn; one that is rolled back is withdrawn. */
  stop(turn: RunningTurn, { code, by }: Stopping, now: number): void {
    const rolledBack = code === 'rolled_back' ? { rolledBack: true as const } : {};
    this.#stop(turn, { reason: reason(code), by, ...rolledBack }, now);
  }

  #stop(turn: RunningTurn, data: EventData['turn.cancelled'], now: number): void {
    // One that is over has its end on the way.
    if (turn.end || turn.cancelled || turn.phase === 'over') return;
    turn.cancel();
    this.decisions.cancel(turn, reasonOf(data.reason), now);
    this.#closings.unshift({ turn: turn.turn, type: 'step.cancelled', data: { reason: data.reason } });
    this.#facts.decide('turn.cancelled', eventId.turnEnded(turn.turn), now, data, turn.place);
  }

  /** The activity of the turn has come back. */
  back(result: TurnResult, now: number): void {
    this.#facts.adopt(result.unplaced);
    this.#current?.back(result, now);
    this.#facts.report(result.report);
    this.report(result.report.events);
  }

  /** The turn that has come back may wait for people: clients are told, and what they have said already counts. */
  ask(now: number): void {
    const turn = this.#current;
    if (turn?.phase !== 'waiting') return;
    const { asked, gone } = turn.questions.wait(turn.waits);
    for (const { path, key: name, text = '', until } of asked) {
      const question = stepId(turn.turn, path);
      const data = { question, name, text, until };
      this.#facts.decide('person.asked', eventId.personAsked(question), now, data, turn.place);
    }
    for (const each of gone) this.#unanswered(turn, each, now);
    this.decisions.ask(turn, now);
    turn.hear();
  }

  /** True if the message answers a question. One that stops the turn must name the question to answer it. */
  isAsked(message: Message): boolean {
    const stops = message.policy === 'interrupt' || message.policy === 'rollback';
    return (!stops || message.answers !== undefined) && this.#askedBy(message) !== undefined;
  }

  #askedBy(message: Message): AskedPerson | undefined {
    const turn = this.#current;
    return !turn || turn.phase === 'over' || turn.cancelled ? undefined : turn.questions.answeredBy(message);
  }

  /** Takes a message as the answer to what its sender was asked. */
  answer(message: Message, receipt: Pick<Receipt, 'session' | 'messageId'>, stamps: Stamps): void {
    const turn = this.#current;
    const asked = this.#askedBy(message);
    if (!turn || !asked) return;
    const { messageId, parts, from } = message;
    this.#receipts.set({ ...receipt, status: 'consumed', turn: turn.turn, turnStatus: 'running' });
    const answers = stepId(turn.turn, asked.path);
    const data = { messageId, parts, ...(from === undefined ? {} : { from }), queued: false, answers };
    const place = { turn: turn.turn, cause: messageId, stamps };
    this.#facts.decide('message.accepted', eventId.message(messageId), stamps.orchestrate ?? 0, data, place);
    turn.questions.answer(asked.path, messageId);
    turn.hear();
  }

  /** Any vote on an approval has an answer. */
  vote(vote: Vote, now: number): VoteReply | VoteRefusal {
    const voter = this.#members.voter(vote);
    if ('code' in voter) return voter;
    const turn = this.#current?.phase === 'over' ? null : this.#current;
    const reply = this.decisions.vote(turn, { ...vote, by: voter.name }, voter.roles, now);
    turn?.hear();
    return reply;
  }

  /** What people have to decide upon. */
  get approvals(): readonly OpenApproval[] {
    return this.#current?.openApprovals ?? [];
  }

  /** Ends the waits that are due, or all of them. */
  wake(now: number, all: boolean): void {
    const turn = this.#current;
    if (turn?.phase !== 'waiting') return;
    this.decisions.expire(turn, now, all);
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
    this.#facts.decide('person.unanswered', id, now, { question, name }, turn.place);
  }

  /** No activity came back. What it had made durable stays; its open steps and the turn fail, unless they were cancelled. */
  lost({ progress, ...failure }: LostTurn, now: number): void {
    const turn = this.#current;
    if (!turn) return;
    turn.lost(progress?.entries ?? []);
    this.#facts.adopt(progress?.facts ?? []);
    if (!turn.cancelled) this.#fail(turn, failure, now);
    this.report([]); // the end of one that was cancelled may be known already
  }

  /** True if the turn is over, and its end neither known nor on its way. */
  get isUnended(): boolean {
    return this.#current?.phase === 'over' && !this.#current.end && !this.#facts.hasDrafts;
  }

  /** Asks the log for the end of such a turn: an execution that was taken for lost may have ended it after all, or else it ends like this. */
  settle(now: number): void {
    if (this.#current) this.#fail(this.#current, { code: 'worker_lost' }, now);
  }

  /** The turn may have its end with this. The next one starts when its activity is back too. */
  report(events: readonly LoggedEvent[]): void {
    const turn = this.#current;
    turn?.report(events);
    if (!turn?.end) return;
    const { type, data } = turn.end;
    this.decisions.cancel(turn, reason('turn_ended'), turn.end.at);
    if (type === 'turn.completed') this.#memory = data.memory ?? this.#memory;
    const turnStatus =
      type === 'turn.completed' ? 'completed' : type === 'turn.cancelled' ? 'cancelled' : 'failed';
    const answers = turn.journal.entries.flatMap(({ message }) => message ?? []);
    for (const messageId of [...turn.causes, ...answers]) this.#receipts.change(messageId, { turnStatus });
    if (turn.phase !== 'over') return;
    this.#endSteps(turn, turn.end);
    this.#current = null;
  }

  /** True if open steps are to be ended and no publish is under way with that. */
  get hasClosing(): boolean {
    return this.#closings.length > 0;
  }

  takeClosing(): Closing | null {
    return this.#closings.shift() ?? null;
  }

  /** Cancels one step of the turn, which goes on. How that comes out the log will tell. */
  cancelStep(turn: RunningTurn, step: string): StepCancel {
    const asked: StepCancel = { step, status: null };
    this.#stepCancels.push(asked);
    const data = { reason: reason('step_cancelled') };
    this.#closings.push({ turn: turn.turn, step, type: 'step.cancelled', data });
    return asked;
  }

  /** The log has been told to end the step; true: that has ended it. */
  stepClosed(step: string, events: readonly LoggedEvent[]): boolean {
    const end = events.find(({ id }) => id === eventId.stepEnded(step));
    const alone = end?.type === 'step.cancelled' && isCancelledAlone(end.data);
    const status = alone ? 'cancelling' : end ? 'ended' : 'none';
    for (const asked of this.#stepCancels) if (asked.step === step) asked.status = status;
    this.#stepCancels = this.#stepCancels.filter((asked) => asked.status === null);
    if (alone) this.#current?.closeStep(step);
    return alone;
  }

  get memory(): { readonly memory?: JsonObject } {
    return this.#memory === undefined ? {} : { memory: this.#memory };
  }

  carry(): Pick<CarriedState, 'turn' | 'memory' | 'decisions'> {
    const turn = this.#current ? { turn: this.#current.carry() } : {};
    return { ...turn, ...this.memory, ...this.decisions.carry() };
  }

  /** A log that was lost in mid-turn has not closed steps whose start it gets back later: nobody else ends them. */
  #endSteps(turn: RunningTurn, end: LoggedEvent): void {
    for (const { step = '', agent = '' } of this.#facts.openSteps(turn.turn)) {
      const data = { reason: 'the turn has ended', text: '' };
      this.#facts.decide('step.cancelled', eventId.stepEnded(step), end.at, data, {
        ...turn.place,
        ...{ step, agent },
      });
    }
  }

  #fail(turn: RunningTurn, { code, message }: Omit<LostTurn, 'progress'>, now: number): void {
    const failure = { code, message: message ?? ERRORS[code].title };
    this.decisions.cancel(turn, reason('turn_ended'), now);
    this.#closings.unshift({ turn: turn.turn, type: 'step.failed', data: failure });
    this.#facts.decide('turn.failed', eventId.turnEnded(turn.turn), now, failure, turn.place);
  }
}
