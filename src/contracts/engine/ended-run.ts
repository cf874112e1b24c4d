/**
 * What a workflow leaves behind that ended without closing its session (terminated, failed, timed out), gathered from its history: the session
 * goes on from there in a new run. Pure; `src/temporal` reads histories.
 *
 * A history says what the run was given, which messages came, which facts its activities got, and where these landed. It does not say what a
 * local activity was given: such a fact (a message, the start of a turn) is known by its id only, and is made again from the message.
 */
import { arrivalOf } from './arrival.ts';
import { isAfter, START, type Position } from '../cursor.ts';
import type { EventDraft, LoggedEvent } from '../events/envelope.ts';
import { eventId, turnId } from '../ids.ts';
import { jsonChars } from '../json.ts';
import { LIMITS } from '../limits/index.ts';
import { changeRoster, openingRoster, type RosterChange } from '../member.ts';
import type { Message } from '../message.ts';
import type { Report } from './activities.ts';
import { Ledger, type LedgerState } from './ledger.ts';
import { publishedFact } from './published.ts';
import { scheduledFact, unscheduledFact } from './scheduled.ts';
import type { CarriedState, KnownEvents, SessionInput } from './session.ts';

export type InterruptionReason = 'terminated' | 'failed' | 'timed out' | 'cancelled';

/** A workflow has ended without closing its session; all that it leaves behind besides its events. */
export interface Interruption {
  /** The run that has ended. */
  readonly run: string;
  readonly reason: InterruptionReason;
  /** ms since the Unix epoch. */
  readonly at: number;
  /** What the run was given. */
  readonly input: SessionInput;
  /** Messages and turns, as far as the run had told of them. */
  readonly ledger: LedgerState;
  /** Messages that Temporal had accepted and the run had not ordered, as far as it had told; in order. */
  readonly arrived: readonly Message[];
  /** More of them than are kept: these are refused, as by a full inbox. */
  readonly refused: readonly string[];
  /** Why the session was to be closed; absent: it was not. */
  readonly closing?: string;
  readonly historyEvents: number;
}

/** What such a run knew. */
export type EndedRun = KnownEvents & { readonly interrupted: Interruption };

/** How a run ended, and what its running turns had made durable. */
export interface RunEnd extends Pick<Interruption, 'run' | 'reason' | 'at' | 'historyEvents'> {
  readonly running: readonly EventDraft[];
}

/** Takes in the history of a run, in order, and tells what is left of it. */
export class RunRecord {
  readonly #input: SessionInput;
  readonly #ledger: Ledger;
  readonly #held = new Map<string, LoggedEvent>();
  readonly #drafts = new Map<string, EventDraft>();
  /** By the id of the fact that they were accepted. */
  readonly #arrived = new Map<string, Message>();
  readonly #refused = new Map<string, string>();
  #arrivedChars = 0;
  #known: Position;
  #archivedTo: number;
  #closing: string | undefined;

