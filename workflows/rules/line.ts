/**
 * The line of the turns that wait, and how a message that comes is put into it.
 *
 * Every message gets a turn of its own when it is accepted, and every turn gets one end: it runs and ends, is cancelled before it starts
 * (by a request, or because a later message supersedes it), or is merged into another one. Turns start in the order of their numbers: one
 * that was overtaken is merged into a new turn when it is to start.
 *
 * A message that steers stays in the line until it is known whether the running turn has taken it in; that is the activity's decision, which
 * reaches the workflow as the fact `turn.merged`. Meanwhile nothing else is done with it.
 */
import {
  eventId,
  intoTrace,
  reason,
  turnId,
  turnNumber,
  type Arrival,
  type CarriedState,
  type EventDraft,
  type InterjectionPolicy,
  type Message,
  type QueuedMessage,
  type ReasonCode,
  type Receipt,
} from '../../src/contracts/index.ts';
import type { Facts } from '../facts/facts.ts';
import { Inbox, idsOf, messagesOf, tracedBy } from './inbox.ts';
import type { Interjection } from './interject.ts';
import type { Receipts } from './receipts.ts';
import type { Releases } from './releases.ts';
import type { Turns } from './turns.ts';

/** What the line shares with the rest of the machine. */
export interface LineContext {
  readonly facts: Facts;
  readonly receipts: Receipts;
  readonly releases: Releases;
  readonly turns: Turns;
}

/** A message that is let in. */
export interface Entering {
  readonly message: Message;
  readonly policy: InterjectionPolicy;
  readonly does: Interjection;
  readonly receipt: Pick<Receipt, 'session' | 'messageId'>;
  readonly arrival: Arrival;
  readonly now: number;
  readonly chars: number;
}

export class Line {
  readonly #context: LineContext;
  readonly #inbox: Inbox;
  /** Turns that have been given a number. */
  #numbered: number;
  /** The number of the newest turn that has started. */
  #newest: number;

  constructor(context: LineContext, carried: Pick<CarriedState, 'inbox' | 'turns' | 'newest'> | undefined) {
    this.#context = context;
    this.#inbox = new Inbox(carried?.inbox);
    this.#numbered = carried?.turns ?? 0;
    this.#newest = carried?.newest ?? 0;
  }

  get numbered(): number {
    return this.#numbered;
  }

  /** Messages that wait. */
  get size(): number {
    return this.#inbox.size;
  }

  get first(): QueuedMessage | undefined {
    return this.#inbox.first;
  }

  /** Those that wait. */
  get turns(): readonly string[] {
    return this.#inbox.list().map(({ turn }) => turn);
  }

  isFull(chars: number): boolean {
    return this.#inbox.isFull(chars);
  }

