/**
 * The turns at work and how they end: at most one in the main lane, and at most `LIMITS.turnsBeside` beside it. Each gets exactly one end. A
 * turn stays in its lane.
 */
import {
  ERRORS,
  eventId,
  jsonBytes,
  LIMITS,
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

type Kept = 'turn' | 'beside' | 'memory' | 'summary' | 'decisions';

/** `beside`: beside the main lane. */
export interface Starting extends Pick<CarriedTurn, 'roster'> {
  readonly beside: boolean;
}

const TOO_LONG = `A turn beside the main lane may hold ${LIMITS.turnBesideBytes} bytes: its calls, and what it waits for.`;

function isTooLong(turn: RunningTurn): boolean {
  return jsonBytes(turn.carry()) > LIMITS.turnBesideBytes;
}

function isUnended({ phase, end }: RunningTurn): boolean {
  return phase === 'over' && !end;
}

export class Turns {
  readonly #facts: Facts;
  readonly #receipts: Receipts;
  readonly decisions: Decisions;
  readonly closings = new Closings();
  #current: RunningTurn | null;
  /** In the order in which they started. */
  #beside: readonly RunningTurn[];
  /** What the team keeps from turn to turn. */
  #memory: JsonObject | undefined;
  #summary: SummaryPoint | undefined;

  constructor(facts: Facts, receipts: Receipts, carried: Pick<CarriedState, Kept> | undefined) {
    this.#facts = facts;
    this.#receipts = receipts;
    this.#current = carried?.turn ? new RunningTurn(carried.turn) : null;
    this.#beside = (carried?.beside ?? []).map((turn) => new RunningTurn(turn));
    this.#memory = carried?.memory;
    this.#summary = carried?.summary;
    this.decisions = new Decisions(facts, () => this.all, carried?.decisions);
  }

  /** That of the main lane. */
  get current(): RunningTurn | null {
    return this.#current;
  }

  /** Those beside the main lane. */
  get beside(): readonly RunningTurn[] {
    return this.#beside;
  }

  /** That of the main lane first. */
  get all(): readonly RunningTurn[] {
    return this.#current ? [this.#current, ...this.#beside] : this.#beside;
  }

  find(turn: string): RunningTurn | undefined {
    return this.all.find((each) => each.turn === turn);
  }

  /** Throws if it does not run. */
  get(turn: string): RunningTurn {
    const found = this.find(turn);
    if (!found) throw new Error(`${turn} does not run`);
    return found;
  }

  isBeside(turn: string): boolean {
    return this.#beside.some((each) => each.turn === turn);
  }

  /** A turn is about to end: one that is to start waits for that, to see it as whoever sent its message has. */
  get isEnding(): boolean {
    return this.all.some(({ phase, endSeen }) => phase === 'over' || endSeen);
  }

  /** Another turn may run beside the main lane. */
  get hasPlaceBeside(): boolean {
    return this.#beside.length < LIMITS.turnsBeside;
  }

  /** `roster`: who takes part; absent: as the session was opened. */
  start(message: QueuedMessage, now: number, { beside, ...members }: Starting): RunningTurn {
    const unseen = this.all.map(({ turn }) => turn);
    const turn = RunningTurn.of(message, { ...members, unseen, ...(beside ? this.memory : {}) });
    if (beside) this.#beside = [...this.#beside, turn];
    else this.#current = turn;
    for (const messageId of turn.causes)
      this.#receipts.change(messageId, { status: 'consumed', turnStatus: 'running' });
    const place = { ...turn.place, stamps: { orchestrate: now } };
    const data = {
      messageIds: turn.causes,
      ...(beside ? { beside: true as const } : {}),
      ...(unseen.length === 0 ? {} : { unseen }),
    };
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
  back(turn: RunningTurn, result: TurnResult, now: number): void {
    this.#facts.adopt(result.unplaced);
    turn.back(result, now);
    this.#facts.report(result.report);
    this.report(result.report.events);
    const isLong = turn.phase !== 'over' && this.isBeside(turn.turn) && isTooLong(turn);
    if (isLong) this.#giveUp(turn, { code: 'turn_too_long', message: TOO_LONG }, now);
  }

  /** No activity came back. What it had made durable stays; its open steps and the turn fail, unless they were cancelled. */
  lost(turn: RunningTurn, { progress, ...failure }: LostTurn, now: number): void {
    turn.lost(progress?.entries ?? []);
    this.#facts.adopt(progress?.facts ?? []);
    if (!turn.cancelled) this.#fail(turn, failure, now);
    this.report([]); // the end of one that was cancelled may be known already
  }

  /** True if a turn is over, and its end neither known nor on its way. */
  get isUnended(): boolean {
    return !this.#facts.hasDrafts && this.all.some(isUnended);
  }

  /** Asks the log for the end of such turns: an execution that was taken for lost may have ended one after all, or else it ends like this. */
  settle(now: number): void {
    for (const turn of this.all.filter(isUnended)) this.#fail(turn, { code: 'worker_lost' }, now);
  }

  /** Turns may have their ends with this. The next one starts when the activity of that before it is back too. */
  report(events: readonly LoggedEvent[]): void {
    for (const turn of this.all) this.#report(turn, events);
  }

  #report(turn: RunningTurn, events: readonly LoggedEvent[]): void {
    turn.report(events);
    if (!turn.end) return;
    const { type, data } = turn.end;
    this.decisions.cancel(turn, reason('turn_ended'), turn.end.at);
    if (type === 'turn.completed' && turn === this.#current) this.#memory = data.memory ?? this.#memory;
    const turnStatus =
      type === 'turn.completed' ? 'completed' : type === 'turn.cancelled' ? 'cancelled' : 'failed';
    const answers = turn.journal.entries.flatMap(({ message }) => message ?? []);
    for (const messageId of [...turn.causes, ...answers]) this.#receipts.change(messageId, { turnStatus });
    if (turn.phase !== 'over') return;
    this.#endSteps(turn, turn.end);
    if (turn === this.#current) {
      this.#summary = summaryAfter(this.#summary, turn.turn, turn.journal.entries);
      this.#current = null;
    } else this.#beside = this.#beside.filter((each) => each !== turn);
  }

  /** What turns leave to later ones. */
  get memory(): Pick<CarriedState, 'memory' | 'summary'> {
    return {
      ...(this.#memory === undefined ? {} : { memory: this.#memory }),
      ...(this.#summary === undefined ? {} : { summary: this.#summary }),
    };
  }

  carry(): Pick<CarriedState, Kept> {
    const turn = this.#current ? { turn: this.#current.carry() } : {};
    const beside = this.#beside.length === 0 ? {} : { beside: this.#beside.map((each) => each.carry()) };
    return { ...turn, ...beside, ...this.memory, ...this.decisions.carry() };
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

  /** It does not go on. */
  #giveUp(turn: RunningTurn, failure: Omit<LostTurn, 'progress'>, now: number): void {
    turn.lost([]);
    this.#fail(turn, failure, now);
  }

  #fail(turn: RunningTurn, { code, message }: Omit<LostTurn, 'progress'>, now: number): void {
    const failure = { code, message: message ?? ERRORS[code].title };
    this.decisions.cancel(turn, reason('turn_ended'), now);
    this.closings.ofTurn({ turn: turn.turn, type: 'step.failed', data: failure });
    this.#facts.decide('turn.failed', eventId.turnEnded(turn.turn), now, failure, turn.place);
  }
}
