/** The newest events of a session, contiguous, within `LIMITS.ringEvents` and `LIMITS.ringChars`; one event always fits. */
import { jsonChars, LIMITS } from '../../contracts/index.ts';
import type { SessionEvent } from '../../contracts/index.ts';

export class Ring {
  readonly #slots: { readonly event: SessionEvent; readonly chars: number }[] = [];
  #chars = 0;

  constructor(events: readonly SessionEvent[] = []) {
    for (const event of events.slice(-LIMITS.ringEvents)) this.push(event);
  }

  push(event: SessionEvent): void {
    const chars = jsonChars(event);
    this.#slots.push({ event, chars });
    this.#chars += chars;
    while (
      this.#slots.length > 1 &&
      (this.#slots.length > LIMITS.ringEvents || this.#chars > LIMITS.ringChars)
    ) {
      this.#chars -= this.#slots.shift()?.chars ?? 0;
    }
  }

  /** The events after `seq`, up to `head`; null if some of them are no longer held. */
  after(seq: number, head: number): readonly SessionEvent[] | null {
    if (seq >= head) return [];
    const first = this.#slots[0]?.event.seq;
    if (first === undefined || first > seq + 1) return null;
    return this.#slots.slice(seq + 1 - first).map((slot) => slot.event);
  }
}
