/**
 * The rules of a session: what a message, a cancel, a close and a report do. No Temporal here; `session.ts` is the glue.
 *
 * Invariants
 * 1. A `messageId` has one fate: later messages of the same id change nothing. (Having been refused with `inbox_full` is no fate yet.)
 * 2. Facts are decided in one order (`Facts` says what becomes of them).
 * 3. A turn that has started gets exactly one end; so has a turn that was cancelled before it started.
 * 4. All lists are bounded: the inbox and the outbox by refusing, receipts by forgetting the oldest, held events by archiving.
 */
import {
  endsTurn,
  eventId,
  LIMITS,
  stepId,
  turnId,
  turnNumber,
  type CancelReply,
  type CarriedState,
  type EventData,
  type KnownEventsPage,
  type LoggedEvent,
  type Message,
  type QueuedMessage,
  type Receipt,
  type Report,
  type SessionInfo,
  type SessionInput,
  type SessionState,
  type SessionStatus,
  type Stamps,
} from '../src/contracts/index.ts';
import { Facts } from './facts.ts';
import { Receipts } from './receipts.ts';

/** The turn at work. */
export interface RunningTurn {
  readonly turn: string;
  readonly cause: string;
  steps: number;
  step: string | null;
  agent: string | null;
  cancelled: boolean;
  /** Its end, once the log has it. */
  end: LoggedEvent | null;
}

/** Where a running turn is, as the query `state` tells it. */
function at({ turn, step, agent }: RunningTurn): NonNullable<SessionState['running']> {
  return { turn, ...(step === null ? {} : { step }), ...(agent === null ? {} : { agent }) };
}

export class SessionMachine {
  readonly facts: Facts;
  readonly #tenant: string;
  readonly #session: string;
  readonly #info: SessionInfo;
  readonly #receipts: Receipts;
  #status: SessionStatus;
  #closeReason: string;
  #turns: number;
  #inbox: QueuedMessage[];
  #running: RunningTurn | null = null;

  constructor(input: SessionInput, now: number) {
    const { carried } = input;
    this.#tenant = input.tenant;
    this.#session = input.session;
    this.#info = input.info;
    this.#receipts = new Receipts(carried?.receipts ?? []);
    this.facts = new Facts(carried);
    this.#status = carried?.status ?? 'open';
    this.#closeReason = carried?.closeReason ?? '';
    this.#turns = carried?.turns ?? 0;
    this.#inbox = [...(carried?.inbox ?? [])];
    if (!carried) {
      const { team, agents, metadata } = input.info;
      this.facts.decide('session.created', eventId.sessionCreated(), now, { team, agents, metadata });
    }
  }

  // What comes in

