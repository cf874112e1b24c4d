/**
 * Messages and turns of a session as its facts tell of them: where each message stands, which wait, which turns run. Noting a fact again changes
 * nothing.
 */
import type { EventData, EventDraft } from '../events/envelope.ts';
import { endsTurn } from '../events/turn.ts';
import { turnNumber } from '../ids.ts';
import { jsonChars, type JsonObject } from '../json.ts';
import { LIMITS } from '../limits/index.ts';
import type { Roster } from '../member.ts';
import type { Message, Receipt } from '../message.ts';
import { reasonOf } from '../reasons.ts';
import { scheduledMessage } from './scheduled.ts';
import type { QueuedMessage } from './session.ts';
import { summaryNoted, type SummaryPoint } from './summary.ts';

/** A ledger's state. */
export interface LedgerState {
  /** Oldest first. */
  readonly receipts: readonly Receipt[];
  readonly inbox: readonly QueuedMessage[];
  /** Turns that have been given a number. */
  readonly turns: number;
  /** Those that have started and not ended. */
  readonly open: readonly string[];
  /** What the team keeps from turn to turn; absent: nothing. */
  readonly memory?: JsonObject;
  /** The newest summary; absent: none. */
  readonly summary?: SummaryPoint;
  /** Who takes part; absent: as the session was opened. */
  readonly roster?: Roster;
  /** Messages that wait for their time; absent: none. */
  readonly later?: readonly Message[];
}

export class Ledger {
  readonly #session: string;
  readonly #receipts = new Map<string, Receipt>();
  /** Turn → messages. */
  readonly #causes = new Map<string, string[]>();
  /** Size of messages that wait, or have waited. */
  readonly #chars = new Map<string, number>();
  /** Of messages that have one. */
  readonly #traces = new Map<string, string>();
  readonly #open: Set<string>;
  #turns: number;
  #memory: JsonObject | undefined;
  #summary: SummaryPoint | undefined;
  #roster: Roster | undefined;
  /** By id. */
  readonly #later: Map<string, Message>;

  constructor(
    session: string,
    { receipts, inbox, turns, open, memory, roster, later = [], summary }: LedgerState,
  ) {
    this.#later = new Map(later.map((message) => [message.messageId, message]));
    this.#memory = memory;
    this.#summary = summary;
    this.#roster = roster;
    this.#session = session;
    this.#turns = turns;
    this.#open = new Set(open);
    for (const receipt of receipts) this.#set(receipt);
    for (const { more = [], ...first } of inbox)
      for (const { messageId, chars, trace } of [first, ...more]) this.#note(messageId, chars, trace);
  }

  get turns(): number {
    return this.#turns;
  }

  /** Who takes part; undefined: as the session was opened. */
  get roster(): Roster | undefined {
    return this.#roster;
  }

  /** A message that waits for its time. */
  scheduled(messageId: string): Message | undefined {
    return this.#later.get(messageId);
  }

  /** True if a turn runs or a message waits: one that comes now has to wait. */
  get isBusy(): boolean {
    return this.#open.size > 0 || [...this.#receipts.values()].some((receipt) => isWaiting(receipt));
  }

  /** True if the message has its place in the session, or has been refused for good. */
  isOrdered(messageId: string): boolean {
    const receipt = this.#receipts.get(messageId);
    return receipt !== undefined && receipt.code !== 'inbox_full' && receipt.code !== 'turn_running';
  }

  note(fact: EventDraft): void {
    const { type, turn } = fact;
    if (type === 'message.accepted') this.#accept(fact.data.messageId, fact);
    else if (type === 'channel.published' || type === 'feedback.given') this.#publish(fact.data.messageId);
    else if (type === 'message.scheduled') this.#schedule(scheduledMessage(fact));
    else if (type === 'message.rejected') this.refuse(fact.data.messageId, fact.data.code);
    else if (type === 'session.members') this.#join(fact.data);
    else if (turn === undefined) return;
    else if (type === 'turn.started') this.#start(turn);
    else if (type === 'turn.merged') this.#merge(turn, fact.data);
    else if (endsTurn(type)) this.#end(turn, fact);
    this.#summary = summaryNoted(this.#summary, fact);
    if (type === 'turn.completed') this.#memory = fact.data.memory ?? this.#memory;
  }

