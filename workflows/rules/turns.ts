/** The turn at work and how it ends: at most one at a time, and each gets exactly one end. */
import {
  ERRORS,
  eventId,
  reason,
  reasonOf,
  summaryAfter,
  type CancelReply,
  type CarriedState,
  type CarriedTurn,
  type ErrorCode,
  type EventData,
  type JsonObject,
  type LoggedEvent,
  type QueuedMessage,
  type SummaryPoint,
  type TurnProgress,
  type TurnResult,
} from '../../src/contracts/index.ts';
import type { Facts } from '../facts/facts.ts';
import type { Receipts } from './receipts.ts';
import { Closings } from './closings.ts';
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

export class Turns {
  readonly #facts: Facts;
  readonly #receipts: Receipts;
  readonly decisions: Decisions;
  readonly closings = new Closings();
  #current: RunningTurn | null;
  /** What the team keeps from turn to turn. */
  #memory: JsonObject | undefined;
  #summary: SummaryPoint | undefined;

  constructor(
    facts: Facts,
    receipts: Receipts,
    carried: Pick<CarriedState, 'turn' | 'memory' | 'summary' | 'decisions'> | undefined,
  ) {
    this.#facts = facts;
    this.#receipts = receipts;
    this.#current = carried?.turn ? new RunningTurn(carried.turn) : null;
    this.#memory = carried?.memory;
    this.#summary = carried?.summary;
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
    this.closings.ofTurn({ turn: turn.turn, type: 'step.cancelled', data: { reason: data.reason } });
    this.#facts.decide('turn.cancelled', eventId.turnEnded(turn.turn), now, data, turn.place);
  }

  /** The activity of the turn has come back. */
  back(result: TurnResult, now: number): void {
    this.#facts.adopt(result.unplaced);
    this.#current?.back(result, now);
    this.#facts.report(result.report);
    this.report(result.report.events);
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
    this.#summary = summaryAfter(this.#summary, turn.turn, turn.journal.entries);
    this.#current = null;
  }

  /** What turns leave to later ones. */
  get memory(): Pick<CarriedState, 'memory' | 'summary'> {
    return {
      ...(this.#memory === undefined ? {} : { memory: this.#memory }),
      ...(this.#summary === undefined ? {} : { summary: this.#summary }),
    };
  }

  carry(): Pick<CarriedState, 'turn' | 'memory' | 'summary' | 'decisions'> {
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
    this.closings.ofTurn({ turn: turn.turn, type: 'step.failed', data: failure });
    this.#facts.decide('turn.failed', eventId.turnEnded(turn.turn), now, failure, turn.place);
  }
}
