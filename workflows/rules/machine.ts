/**
 * The rules of a session: what a message, a cancel, a close and a report do. No Temporal here; `session.ts` is the glue.
 *
 * Invariants
 * 1. The first message of a `messageId` counts; later ones change nothing. (One that was refused with `inbox_full` may be sent again.)
 * 2. Facts are decided in one order (`Facts` says what becomes of them).
 * 3. Each turn gets exactly one end: it runs and ends, is cancelled before it starts, or is merged into another one (`Line`).
 * 4. All lists are bounded: the inbox and the outbox by refusing, receipts by forgetting the oldest, held events by archiving.
 */
import {
  activeAgents,
  eventId,
  isAfter,
  RECOVERY,
  rosterState,
  turnOf,
  type AgentSpec,
  type CancelReply,
  type CarriedState,
  type Closing,
  type KnownEventsPage,
  type MemberRefusal,
  type MembersReply,
  type Message,
  type PublishInput,
  type KeptReceipt,
  type Report,
  type Roster,
  type RosterChange,
  type SessionInfo,
  type SessionInput,
  type SessionState,
  type SessionStatus,
  type TurnInput,
  type TurnResult,
} from '../../src/contracts/index.ts';
import { Facts } from '../facts/facts.ts';
import { Arrivals } from './arrivals.ts';
import { Cancels } from './cancels.ts';
import { Line } from './line.ts';
import { Later } from './later.ts';
import { Members } from './members.ts';
import { Receipts } from './receipts.ts';
import { Refusals } from './refusals.ts';
import { Releases } from './releases.ts';
import type { RunningTurn } from './turn.ts';
import { Turns, type LostTurn } from './turns.ts';
import { Waits } from './waits.ts';

/** What a publish brings to the log. */
export type Publishing = Pick<PublishInput, 'drafts' | 'reconcile' | 'release' | 'closes'>;

export class SessionMachine {
  readonly facts: Facts;
  readonly turns: Turns;
  readonly waits: Waits;
  readonly later: Later;
  readonly cancels: Cancels;
  readonly #arrivals: Arrivals;
  readonly #members: Members;
  readonly #tenant: string;
  readonly #session: string;
  readonly #info: SessionInfo;
  readonly #receipts: Receipts;
  readonly #line: Line;
  #status: SessionStatus;
  #closeReason: string;
  readonly #closedBefore: boolean;
  readonly releases: Releases;
  readonly #refusals: Refusals;