  /** Gives a message its place. */
  enter(entering: Entering): void {
    const { message, policy, does, receipt, arrival, now, chars } = entering;
    const { facts, receipts, turns } = this.#context;
    const { messageId, parts, from } = message;
    const running = turns.current;
    const waits = (running !== null && !running.endSeen) || this.size > 0;
    const queued = waits && does !== 'startsBeside';
    if (does === 'replaces') this.#supersede(messageId, now);
    if (does === 'stops' || does === 'withdraws') {
      const why = does === 'stops' ? 'interrupted' : 'rolled_back';
      if (running) turns.stop(running, { code: why, by: messageId }, now);
      this.settle(now);
    }
    this.#numbered += 1;
    const turn = turnId(this.#numbered);
    const steers = does === 'joins' && running ? { steers: running.turn } : {};
    receipts.set({ ...receipt, status: queued ? 'queued' : 'accepted', turn });
    const data = {
      ...{ messageId, parts, ...(from === undefined ? {} : { from }), queued },
      ...(policy === 'queue' ? {} : { policy }),
      ...steers,
    };
    const place = { turn, cause: messageId, ...arrival };
    facts.decide('message.accepted', eventId.message(messageId), now, data, place);
    const beside = does === 'startsBeside' || does === 'waitsForPlace' ? { beside: true as const } : {};
    const waiting = { turn, messageId, chars, ...tracedBy(message), ...steers, ...beside };
    const first = does === 'stops' || does === 'withdraws' || does === 'overtakes';
    if (first) this.#inbox.addFirst(waiting);
    else this.#inbox.add(waiting);
    if (does === 'joinsNow') this.#join(waiting, now);
    else if (does === 'joinsNext') this.#merge(this.#plain().slice(0, 1), waiting, now);
    else if (does === 'merges') this.#mergeAll(now);
  }

  /** Cancels a turn that waits; undefined: it does not. */
  cancel(turn: string, now: number): QueuedMessage | undefined {
    const waiting = this.#inbox.find(turn);
    if (waiting?.steers === undefined) {
      if (waiting) this.#drop(waiting, { now });
    } else this.#inbox.replace({ ...waiting, cancelled: true });
    return waiting;
  }

  /** Messages that need not wait for the main lane. */
  get besides(): number {
    return this.#inbox.list().filter(({ beside }) => beside).length;
  }

  /** The turn that starts next, in its order; `beside`: beside the main lane. Throws if none waits. */
  next(now: number, beside: boolean): QueuedMessage {
    const waiting = this.#inbox.shift(beside);
    if (!waiting) throw new Error('no message waits');
    this.#context.releases.add(...idsOf(waiting));
    const turn = this.#inOrder(waiting, now);
    this.#newest = turnNumber(turn.turn);
    return turn;
  }

  /** Facts of the running turn, from wherever: messages that have joined it leave the line. */
  learn(facts: readonly EventDraft[]): void {
    for (const { type, turn = '', data } of facts) {
      if (type !== 'turn.merged' || data.reason.code !== 'joined') continue;
      const waiting = this.#inbox.remove(turn);
      if (waiting) this.#consumed(idsOf(waiting), data.into);
    }
  }

  /** The running turn has got further: what steers it joins at once if it waits, and does not join any more if it is over. */
  settle(now: number): void {
    const { current } = this.#context.turns;
    if (current?.phase === 'ready' || current?.phase === 'running') return;
    // The first that joins may wake the turn; the others came just as well while it ran.
    const waits = current?.phase === 'waiting';
    for (const waiting of this.#inbox.list()) {
      const { steers, cancelled, ...plain } = waiting;
      if (steers === undefined) continue;
      if (waits && cancelled !== true) this.#join(waiting, now);
      else if (cancelled === true) this.#drop(waiting, { now });
      else this.#inbox.replace(plain);
    }
  }

  carry(): Pick<CarriedState, 'inbox' | 'turns' | 'newest'> {
    const inbox = this.#inbox.list();
    const overtaken = inbox.some(({ turn }) => turnNumber(turn) < this.#newest);
    return { inbox, turns: this.#numbered, ...(overtaken ? { newest: this.#newest } : {}) };
  }

  /** The turns that wait and that nothing else is being done with. */
  #plain(): readonly QueuedMessage[] {
    return this.#inbox.list().filter(({ steers }) => steers === undefined);
  }

  /** Turns of an earlier number than the newest start under a new one: a turn is shown what was said in those before it. */
  #inOrder(waiting: QueuedMessage, now: number): QueuedMessage {
    if (turnNumber(waiting.turn) > this.#newest) return waiting;
    this.#numbered += 1;
    const turn = turnId(this.#numbered);
    this.#tellMerge(waiting, { into: { turn }, why: 'overtaken' }, now);
    return { ...waiting, turn };
  }

  #mergeAll(now: number): void {
    const [first, ...others] = this.#plain();
    if (first) for (const other of others) this.#merge([first], other, now);
  }

  /** Answers the turn's messages with those of the one that waits; without one it stays as it is. */
  #merge([given]: readonly QueuedMessage[], turn: QueuedMessage, now: number): void {
    const into = given && this.#inbox.find(given.turn);
    if (!into || into.turn === turn.turn) return;
    this.#inbox.remove(turn.turn);
    // Together they are a turn of the main lane.
    const { beside: _beside, ...first } = into;
    this.#inbox.replace({ ...first, more: [...(into.more ?? []), ...messagesOf(turn)] });
    this.#tellMerge(turn, { into, why: 'merged' }, now);
  }

  /** The running turn, which waits, takes it in. */
  #join(waiting: QueuedMessage, now: number): void {
    const { current } = this.#context.turns;
    if (!current) return;
    this.#inbox.remove(waiting.turn);
    this.#tellMerge(waiting, { into: current.place, why: 'joined' }, now);
    this.#consumed(idsOf(waiting), current.turn);
    current.join(idsOf(waiting));
  }

  #consumed(messageIds: readonly string[], turn: string): void {
    const { receipts, releases } = this.#context;
    releases.add(...messageIds);
    for (const messageId of messageIds)
      receipts.change(messageId, { status: 'consumed', turn, turnStatus: 'running' });
  }

  #tellMerge(
    waiting: QueuedMessage,
    { into, why }: { readonly into: Pick<QueuedMessage, 'turn' | 'trace'>; readonly why: ReasonCode },
    now: number,
  ): void {
    const { facts, receipts } = this.#context;
    const messageIds = idsOf(waiting);
    for (const messageId of messageIds) receipts.change(messageId, { turn: into.turn });
    const data = {
      into: into.turn,
      ...intoTrace(waiting.trace, into.trace),
      messageIds,
      reason: reason(why),
    };
    const place = placeOf(waiting);
    facts.decide('turn.merged', eventId.turnEnded(waiting.turn), now, data, place);
  }

  /** All that waits gives way to this message. */
  #supersede(by: string, now: number): void {
    for (const waiting of this.#plain()) this.#drop(waiting, { now, by });
  }

  /** Ends a turn before it starts. */
  #drop(waiting: QueuedMessage, { now, by }: { readonly now: number; readonly by?: string }): void {
    const { facts, receipts, releases } = this.#context;
    this.#inbox.remove(waiting.turn);
    for (const messageId of idsOf(waiting)) {
      if (by === undefined) receipts.change(messageId, { status: 'rejected', code: 'turn_cancelled' });
      else receipts.change(messageId, { status: 'superseded' });
      releases.add(messageId);
    }
    const place = placeOf(waiting);
    const data =
      by === undefined ? { reason: 'cancelled before it started' } : { reason: reason('superseded'), by };
    facts.decide('turn.cancelled', eventId.turnEnded(waiting.turn), now, data, place);
  }
}

/** Of facts about a turn that waits. */
function placeOf(waiting: QueuedMessage): Pick<EventDraft, 'turn' | 'cause' | 'trace'> {
  return { turn: waiting.turn, cause: waiting.messageId, ...tracedBy(waiting) };
}
