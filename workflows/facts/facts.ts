/**
 * The facts of a session on their way from a decision to the archive: decided (outbox) → in flight → held with a position → archived.
 *
 * Invariants
 * 1. A fact is in the outbox, in flight or held, never in two of them.
 * 2. `known` only grows. A report of another epoch than the known one raises `mustReconcile`: what was reported before may be missing in
 *    the log's present life.
 * 3. Facts without a position may wait for hours, as long as the log is away; whoever decides them asks `pendingChars` first.
 */
import {
  LIMITS,
  START,
  type CarriedState,
  type EventData,
  type EventDraft,
  type EventType,
  type KnownEventsPage,
  type LoggedEvent,
  type Position,
  type Report,
} from '../../src/contracts/index.ts';
import { HeldEvents } from './held-events.ts';

/** Where in a session a fact belongs. */
export type Place = Pick<EventDraft, 'turn' | 'step' | 'agent' | 'attempt' | 'cause' | 'stamps'>;

/** What the facts of one run hand to the next. */
type CarriedFacts = Pick<CarriedState, 'known' | 'archivedTo' | 'outbox' | 'events' | 'reconcile'>;

function jsonLength(value: unknown): number {
  return JSON.stringify(value).length;
}

export class Facts {
  readonly #held: HeldEvents;
  #outbox: EventDraft[];
  #inflight: readonly EventDraft[] = [];
  #known: Position;
  #archivedTo: number;
  #reconcile: boolean;
  /** Size of the facts without a position, UTF-16 code units of JSON. */
  #pendingChars = 0;

  constructor(carried?: CarriedFacts) {
    this.#held = new HeldEvents(carried?.events ?? []);
    this.#outbox = [...(carried?.outbox ?? [])];
    this.#known = carried?.known ?? START;
    this.#archivedTo = carried?.archivedTo ?? 0;
    this.#reconcile = carried?.reconcile ?? false;
    this.#pendingChars = jsonLength(this.#outbox);
  }

  get known(): Position {
    return this.#known;
  }

  get archivedTo(): number {
    return this.#archivedTo;
  }

  get heldChars(): number {
    return this.#held.chars;
  }

  get pendingChars(): number {
    return this.#pendingChars;
  }

  get hasDrafts(): boolean {
    return this.#outbox.length > 0;
  }

  /** The epoch has changed under the workflow: facts that it holds may be missing in the log. */
  get mustReconcile(): boolean {
    return this.#reconcile;
  }

  // eslint-disable-next-line @typescript-eslint/max-params -- in the order of an event's fields
  decide<T extends EventType>(type: T, id: string, at: number, data: EventData[T], place: Place = {}): void {
    const draft = { id, type, at, ...place, data } as EventDraft; // safety: `data` is that of `type`
    this.#outbox.push(draft);
    this.#pendingChars += jsonLength(draft);
  }

  /** Facts that an activity has decided and that have no position yet. */
  adopt(drafts: readonly EventDraft[]): void {
    const known = new Set(this.pending().map(({ id }) => id));
    for (const draft of drafts) {
      if (known.has(draft.id) || this.#held.has(draft.id)) continue;
      this.#outbox.push(draft);
      this.#pendingChars += jsonLength(draft);
    }
  }

  /**
   * What a carrier takes: all facts without a position, in the order of their decision; they are in flight until a report or
   * `returnDrafts`. Those that another carrier has and has not reported go along: whichever is first, the log keeps the order.
   */
  takeDrafts(): readonly EventDraft[] {
    this.#inflight = this.pending();
    this.#outbox = [];
    return this.#inflight;
  }

  /** Their carrier failed without a report: to be carried again. Appending twice is harmless. */
  returnDrafts(drafts: readonly EventDraft[]): void {
    const ids = new Set(drafts.map((draft) => draft.id));
    const back = this.#inflight.filter((draft) => ids.has(draft.id));
    this.#inflight = this.#inflight.filter((draft) => !ids.has(draft.id));
    this.#outbox = [...back, ...this.#outbox];
  }

  /** Learns where facts have landed, and which others the log holds. `reconciled`: the log lacks nothing any more. */
  report(report: Report, reconciled: boolean): void {
    const seqs = new Map(report.placed.map((placed) => [placed.id, placed.seq]));
    for (const event of report.events) {
      seqs.delete(event.id);
      this.#held.put(event);
    }
    for (const draft of this.pending()) {
      const seq = seqs.get(draft.id);
      if (seq !== undefined) this.#held.put({ ...draft, seq });
    }
    for (const [id, seq] of seqs) this.#held.move(id, seq);
    this.#inflight = this.#inflight.filter((draft) => !this.#held.has(draft.id));
    this.#outbox = this.#outbox.filter((draft) => !this.#held.has(draft.id));
    this.#pendingChars = jsonLength(this.pending());
    if (reconciled) this.#reconcile = false;
    this.#advance(report.position);
  }

  /** Every event up to `upTo` is in the archive: they are let go. */
  archived(upTo: number): void {
    this.#archivedTo = Math.max(this.#archivedTo, upTo);
    this.#held.dropTo(upTo);
    if (upTo > this.#known.seq) this.#known = { ...this.#known, seq: upTo };
  }

  /** Events with a position, in order. */
  held(): readonly LoggedEvent[] {
    return this.#held.list();
  }

  /** What the query `events` answers: the held events from this index on, and with the last of them what is pending. */
  page(from: number): Omit<KnownEventsPage, 'info'> {
    const { epoch, seq } = this.#known;
    const version = [epoch, seq, this.#archivedTo, this.#held.count].join(':');
    const events = this.#held.page(from, LIMITS.eventsPageChars);
    const page = { known: this.#known, archivedTo: this.#archivedTo, version, events };
    const next = from + events.length;
    if (next < this.#held.count) return { ...page, pending: [], next };
    return { ...page, pending: this.pending() };
  }

  /** Facts without a position, in the order in which they were decided. */
  pending(): readonly EventDraft[] {
    return [...this.#inflight, ...this.#outbox];
  }

  carry(): CarriedFacts {
    return {
      known: this.#known,
      archivedTo: this.#archivedTo,
      outbox: this.pending(),
      events: this.#held.list(),
      reconcile: this.#reconcile,
    };
  }

  #advance(position: Position): void {
    const { epoch, seq } = this.#known;
    if (epoch !== 0 && position.epoch !== epoch) this.#reconcile = true;
    const newer = position.epoch > epoch || (position.epoch === epoch && position.seq > seq);
    if (newer) this.#known = position;
  }
}