  constructor(input: SessionInput, now: number) {
    const { carried } = input;
    this.#tenant = input.tenant;
    this.#session = input.session;
    this.#info = input.info;
    this.#receipts = new Receipts(carried?.receipts ?? []);
    this.facts = new Facts(carried);
    this.#status = carried?.status ?? 'open';
    this.#closeReason = carried?.closeReason ?? '';
    this.#closedBefore = carried?.closedBefore ?? false;
    this.releases = new Releases(carried?.release, carried?.heldBack);
    this.#refusals = new Refusals(this.facts, this.#receipts, this.releases);
    this.#members = new Members(this.facts, input.info.agents, carried);
    this.turns = new Turns(this.facts, this.#receipts, carried);
    const { facts, turns } = this;
    const kept = { facts, receipts: this.#receipts, releases: this.releases };
    this.waits = new Waits({ ...kept, turns, members: this.#members });
    this.#line = new Line({ ...kept, turns }, carried);
    const parts = { ...kept, refusals: this.#refusals };
    this.later = new Later(input.session, parts, carried?.later);
    this.cancels = new Cancels(turns, this.#line);
    const { waits, later } = this;
    const { session, info } = input;
    this.#arrivals = new Arrivals({
      ...{ session, policy: info.policy, ...parts },
      ...{ turns, waits, later, line: this.#line },
    });
    if (!carried) {
      const { createdAt: _createdAt, roster: _roster, ...created } = input.info;
      this.facts.decide('session.created', eventId.sessionCreated(), now, created);
    }
  }

  // What comes in

  /** Orders a message: it gets its turn, its place, or its rejection. `isTight`: the run's history has room for few more. */
  accept(message: Message, now: number, isTight = false): void {
    this.#arrivals.accept(message, this.#status, now, isTight);
  }

  /** Puts into the line what was to be delivered by now, as far as there is room. */
  deliver(now: number): void {
    this.#arrivals.deliver(this.#status, now);
  }

  /** Cancels a turn: see `Cancels`. */
  cancel(turn: string | undefined, now: number): CancelReply {
    return this.cancels.turn(turn, now);
  }

  /** Stops accepting; what was accepted is still answered, without waiting for anything, then the session closes. */
  close(reason: string, now: number): void {
    if (this.#status !== 'open') return;
    this.#status = 'closing';
    this.#closeReason = reason;
    this.later.close(now);
    this.waits.wake(now, true);
  }

  /** A member joins, leaves, is paused or resumed; what is so already, and what cannot be, changes nothing. */
  members(change: RosterChange, now: number): MembersReply | MemberRefusal {
    return this.#members.change(change, now, this.#status === 'open');
  }

  // Turns

  /** The agents that a turn may ask. `roster`: as it started; absent: as the session was opened. */
  castOf(roster: Roster | undefined): readonly AgentSpec[] {
    return activeAgents(roster ?? this.#members.opening);
  }

  get hasMessage(): boolean {
    return this.#line.size > 0;
  }

  /** True if an activity can run now: a turn is to go on, or a message waits for one. */
  get canRun(): boolean {
    const { current, isEnding } = this.turns;
    return (current ? current.phase === 'ready' : this.hasMessage && !isEnding) || this.canRunBeside;
  }

  /** The same, of what runs beside the main lane. */
  get canRunBeside(): boolean {
    const { beside, hasPlaceBeside, isEnding } = this.turns;
    if (beside.some(({ phase }) => phase === 'ready')) return true;
    return this.#line.besides > 0 && hasPlaceBeside && !isEnding;
  }

  /** What the next activity of a turn gets that is to go on; without one it opens the turn of a message that waits. */
  runTurn(now: number): TurnInput {
    const turn = this.turns.all.find(({ phase }) => phase === 'ready') ?? this.#startTurn(now);
    turn.run(now);
    return {
      ...{ tenant: this.#tenant, session: this.#session, known: this.facts.known },
      ...{ turn: turn.turn, causes: turn.causes, lead: this.facts.takeDrafts() },
      ...{ release: this.releases.take(), closing: this.#status !== 'open' },
      ...{ journal: turn.journal, attempts: turn.attempts, ...turn.ran },
      ...(turn.needs === undefined ? {} : { needs: turn.needs }),
      ...(this.turns.isBeside(turn.turn) ? { beside: true as const } : this.turns.memory),
      ...turn.given,
    };
  }

  /** The activity of the turn has come back. */
  back({ turn: name, known, lead, release }: TurnInput, result: TurnResult, now: number): void {
    const turn = this.turns.get(name);
    const { placed, position, events } = result.report;
    const hasWritten = placed.length > 0 || isAfter(position, known);
    this.#line.learn([...result.unplaced, ...events]);
    this.turns.back(turn, result, now);
    // A turn may wait, or be handed over, before it has written anything.
    this.facts.returnDrafts(lead);
    if (!hasWritten) this.releases.add(...release);
    this.waits.ask(turn, now);
    this.#line.settle(now);
    if (this.#status !== 'open') this.waits.wake(now, true);
  }

  /** No activity came back. */
  lost({ turn: name, lead, release }: TurnInput, lost: LostTurn, now: number): void {
    const turn = this.turns.get(name);
    this.facts.returnDrafts(lead);
    this.releases.add(...release);
    const { progress, stopped } = lost;
    this.#line.learn(progress?.facts ?? []);
    // It was to stop one step: another one goes on with what it had made durable.
    if (stopped && !turn.cancelled) {
      this.facts.adopt(progress?.facts ?? []);
      turn.again(progress, RECOVERY.turnExecutions);
      return;
    }
    this.turns.lost(turn, lost, now);
    this.#line.settle(now);
  }

  /** What a publish brings to the log. The end of a turn goes with what closes its steps: of several turns that end, one goes at a time. */
  takePublish(): Publishing {
    const { closings } = this.turns;
    const reconcile = this.facts.takeReconcile();
    const closes = closings.take();
    const drafts = this.facts.takeDrafts(closings.ends);
    return { drafts, reconcile, release: this.releases.take(), ...(closes ? { closes } : {}) };
  }

  /** `closes`: what was to be ended with it. True: a step of a running turn was. */
  report(report: Report, closes?: Closing): boolean {
    this.facts.report(report);
    this.#line.learn(report.events);
    const step = closes?.step ?? '';
    const stopped = step !== '' && this.turns.closings.stepClosed(step, report.events);
    if (stopped) this.turns.find(turnOf(step))?.closeStep(step);
    this.turns.report(report.events);
    return stopped;
  }

  /** True when no activity of a turn runs and nothing must be reconciled or closed: the moment to archive and continue as new. */
  get atRest(): boolean {
    const moving = this.turns.all.some(({ phase }) => phase === 'running' || phase === 'over');
    return !moving && !this.facts.mustReconcile && !this.turns.closings.any;
  }

  /** True when nothing runs, waits, is for later, or has not reached the log. */
  get isIdle(): boolean {
    const waits = this.turns.all.length > 0 || this.#line.size > 0 || this.later.at !== null;
    return this.#status === 'open' && !waits && this.atRest && this.facts.pending().length === 0;
  }

  get closing(): boolean {
    return this.#status === 'closing' && this.turns.all.length === 0 && this.#line.size === 0;
  }

  get closed(): boolean {
    return this.#status === 'closed';
  }

  /** The last fact of the session. */
  finish(now: number): void {
    this.#status = 'closed';
    this.later.close(now);
    const id = this.#closedBefore ? eventId.sessionClosedAgain(now) : eventId.sessionClosed();
    this.facts.decide('session.closed', id, now, { reason: this.#closeReason });
  }

  carry(): CarriedState {
    return {
      status: this.#status,
      closeReason: this.#closeReason,
      ...(this.#closedBefore ? { closedBefore: true } : {}),
      ...this.#line.carry(),
      receipts: this.#receipts.list(),
      ...this.releases.carry(),
      ...this.#members.stated,
      ...this.later.carry(),
      ...this.turns.carry(),
      ...this.facts.carry(),
    };
  }

  // Questions

  receipt(messageId: string): KeptReceipt | null {
    return this.#receipts.get(messageId);
  }

  events(from = 0): KnownEventsPage {
    return { info: { ...this.#info, ...this.#members.stated }, ...this.facts.page(from) };
  }

  state(historyEvents: number): SessionState {
    const { current: turn, beside } = this.turns;
    return {
      ...{ tenant: this.#tenant, session: this.#session, status: this.#status, team: this.#info.team },
      ...rosterState(this.#members.now),
      createdAt: this.#info.createdAt,
      ...{ known: this.facts.known, archivedTo: this.facts.archivedTo },
      ...{ turns: this.#line.numbered, queued: this.#line.size },
      ...(this.later.at === null ? {} : { scheduled: this.later.list() }),
      ...(turn ? { running: { turn: turn.turn } } : {}),
      ...(beside.length === 0 ? {} : { beside: beside.map((each) => ({ turn: each.turn })) }),
      historyEvents,
    };
  }

  #startTurn(now: number): RunningTurn {
    const beside = this.turns.current !== null || this.turns.isEnding;
    return this.turns.start(this.#line.next(now, beside), now, { ...this.#members.stated, beside });
  }
}
