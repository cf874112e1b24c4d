/** Where in the log the facts of a turn are, as one run of it has heard. A log that is built anew may have them elsewhere, or not at all. */
import type { EventDraft, LoggedEvent, Report } from '../../src/contracts/index.ts';

export class Places {
  readonly #seqs = new Map<string, number>();
  readonly #events = new Map<string, LoggedEvent>();
  /** The epoch of the log in which each was last seen. */
  readonly #epochs = new Map<string, number>();

  learn(placed: Report['placed'], epoch: number): void {
    for (const { id, seq } of placed) {
      this.#seqs.set(id, seq);
      this.#epochs.set(id, epoch);
      const event = this.#events.get(id);
      if (event && event.seq !== seq) this.#events.set(id, { ...event, seq });
    }
  }

  /** Events as the log holds them. */
  take(events: readonly LoggedEvent[], epoch: number): void {
    for (const event of events) {
      this.#events.set(event.id, event);
      this.#epochs.set(event.id, epoch);
    }
  }

  /** Those that were taken. */
  events(): readonly LoggedEvent[] {
    return [...this.#events.values()];
  }

  /** The draft as the log of this epoch holds it; undefined: it does not, or may not. */
  event(draft: EventDraft, epoch: number): LoggedEvent | undefined {
    if (this.#epochs.get(draft.id) !== epoch) return undefined;
    const seq = this.#seqs.get(draft.id);
    return this.#events.get(draft.id) ?? (seq === undefined ? undefined : { ...draft, seq });
  }

  /** Which of these the log of this epoch has, and where. */
  placed(ids: Iterable<string>, epoch: number): Report['placed'] {
    return [...ids].flatMap((id) => {
      const seq = this.#seqs.get(id);
      return seq === undefined || this.#epochs.get(id) !== epoch ? [] : [{ id, seq }];
    });
  }
}
