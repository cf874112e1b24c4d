/**
 * The rules of a session: what a message, a cancel, a close and a report do. No Temporal here; `session.ts` is the glue.
 *
 * Invariants
 * 1. The first message of a `messageId` counts; later ones change nothing. (One that was refused with `inbox_full` may be sent again.)
 * 2. Facts are decided in one order (`Facts` says what becomes of them).
 * 3. A turn that has started gets exactly one end; so has a turn that was cancelled before it started.
 * 4. All lists are bounded: the inbox and the outbox by refusing, receipts by forgetting the oldest, held events by archiving.
 */
import {
  activeAgents,
  eventId,
  isAfter,
  LIMITS,
  rosterState,
  turnId,
  turnNumber,
  type AgentSpec,
  type CancelReply,
  type CarriedState,
  type KnownEventsPage,
  type MemberRefusal,
  type MembersReply,
  type Message,
  type PublishInput,
  type Receipt,
  type Report,
  type RosterChange,
  type SessionInfo,
  type SessionInput,
  type SessionState,
  type SessionStatus,
  type Stamps,
  type TurnInput,
  type TurnResult,
} from '../../src/contracts/index.ts';
import { Facts } from '../facts/facts.ts';
import { Inbox } from './inbox.ts';
import { Members } from './members.ts';
import { Receipts } from './receipts.ts';
import { Releases } from './releases.ts';
import type { RunningTurn } from './turn.ts';
import { Turns, type LostTurn } from './turns.ts';

/** What goes along with a publish. */
export type Along = Pick<PublishInput, 'release' | 'closes'>;

export class SessionMachine {
  readonly facts: Facts;
  readonly turns: Turns;
  readonly #members: Members;
  readonly #tenant: string;
  readonly #session: string;
  readonly #info: SessionInfo;
  readonly #receipts: Receipts;
  readonly #inbox: Inbox;
  #status: SessionStatus;
  #closeReason: string;
  readonly #releases: Releases;
  /** Turns that have been given a number. */
  #numbered: number;