  refuse(messageId: string, code: string): void {
    const waits = this.#later.delete(messageId);
    if (!waits && this.#receipts.has(messageId)) return;
    this.#set({ session: this.#session, messageId, status: 'rejected', code });
  }

  /** A message whose fact is lost has taken a turn. */
  skip(): void {
    this.#turns += 1;
  }

  state(): LedgerState {
    const receipts = [...this.#receipts.values()];
    const inbox = this.#inbox(receipts);
    const messages = receipts.filter((each) => !isPublished(each));
    const kept = [
      ...newest(messages, LIMITS.receiptsKept),
      ...newest(receipts.filter(isPublished), LIMITS.publishedKept),
    ];
    const memory = this.#memory === undefined ? {} : { memory: this.#memory };
    const roster = this.#roster === undefined ? {} : { roster: this.#roster };
    const later = this.#later.size === 0 ? {} : { later: [...this.#later.values()] };
    const summary = this.#summary === undefined ? {} : { summary: this.#summary };
    const rest = { ...memory, ...roster, ...later, ...summary };
    return { receipts: kept, inbox, turns: this.#turns, open: [...this.#open], ...rest };
  }

  #inbox(receipts: readonly Receipt[]): readonly QueuedMessage[] {
    const byTurn = new Map<string, QueuedMessage>();
    for (const receipt of receipts) {
      const { messageId, turn = '' } = receipt;
      if (!isWaiting(receipt)) continue;
      const trace = this.#traces.get(messageId);
      const traced = trace === undefined ? {} : { trace };
      const waiting = { messageId, chars: this.#chars.get(messageId) ?? 0, ...traced };
      const first = byTurn.get(turn);
      byTurn.set(turn, first ? { ...first, more: [...(first.more ?? []), waiting] } : { turn, ...waiting });
    }
    return [...byTurn.values()].sort((a, b) => turnNumber(a.turn) - turnNumber(b.turn));
  }

  #join({ revision, members, agents }: Roster): void {
    if (revision > (this.#roster?.revision ?? 0)) this.#roster = { revision, members, agents };
  }

  #note(messageId: string, chars: number, trace: string | undefined): void {
    this.#chars.set(messageId, chars);
    if (trace !== undefined) this.#traces.set(messageId, trace);
  }

  #accept(messageId: string, { turn, data, trace }: Extract<EventDraft, { type: 'message.accepted' }>): void {
    if (turn !== undefined) this.#turns = Math.max(this.#turns, turnNumber(turn));
    const waited = this.#later.delete(messageId);
    if (!waited && this.isOrdered(messageId)) return;
    const status = data.queued ? 'queued' : 'accepted';
    const answer = { status: 'consumed', turnStatus: 'running' } as const;
    this.#receipts.delete(messageId); // to become the newest
    this.#set({
      ...{ session: this.#session, messageId, ...(data.answers === undefined ? { status } : answer) },
      ...(turn === undefined ? {} : { turn }),
    });
    this.#note(messageId, jsonChars(data.parts), trace);
  }

  #publish(messageId: string): void {
    if (this.isOrdered(messageId)) return;
    this.#receipts.delete(messageId); // to become the newest
    this.#set({ session: this.#session, messageId, status: 'published' });
  }

  #schedule(message: Message): void {
    const { messageId, deliverAt = 0 } = message;
    if (this.isOrdered(messageId)) return;
    this.#later.set(messageId, message);
    this.#set({ session: this.#session, messageId, status: 'scheduled', deliverAt });
  }

  #start(turn: string): void {
    const causes = this.#of(turn);
    const ended = causes.some((messageId) => {
      const { turnStatus } = this.#receipts.get(messageId) ?? {};
      return turnStatus !== undefined && turnStatus !== 'running';
    });
    if (ended) return;
    this.#open.add(turn);
    for (const messageId of causes) this.#change(messageId, { status: 'consumed', turnStatus: 'running' });
  }

  /** Its messages are of another turn, which runs or waits. */
  #merge(turn: string, { into, messageIds, reason }: EventData['turn.merged']): void {
    this.#turns = Math.max(this.#turns, turnNumber(into));
    const mine = this.#of(turn).filter((messageId) => messageIds.includes(messageId));
    this.#causes.delete(turn);
    this.#causes.set(into, [...this.#of(into), ...mine]);
    const joined = reason.code === 'joined' ? ({ status: 'consumed', turnStatus: 'running' } as const) : {};
    for (const messageId of mine) this.#change(messageId, { turn: into, ...joined });
  }

  #end(turn: string, { type, data }: EventDraft): void {
    this.#open.delete(turn);
    const superseded = type === 'turn.cancelled' && reasonOf(data.reason).code === 'superseded';
    const turnStatus =
      type === 'turn.completed' ? 'completed' : type === 'turn.cancelled' ? 'cancelled' : 'failed';
    for (const messageId of this.#of(turn)) {
      // In a log that was lost twice within moments the start of a turn may come after its end.
      const started = turnStatus === 'completed' || this.#receipts.get(messageId)?.status === 'consumed';
      if (started) this.#change(messageId, { status: 'consumed', turnStatus });
      else if (superseded) this.#change(messageId, { status: 'superseded' });
      else this.#change(messageId, { status: 'rejected', code: 'turn_cancelled' });
    }
  }

  #of(turn: string): readonly string[] {
    return this.#causes.get(turn) ?? [];
  }

  #change(messageId: string, change: Partial<Receipt>): void {
    const receipt = this.#receipts.get(messageId);
    if (receipt) this.#receipts.set(messageId, { ...receipt, ...change });
  }

  #set(receipt: Receipt): void {
    const { messageId, turn } = receipt;
    this.#receipts.set(messageId, receipt);
    if (turn !== undefined) this.#causes.set(turn, [...this.#of(turn), messageId]);
  }
}

function isPublished({ status }: Receipt): boolean {
  return status === 'published';
}

function newest(receipts: readonly Receipt[], most: number): readonly Receipt[] {
  const spare = receipts.length - most;
  return receipts.filter((receipt, index) => index >= spare || isLive(receipt));
}

function isWaiting(receipt: Receipt | undefined): boolean {
  return receipt?.status === 'accepted' || receipt?.status === 'queued';
}

/** No memory yet: what bounds these is not the number of receipts. */
function isLive(receipt: Receipt): boolean {
  return receipt.status === 'scheduled' || isWaiting(receipt);
}
