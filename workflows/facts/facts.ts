/**
 * The facts of a session on their way from a decision to the archive: decided (idle) → in flight → held with a position → archived.
 *
 * Invariants
 * 1. A fact is pending or held, never both; those that are pending stay in the order of their decision, whoever carries them.
 * 2. `known` only grows. A report of another epoch than the known one raises `mustReconcile`: what was reported before may be missing in
 *    the log's present life.
 * 3. Facts without a position may wait for hours, as long as the log is away; whoever decides them asks `pendingBytes` first.
 */
import {
  eventId,
  isAfter,
  jsonBytes,
  LIMITS,
  START,
  type Arrival,
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
export type Place = Pick<EventDraft, 'turn' | 'step' | 'agent' | 'attempt' | 'cause' | keyof Arrival>;

/** What the facts of one run hand to the next. */
type CarriedFacts = Pick<CarriedState, 'known' | 'archivedTo' | 'outbox' | 'events' | 'reconcile'>;

export class Facts {
  readonly #held: HeldEvents;
  /** Facts without a position, in flight or not. */
  #pending: readonly EventDraft[];
  /** Ids of those that nobody carries. */
  readonly #idle: Set<string>;
  #known: Position;
  #archivedTo: number;
  #reconcile: boolean;
  /** Size of the facts without a position, UTF-8 bytes of JSON. */
  #pendingBytes = 0;

  constructor(carried?: CarriedFacts) {
    this.#held = new HeldEvents(carried?.events ?? []);
    this.#pending = carried?.outbox ?? [];
    this.#idle = new Set(this.#pending.map(({ id }) => id));
    this.#known = carried?.known ?? START;
    this.#archivedTo = carried?.archivedTo ?? 0;
    this.#reconcile = carried?.reconcile ?? false;
    this.#pendingBytes = jsonBytes(this.#pending);
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

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get hasDrafts(): boolean {
    return this.#idle.size > 0;
  }

  /** The epoch has changed under the workflow: facts that it holds may be missing in the log. */
  get mustReconcile(): boolean {
    return this.#reconcile;
  }

  // eslint-disable-next-line @typescript-eslint/max-params -- in the order of an event's fields
  decide<T extends EventType>(type: T, id: string, at: number, data: EventData[T], place: Place = {}): void {
    const draft = { id, type, at, ...place, data } as EventDraft; // safety: `data` is that of `type`
    this.#add(draft);
  }

  /** Facts that an activity has decided and that have no position yet. */
  adopt(drafts: readonly EventDraft[]): void {
    for (const draft of drafts) if (!this.#has(draft.id)) this.#add(draft);
  }

  /**
   * What a carrier takes: all facts without a position, in the order of their decision; they are in flight until a report or
   * `returnDrafts`. Those that another carrier has and has not reported go along: whichever is first, the log keeps the order. `but`: ids of
   * those that are to wait.
   */
  takeDrafts(but: readonly string[] = []): readonly EventDraft[] {
    const wait = new Set(but);
    for (const id of this.#idle) if (!wait.has(id)) this.#idle.delete(id);
    return wait.size === 0 ? this.#pending : this.#pending.filter(({ id }) => !wait.has(id));
  }

  /** Their carrier has failed, or has not written them: to be carried again. Appending twice is harmless. */
  returnDrafts(drafts: readonly EventDraft[]): void {
    const pending = new Set(this.#pending.map(({ id }) => id));
    for (const { id } of drafts) if (pending.has(id)) this.#idle.add(id);
  }

  /** True if the publish that takes them is to bring what is held too. What is reported from now on may ask for another. */
  takeReconcile(): boolean {
    const reconcile = this.#reconcile;
    this.#reconcile = false;
    return reconcile;
  }

  /** Learns where facts have landed, and which others the log holds. */
  report(report: Report): void {
    const seqs = new Map(report.placed.map((placed) => [placed.id, placed.seq]));
    for (const event of report.events) {
      seqs.delete(event.id);
      this.#held.put(event);
    }
    for (const draft of this.#pending) {
      const seq = seqs.get(draft.id);
      if (seq !== undefined) this.#held.put({ ...draft, seq });
    }
    for (const [id, seq] of seqs) this.#held.move(id, seq);
    this.#pending = this.#pending.filter((draft) => !this.#held.has(draft.id));
    for (const id of this.#idle) if (this.#held.has(id)) this.#idle.delete(id);
    this.#pendingBytes = jsonBytes(this.#pending);
    this.learn(report.position);
  }

  /** Learns where the log is. Another epoch than the known one: what is held may be missing there, or be in another place. */
  learn(position: Position): void {
    const { epoch } = this.#known;
    if (epoch !== 0 && position.epoch !== epoch) this.#reconcile = true;
    if (isAfter(position, this.#known)) this.#known = position;
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
    return this.#pending;
  }

  /** The starts of this turn's steps that have no end. */
  openSteps(turn: string): readonly EventDraft[] {
    const starts = [...this.#held.unordered(), ...this.#pending].filter(
      (fact) => fact.type === 'step.started' && fact.turn === turn,
    );
    return starts.filter(({ step = '' }) => !this.#has(eventId.stepEnded(step)));
  }

  carry(): CarriedFacts {
    return {
      known: this.#known,
      archivedTo: this.#archivedTo,
      outbox: this.#pending,
      events: this.#held.list(),
      reconcile: this.#reconcile,
    };
  }

  #has(id: string): boolean {
    return this.#held.has(id) || this.#pending.some((draft) => draft.id === id);
  }

  #add(draft: EventDraft): void {
    this.#pending = [...this.#pending, draft];
    this.#idle.add(draft.id);
    this.#pendingBytes += jsonBytes(draft);
  }
}