  constructor(input: SessionInput) {
    const before = input.carried;
    this.#input = input;
    const { receipts, inbox, turns, turn, beside = [] } = before ?? { receipts: [], inbox: [], turns: 0 };
    const open = [...(turn ? [turn] : []), ...beside].map((each) => each.turn);
    const memory = before?.memory === undefined ? {} : { memory: before.memory };
    const roster = before?.roster === undefined ? {} : { roster: before.roster };
    const later = before?.later === undefined ? {} : { later: before.later };
    const summary = before?.summary === undefined ? {} : { summary: before.summary };
    this.#ledger = new Ledger(input.session, {
      receipts,
      inbox,
      turns,
      open,
      ...memory,
      ...roster,
      ...later,
      ...summary,
    });
    this.#known = before?.known ?? START;
    this.#archivedTo = before?.archivedTo ?? 0;
    this.#closing = before && before.status !== 'open' ? before.closeReason : undefined;
    for (const event of before?.events ?? []) this.#hold(event);
    this.drafts(before?.outbox ?? []);
  }

  /** The run has made its fork: it goes on as one that was given this. What came before that waited. */
  made(carried: CarriedState): RunRecord {
    const record = new RunRecord({ ...this.#input, carried });
    for (const message of this.#arrived.values()) record.message(message);
    if (this.#closing !== undefined) record.close(this.#closing);
    return record;
  }

  /** A message came. The first of its id counts; one that was refused for want of room may come again. */
  message(message: Message): void {
    const { messageId } = message;
    const id = eventId.message(messageId);
    if (this.#ledger.isOrdered(messageId) || this.#arrived.has(id)) return;
    const chars = jsonChars(message);
    if (this.#arrived.size < LIMITS.inboxMessages && this.#arrivedChars + chars <= LIMITS.inboxChars) {
      this.#arrived.set(id, message);
      this.#arrivedChars += chars;
    } else this.#refused.set(id, messageId);
  }

  /** A change of the members was asked for: the fact that it makes, which a local activity may have carried. `at`: ms since the Unix epoch. */
  members(change: RosterChange, at: number): void {
    if (this.#closing !== undefined) return;
    const outcome = changeRoster(this.#ledger.roster ?? openingRoster(this.#input.info.agents), change);
    if (outcome.status !== 'changed') return;
    const { roster, name, change: event } = outcome;
    const id = eventId.sessionMembers(roster.revision);
    this.drafts([{ id, type: 'session.members', at, data: { ...roster, name, change: event } }]);
  }

  /** A message that waits for its time was to be cancelled. `at`: ms since the Unix epoch. */
  unschedule(messageId: string, at: number): void {
    if (this.#ledger.scheduled(messageId)) this.drafts([unscheduledFact(messageId, 'message_cancelled', at)]);
  }

  /** Facts that were handed to an activity, or that a lost one had made durable. */
  drafts(drafts: readonly EventDraft[]): void {
    for (const draft of drafts) {
      if (this.#held.has(draft.id) || this.#drafts.has(draft.id)) continue;
      this.#note(draft);
      this.#drafts.set(draft.id, draft);
    }
  }

  /** Where facts have landed, and which others the log holds. `at`: when that was told, ms since the Unix epoch. */
  report({ position, placed, events }: Report, at: number): void {
    for (const { id, seq } of placed) {
      const fact = this.#drafts.get(id) ?? this.#held.get(id) ?? this.#made(id, at);
      if (fact) this.#hold({ ...fact, seq });
    }
    for (const event of events) this.#hold(event);
    if (isAfter(position, this.#known)) this.#known = position;
  }

  /** Every event up to here is in the archive; null: it goes on with what the archive has stored, and has not read that yet. */
  get archivedTo(): number | null {
    const { carried, resumes } = this.#input;
    return carried === undefined && resumes !== undefined ? null : this.#archivedTo;
  }

  /** Every event up to `upTo` is in the archive. */
  archived(upTo: number): void {
    this.#archivedTo = Math.max(this.#archivedTo, upTo);
    for (const { id, seq } of this.#held.values()) if (seq <= upTo) this.#held.delete(id);
    if (upTo > this.#known.seq) this.#known = { ...this.#known, seq: upTo };
  }

  /** The session is to be closed. */
  close(reason: string): void {
    this.#closing ??= reason;
  }

  ended({ running, ...end }: RunEnd): EndedRun {
    const { roster } = this.#ledger;
    const info = { ...this.#input.info, ...(roster === undefined ? {} : { roster }) };
    const interrupted = {
      ...end,
      ...{ input: this.#input, ledger: this.#ledger.state() },
      arrived: [...this.#arrived.values()],
      refused: [...this.#refused.values()],
      ...(this.#closing === undefined ? {} : { closing: this.#closing }),
    };
    const events = [...this.#held.values()].sort((a, b) => a.seq - b.seq);
    const pending = [...this.#drafts.values()];
    return { info, known: this.#known, archivedTo: this.#archivedTo, events, running, pending, interrupted };
  }

  #hold(event: LoggedEvent): void {
    const isNew = !this.#held.has(event.id) && !this.#drafts.delete(event.id);
    if (isNew) this.#note(event);
    if (event.seq > this.#archivedTo) this.#held.set(event.id, event);
  }

  #note(fact: EventDraft): void {
    this.#ledger.note(fact);
    const isAboutOne =
      fact.type === 'message.accepted' ||
      fact.type === 'channel.published' ||
      fact.type === 'feedback.given' ||
      fact.type === 'message.rejected' ||
      fact.type === 'message.scheduled';
    if (!isAboutOne) return;
    const id = eventId.message(fact.data.messageId);
    const message = this.#arrived.get(id);
    this.#arrived.delete(id);
    this.#refused.delete(id);
    if (message) this.#arrivedChars -= jsonChars(message);
  }

  /** The fact that a local activity has carried under this id; undefined: nobody can tell. */
  #made(id: string, at: number): EventDraft | undefined {
    if (id === eventId.sessionCreated()) {
      const { createdAt, ...data } = this.#input.info;
      return { id, type: 'session.created', at: createdAt, data };
    }
    const [, named = ''] = /^message:([^:]+)$/.exec(id) ?? [];
    const message = this.#arrived.get(id) ?? this.#ledger.scheduled(named);
    const { turns, isBusy } = this.#ledger;
    if (message?.channel !== undefined) return publishedFact(message, at);
    if (message) return accepted(message, { turn: turnId(turns + 1), queued: isBusy, at });
    if (this.#refused.delete(id)) this.#ledger.skip();
    for (const each of this.#arrived.values()) {
      const { messageId } = each;
      if (eventId.messageScheduled(messageId) === id) return scheduledFact(each, at);
      if (eventId.messageRejected(messageId) !== id) continue;
      const code = this.#closing === undefined ? 'inbox_full' : 'session_closed';
      return { id, type: 'message.rejected', at, cause: messageId, data: { messageId, code } };
    }
    for (const { turn, messageId } of this.#ledger.state().inbox) {
      if (eventId.turnStarted(turn) !== id) continue;
      return { id, type: 'turn.started', at, turn, cause: messageId, data: { messageIds: [messageId] } };
    }
    return undefined;
  }
}

interface Order {
  readonly turn: string;
  readonly queued: boolean;
  readonly at: number;
}

/** The fact that a message has its place. */
export function accepted(message: Message, { turn, queued, at }: Order): EventDraft {
  const { messageId, parts, from, policy } = message;
  const data = {
    ...{ messageId, parts, ...(from === undefined ? {} : { from }), queued },
    ...(policy === undefined || policy === 'queue' ? {} : { policy }),
  };
  const place = { turn, cause: messageId, ...arrivalOf(message) };
  return { id: eventId.message(messageId), type: 'message.accepted', at, ...place, data };
}
