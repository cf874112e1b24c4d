import type { LoggedEvent } from '../../src/contracts/index.ts';

/** Size of an event as the workflow counts it, UTF-16 code units of JSON. */
function size(event: LoggedEvent): number {
  return JSON.stringify(event).length;
}

/** The events that the workflow holds because the archive does not have them yet. One event for an id. */
export class HeldEvents {
  readonly #events = new Map<string, LoggedEvent>();
  #chars = 0;

  constructor(events: readonly LoggedEvent[]) {
    for (const event of events) this.put(event);
  }

  get chars(): number {
    return this.#chars;
  }

  get count(): number {
    return this.#events.size;
  }

  has(id: string): boolean {
    return this.#events.has(id);
  }

  put(event: LoggedEvent): void {
    const before = this.#events.get(event.id);
    if (before) this.#chars -= size(before);
    this.#events.set(event.id, event);
    this.#chars += size(event);
  }

  /** The log of a later epoch has this event at another position. */
  move(id: string, seq: number): void {
    const event = this.#events.get(id);
    if (event) this.put({ ...event, seq });
  }

  /** Forgets the events with `seq <= upTo`. */
  dropTo(upTo: number): void {
    for (const event of this.#events.values()) {
      if (event.seq > upTo) continue;
      this.#chars -= size(event);
      this.#events.delete(event.id);
    }
  }

  /** Those from this index on, in the order of the log, that fit into `maxChars`; at least one. */
  page(from: number, maxChars: number): readonly LoggedEvent[] {
    const events = this.list().slice(from);
    let [count, chars] = [0, 0];
    for (const event of events) {
      chars += size(event);
      if (chars > maxChars && count > 0) break;
      count += 1;
    }
    return events.slice(0, count);
  }

  unordered(): Iterable<LoggedEvent> {
    return this.#events.values();
  }

  /** In the order of the log. */
  list(): readonly LoggedEvent[] {
    return [...this.#events.values()].sort((a, b) => a.seq - b.seq);
  }
}
