/** The newest events of a session: pages from the log or the archive, the newest first, and what comes. */
import type { EventPage, SessionEvent } from '../../../../src/contracts/public.ts';

/** Events of one request: as many as the gateway gives. */
const PAGE = 500;
/** The most that are kept here. */
export const MOST_EVENTS = 50_000;

/** A page of the events after `after`. */
export type ReadPage = (after: number, limit: number) => Promise<EventPage>;

export class EventLog {
  readonly #read: ReadPage;
  readonly #most: number;
  #events: SessionEvent[] = [];
  /** The position of the newest that was asked for, or taken; and the newest that there is, as far as that is known. */
  #last: number;
  #head: number;
  #isCatchingUp = false;

  /** `head`: the position of the newest event. */
  constructor(read: ReadPage, head: number, most: number = MOST_EVENTS) {
    this.#read = read;
    this.#most = most;
    this.#last = head;
    this.#head = head;
  }

  /** By `seq`; a copy. */
  get events(): readonly SessionEvent[] {
    return this.#events.slice(-this.#most);
  }

  /** Events of the session that are not here: positions have no gaps. */
  get leftOut(): number {
    return this.#last - Math.min(this.#events.length, this.#most);
  }

  /** Reads what there is from its end on, as much as is kept. Throws what reading throws. */
  async load(told: () => void): Promise<void> {
    for (let before = this.#last; before > 0 && this.#events.length < this.#most;) {
      const after = Math.max(0, before - Math.min(PAGE, this.#most - this.#events.length));
      const page = await this.#between(after, before);
      this.#events = [...page, ...this.#events];
      before = after;
      told();
    }
  }

  /** The newest event is at `seq`: an `event` that follows the last one, or it is read, with those in between. Throws what reading throws. */
  async reach(seq: number, event?: SessionEvent): Promise<void> {
    this.#head = Math.max(this.#head, seq);
    if (this.#isCatchingUp) return;
    if (event && seq === this.#last + 1) {
      this.#append([event], seq);
      return;
    }
    this.#isCatchingUp = true;
    try {
      while (this.#last < this.#head) {
        const upTo = this.#head;
        this.#append(await this.#between(Math.max(this.#last, upTo - this.#most), upTo), upTo);
      }
    } finally {
      this.#isCatchingUp = false;
    }
  }

  #append(events: readonly SessionEvent[], last: number): void {
    this.#last = last;
    this.#events.push(...events);
    // Not with each event: that moves all others.
    if (this.#events.length > this.#most + PAGE) this.#events = this.#events.slice(-this.#most);
  }

  /** A page may have fewer events than are asked for: they are bounded in bytes, too. */
  async #between(after: number, upTo: number): Promise<readonly SessionEvent[]> {
    const found: SessionEvent[] = [];
    for (let at = after; at < upTo; at = found.at(-1)?.seq ?? upTo) {
      const { data } = await this.#read(at, Math.min(PAGE, upTo - at));
      if (data.length === 0) break;
      found.push(...data.filter(({ seq }) => seq <= upTo));
    }
    return found;
  }
}