  constructor(input: SessionInput, now: number) {
    const { carried } = input;
    this.#tenant = input.tenant;
    this.#session = input.session;
    this.#info = input.info;
    this.#receipts = new Receipts(carried?.receipts ?? []);
    this.facts = new Facts(carried);
    this.#status = carried?.status ?? 'open';
    this.#closeReason = carried?.closeReason ?? '';
    this.#numbered = carried?.turns ?? 0;
    this.#inbox = new Inbox(carried?.inbox);
    this.#releases = new Releases(carried?.release);
    this.#members = new Members(this.facts, input.info.agents, carried);
    this.turns = new Turns(this.facts, this.#receipts, this.#members, carried);
    if (!carried) {
      const { team, agents, metadata } = input.info;
      this.facts.decide('session.created', eventId.sessionCreated(), now, { team, agents, metadata });
    }
  }

  // What comes in

  /** Orders a message: it gets its turn, or its rejection. */
  accept(message: Message, now: number): void {
    const { messageId, parts, from } = message;
    this.turns.current?.seen(message.ended);
    const before = this.#receipts.get(messageId);
    if (before && before.code !== 'inbox_full') {
      this.#releases.addUnlessWaiting(before);
      return;
    }
    const stamps = { ingest: message.receivedAt, orchestrate: now };
    const chars = JSON.stringify(parts).length;
    const refused = this.#status !== 'open' ? 'session_closed' : this.#isFull(chars) ? 'inbox_full' : null;
    if (refused) {
      const receipt = { ...this.#receipt(messageId), status: 'rejected' as const, code: refused };
      this.#receipts.set(receipt);
      this.#releases.add(messageId);
      if (!before) this.#tellRefusal(messageId, refused, stamps);
      return;
    }
    if (this.turns.answer(message, this.#receipt(messageId), stamps)) {
      this.#releases.add(messageId);
      return;
    }
    this.#numbered += 1;
    const turn = turnId(this.#numbered);
    const running = this.turns.current;
    const queued = (running !== null && !running.endSeen) || this.#inbox.size > 0;
    this.#inbox.add({ turn, messageId, chars });
    this.#receipts.set({ ...this.#receipt(messageId), status: queued ? 'queued' : 'accepted', turn });
    const data = { messageId, parts, ...(from === undefined ? {} : { from }), queued };
    const place = { turn, cause: messageId, stamps };
    this.facts.decide('message.accepted', eventId.message(messageId), now, data, place);
  }

  /** Cancels a turn, running or still to start; without a turn the running one, or else the next. */
  cancel(turn: string | undefined, now: number): CancelReply {
    const running = this.turns.current;
    const wanted = turn ?? running?.turn ?? this.#inbox.first?.turn;
    if (wanted === undefined) return { status: 'none' };
    if (running?.turn === wanted) return this.turns.cancel(running, now);
    const waiting = this.#inbox.remove(wanted);
    if (!waiting) {
      const number = turnNumber(wanted);
      return number > 0 && number <= this.#numbered ? { status: 'ended', turn: wanted } : { status: 'none' };
    }
    const { messageId } = waiting;
    this.#receipts.change(messageId, { status: 'rejected', code: 'turn_cancelled' });
    this.#releases.add(messageId);
    const place = { turn: wanted, cause: messageId };
    const data = { reason: 'cancelled before it started' };
    this.facts.decide('turn.cancelled', eventId.turnEnded(wanted), now, data, place);
    return { status: 'cancelling', turn: wanted };
  }

  /** Stops accepting; what was accepted is still answered, without waiting for anything, then the session closes. */
  close(reason: string, now: number): void {
    if (this.#status !== 'open') return;
    this.#status = 'closing';
    this.#closeReason = reason;
    this.turns.wake(now, true);
  }

  /** A member joins, leaves, is paused or resumed; what is so already, and what cannot be, changes nothing. */
  members(change: RosterChange, now: number): MembersReply | MemberRefusal {
    return this.#members.change(change, now, this.#status === 'open');
  }

  // Turns

  /** The agents that the running turn may ask, as it started. */
  get cast(): readonly AgentSpec[] {
    return activeAgents(this.turns.current?.roster ?? this.#members.opening);
  }

  get hasMessage(): boolean {
    return this.#inbox.size > 0;
  }

  /** True if an activity can run now: a turn is to go on, or a message waits for one. */
  get canRun(): boolean {
    const turn = this.turns.current;
    return turn ? turn.phase === 'ready' : this.hasMessage;
  }

  /** What the next activity of the running turn gets; opens the turn of the first message that waits. */
  runTurn(now: number): TurnInput {
    const turn = this.turns.current ?? this.#startTurn(now);
    turn.run();
    return {
      ...{ tenant: this.#tenant, session: this.#session, known: this.facts.known },
      ...{ turn: turn.turn, causes: turn.causes, lead: this.facts.takeDrafts() },
      ...{ release: this.#releases.take(), closing: this.#status !== 'open' },
      ...{ journal: turn.journal, attempts: turn.attempts, ...this.turns.memory },
      ...(turn.needs === undefined ? {} : { needs: turn.needs }),
      ...(turn.roster === undefined ? {} : { roster: turn.roster }),
    };
  }

  /** The activity of the turn has come back. */
  back({ known, lead, release }: TurnInput, result: TurnResult, now: number): void {
    const { placed, position } = result.report;
    const hasWritten = placed.length > 0 || isAfter(position, known);
    this.turns.back(result);
    // A turn may wait, or be handed over, before it has written anything.
    this.facts.returnDrafts(lead);
    if (!hasWritten) this.#releases.add(...release);
    this.turns.ask(now);
    if (this.#status !== 'open') this.turns.wake(now, true);
  }

  /** No activity came back. */
  lost({ lead, release }: TurnInput, lost: LostTurn, now: number): void {
    this.facts.returnDrafts(lead);
    this.#releases.add(...release);
    this.turns.lost(lost, now);
  }

  // Letting go

  /** What a publish appends, besides the drafts. */
  takeAlong(): Along {
    const closes = this.turns.takeClosing();
    return { release: this.#releases.take(), ...(closes ? { closes } : {}) };
  }

  report(report: Report): void {
    this.facts.report(report);
    this.turns.report(report.events);
  }

  /** True when no activity of a turn runs and nothing must be reconciled: the moment to archive and continue as new. */
  get atRest(): boolean {
    const phase = this.turns.current?.phase;
    const moving = phase === 'running' || phase === 'over';
    return !moving && !this.facts.mustReconcile;
  }

  get closing(): boolean {
    return this.#status === 'closing' && this.turns.current === null && this.#inbox.size === 0;
  }

  get closed(): boolean {
    return this.#status === 'closed';
  }

  /** The last fact of the session. */
  finish(now: number): void {
    this.#status = 'closed';
    this.facts.decide('session.closed', eventId.sessionClosed(), now, { reason: this.#closeReason });
  }

  carry(): CarriedState {
    return {
      status: this.#status,
      closeReason: this.#closeReason,
      turns: this.#numbered,
      inbox: this.#inbox.list(),
      receipts: this.#receipts.list(),
      release: this.#releases.list(),
      ...this.#members.stated,
      ...this.turns.carry(),
      ...this.facts.carry(),
    };
  }

  // Questions

  receipt(messageId: string): Receipt | null {
    return this.#receipts.get(messageId);
  }

  events(from = 0): KnownEventsPage {
    return { info: { ...this.#info, ...this.#members.stated }, ...this.facts.page(from) };
  }

  state(historyEvents: number): SessionState {
    const turn = this.turns.current;
    return {
      ...{ tenant: this.#tenant, session: this.#session, status: this.#status, team: this.#info.team },
      ...rosterState(this.#members.now),
      createdAt: this.#info.createdAt,
      ...{ known: this.facts.known, archivedTo: this.facts.archivedTo },
      ...{ turns: this.#numbered, queued: this.#inbox.size },
      ...(turn ? { running: { turn: turn.turn } } : {}),
      historyEvents,
    };
  }

  #startTurn(now: number): RunningTurn {
    const message = this.#inbox.shift();
    if (!message) throw new Error('no message waits');
    this.#releases.add(message.messageId);
    return this.turns.start(message, now, this.#members.stated);
  }

  /** Once for a message: a repeat that is refused again changes nothing. */
  #tellRefusal(
    messageId: string,
    code: string,
    stamps: Required<Pick<Stamps, 'ingest' | 'orchestrate'>>,
  ): void {
    const waiting = this.facts.pending().filter((draft) => draft.type === 'message.rejected').length;
    if (waiting >= LIMITS.outboxRejections) return;
    const place = { cause: messageId, stamps };
    const id = eventId.messageRejected(messageId);
    this.facts.decide('message.rejected', id, stamps.orchestrate, { messageId, code }, place);
  }

  #isFull(chars: number): boolean {
    return this.#inbox.isFull(chars) || this.facts.pendingChars > LIMITS.outboxChars;
  }

  #receipt(messageId: string): Pick<Receipt, 'session' | 'messageId'> {
    return { session: this.#session, messageId };
  }
}