  /** Orders a message: it gets its turn, or its rejection. */
  accept(message: Message, now: number): void {
    const { messageId, parts, from } = message;
    const before = this.#receipts.get(messageId);
    if (before && before.code !== 'inbox_full') return;
    const stamps = { ingest: message.receivedAt, orchestrate: now };
    const chars = JSON.stringify(parts).length;
    const refused = this.#status !== 'open' ? 'session_closed' : this.#isFull(chars) ? 'inbox_full' : null;
    if (refused) {
      this.#receipts.set({ ...this.#receipt(messageId), status: 'rejected', code: refused });
      if (!before) this.#tellRefusal(messageId, refused, stamps);
      return;
    }
    this.#turns += 1;
    const turn = turnId(this.#turns);
    const queued = this.#running !== null || this.#inbox.length > 0;
    this.#inbox.push({ turn, messageId, chars });
    this.#receipts.set({ ...this.#receipt(messageId), status: queued ? 'queued' : 'accepted', turn });
    const data = { messageId, parts, ...(from === undefined ? {} : { from }), queued };
    const place = { turn, cause: messageId, stamps };
    this.facts.decide('message.accepted', eventId.message(messageId), now, data, place);
  }

  /** Cancels a turn, running or still to start; without a turn the running one, or else the next. */
  cancel(turn: string | undefined, now: number): CancelReply {
    const running = this.#running;
    const wanted = turn ?? running?.turn ?? this.#inbox[0]?.turn;
    if (wanted === undefined) return { status: 'none' };
    if (running?.turn === wanted) {
      if (running.end) return { status: 'ended', turn: wanted };
      running.cancelled = true;
      return { status: 'cancelling', turn: wanted };
    }
    const waiting = this.#inbox.find((item) => item.turn === wanted);
    if (!waiting) {
      const number = turnNumber(wanted);
      return number > 0 && number <= this.#turns ? { status: 'ended', turn: wanted } : { status: 'none' };
    }
    this.#inbox = this.#inbox.filter((item) => item !== waiting);
    const { messageId } = waiting;
    this.#receipts.change(messageId, { status: 'rejected', code: 'turn_cancelled' });
    const place = { turn: wanted, cause: messageId };
    const data = { reason: 'cancelled before it started' };
    this.facts.decide('turn.cancelled', eventId.turnEnded(wanted), now, data, place);
    return { status: 'cancelling', turn: wanted };
  }

  /** Stops accepting; what was accepted is still answered, then the session closes. */
  close(reason: string): void {
    if (this.#status !== 'open') return;
    this.#status = 'closing';
    this.#closeReason = reason;
  }

  // Turns

  get running(): RunningTurn | null {
    return this.#running;
  }

  get hasMessage(): boolean {
    return this.#inbox.length > 0;
  }

  /** Opens the turn of the first message that waits. */
  startTurn(now: number): RunningTurn {
    const item = this.#inbox.shift();
    if (!item) throw new Error('no message waits');
    const { turn, messageId: cause } = item;
    this.#running = { turn, cause, steps: 0, step: null, agent: null, cancelled: false, end: null };
    this.#receipts.change(cause, { status: 'consumed', turnStatus: 'running' });
    const place = { turn, cause, stamps: { orchestrate: now } };
    this.facts.decide('turn.started', eventId.turnStarted(turn), now, { messageIds: [cause] }, place);
    return this.#running;
  }

  /** Opens the next step of the running turn; answers its id. */
  startStep(running: RunningTurn, agent: string, now: number): string {
    running.steps += 1;
    const step = stepId(running.turn, running.steps);
    running.step = step;
    running.agent = agent;
    const place = { turn: running.turn, step, agent, attempt: 1, cause: running.cause };
    this.facts.decide('step.started', eventId.stepStarted(step), now, {}, place);
    return step;
  }

  /** Decides how the running step ends, unless the log holds another end of it by then. */
  endStep<T extends 'step.failed' | 'step.cancelled'>(
    running: RunningTurn,
    type: T,
    data: EventData[T],
    now: number,
  ): void {
    const { turn, step, agent, cause } = running;
    if (step === null || agent === null) return;
    this.facts.decide(type, eventId.stepEnded(step), now, data, { turn, step, agent, cause });
  }

  /** Decides how the running turn ends, unless the log holds another end of it by then. */
  endTurn<T extends 'turn.completed' | 'turn.failed' | 'turn.cancelled'>(
    running: RunningTurn,
    type: T,
    data: EventData[T],
    now: number,
  ): void {
    const { turn, cause } = running;
    this.facts.decide(type, eventId.turnEnded(turn), now, data, { turn, cause });
  }

  /** The running turn is over. */
  finishTurn(): void {
    const running = this.#running;
    if (running) {
      const type = running.end?.type;
      const turnStatus =
        type === 'turn.completed' ? 'completed' : type === 'turn.cancelled' ? 'cancelled' : 'failed';
      this.#receipts.change(running.cause, { turnStatus });
    }
    this.#running = null;
  }

  // Letting go

  /** Learns from a report; `reconciled`: it was the answer to a reconciling publish. */
  report(report: Report, reconciled = false): void {
    this.facts.report(report, reconciled);
    const running = this.#running;
    if (!running) return;
    const ends = (event: LoggedEvent): boolean => event.turn === running.turn && endsTurn(event.type);
    running.end = report.events.find(ends) ?? running.end;
  }

  /** True when nothing runs or must be reconciled: the moment to archive and continue as new. What waits goes with the next run. */
  get atRest(): boolean {
    return this.#running === null && !this.facts.mustReconcile;
  }

  get closing(): boolean {
    return this.#status === 'closing' && this.#running === null && this.#inbox.length === 0;
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
      turns: this.#turns,
      inbox: this.#inbox,
      receipts: this.#receipts.list(),
      ...this.facts.carry(),
    };
  }

  // Questions

  receipt(messageId: string): Receipt | null {
    return this.#receipts.get(messageId);
  }

  events(from = 0): KnownEventsPage {
    return { info: this.#info, ...this.facts.page(from) };
  }

  state(historyEvents: number): SessionState {
    const running = this.#running;
    return {
      tenant: this.#tenant,
      session: this.#session,
      status: this.#status,
      team: this.#info.team,
      agents: this.#info.agents.map((agent) => agent.name),
      createdAt: this.#info.createdAt,
      known: this.facts.known,
      archivedTo: this.facts.archivedTo,
      turns: this.#turns,
      queued: this.#inbox.length,
      ...(running ? { running: at(running) } : {}),
      historyEvents,
    };
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
    const waiting = this.#inbox.reduce((sum, item) => sum + item.chars, 0);
    return (
      this.#inbox.length >= LIMITS.inboxMessages ||
      (waiting > 0 && waiting + chars > LIMITS.inboxChars) ||
      this.facts.pendingChars > LIMITS.outboxChars
    );
  }

  #receipt(messageId: string): Pick<Receipt, 'session' | 'messageId'> {
    return { session: this.#session, messageId };
  }
}
