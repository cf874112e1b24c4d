/**
 * A log as orchestrate and execute see it: appends each fact once, closes the steps of a turn that ends, starts none in a turn that has ended,
 * and may be lost and come back in another epoch.
 */
import {
  endsStep,
  endsTurn,
  eventId,
  type Closing,
  type EventDraft,
  type LoggedEvent,
  type Position,
  type Report,
} from '../../../src/contracts/index.ts';

/** What goes along with an append. */
interface Along {
  readonly closes?: Closing;
  readonly release?: readonly string[];
}

export class FakeLog {
  epoch: number;
  events: LoggedEvent[] = [];
  /** Messages that admission has counted and was not told yet to wait no longer. */
  readonly counted = new Set<string>();
  /** Open steps: step → turn. */
  readonly #open = new Map<string, string>();
  /** Ends that closing a turn has made, by turn. */
  readonly #closed = new Map<string, readonly string[]>();

  constructor(epoch = 100) {
    this.epoch = epoch;
  }

  get position(): Position {
    return { epoch: this.epoch, seq: this.events.length };
  }

  find(id: string): LoggedEvent | undefined {
    return this.events.find((event) => event.id === id);
  }

  isOpen(step: string): boolean {
    return this.#open.has(step);
  }

  /** An id that is there keeps its position. Ends come back as they are stored, and those that closing the turn has made. */
  append(drafts: readonly EventDraft[], { closes, release = [] }: Along = {}): Report {
    for (const messageId of release) this.counted.delete(messageId);
    const placed: LoggedEvent[] = [];
    const made: LoggedEvent[] = [];
    let closing = closes;
    for (const draft of drafts) {
      if (closing && endsTurn(draft.type) && draft.turn === closing.turn) {
        made.push(...this.#close(closing));
        closing = undefined;
      }
      placed.push(this.#put(draft));
    }
    if (closing) made.push(...this.#close(closing));
    const ends = placed.filter(({ type }) => endsStep(type) || endsTurn(type));
    return {
      position: this.position,
      placed: placed.map(({ id, seq }) => ({ id, seq })),
      events: [...made, ...ends],
    };
  }

  /** Opens a step, after what must be there before. `ended`: it has ended, or its turn has. */
  begin(
    started: EventDraft,
    lead: readonly EventDraft[],
    release: readonly string[],
  ): Report & { readonly ended: boolean } {
    const report = this.append(lead, { release });
    const { step = '', turn = '' } = started;
    const ends = [eventId.stepEnded(step), eventId.turnEnded(turn)].map((id) => this.find(id));
    const events = ends.filter((event) => event !== undefined);
    const known = this.find(started.id);
    if (events.length > 0) {
      const placed = known ? [{ id: known.id, seq: known.seq }] : [];
      return { ...report, placed: [...report.placed, ...placed], events, ended: true };
    }
    const begun = this.append([started]);
    return { ...begun, placed: [...report.placed, ...begun.placed], events: report.events, ended: false };
  }

  /** All is lost; a new life begins with these events. What they say has started and not ended stays open. */
  rebuild(events: readonly EventDraft[]): void {
    this.epoch += 1;
    this.events = [];
    this.#open.clear();
    this.#closed.clear();
    const ended = new Set(events.filter(({ type }) => endsStep(type)).map(({ step }) => step));
    for (const event of events) {
      this.#put(event);
      if (ended.has(event.step)) this.#open.delete(event.step ?? '');
    }
  }

  #put(draft: EventDraft): LoggedEvent {
    const there = this.find(draft.id);
    if (there) return there;
    const event = { ...draft, seq: this.events.length + 1 };
    this.events.push(event);
    const { step = '', turn = '' } = draft;
    if (draft.type === 'step.started' && !this.find(eventId.stepEnded(step))) this.#open.set(step, turn);
    if (endsStep(draft.type)) this.#open.delete(step);
    return event;
  }

  /** Also tells what the same call has made before. */
  #close({ turn, step: only, type, data }: Closing): LoggedEvent[] {
    const before = only === undefined ? undefined : this.find(eventId.stepEnded(only));
    if (before) return [before];
    const open = [...this.#open].filter(([, of]) => of === turn).map(([step]) => step);
    const steps = open.filter((step) => only === undefined || step === only);
    const made = steps.map((step) => {
      const end = { id: eventId.stepEnded(step), at: 0, turn, step, type, data: { ...data, text: '' } };
      return this.#put(end as EventDraft).id; // safety: `data` is that of `type`
    });
    const all = [...(this.#closed.get(turn) ?? []), ...made];
    this.#closed.set(turn, all);
    return all.map((id) => this.find(id)).filter((event) => event !== undefined);
  }
}
