/**
 * The places of a connection: how many sessions it may follow at a time. Who finds none waits, in order, until another is given up. Places
 * are kept across reconnects.
 */
import { CLIENT_LIMITS } from '../contracts/public.ts';

/** Who takes a place; `placed` is called once it has the one that it waited for. */
export interface Placed {
  placed(): void;
}

export class Places {
  readonly #taken = new Set<Placed>();
  /** In the order in which they came. */
  readonly #waiting = new Set<Placed>();
  #most: number = CLIENT_LIMITS.subscriptionsPerSocket;

  /** True if `who` has a place now, or had one already; otherwise it waits. */
  take(who: Placed): boolean {
    if (this.#taken.has(who)) return true;
    this.#waiting.add(who);
    if (this.#taken.size >= this.#most) return false;
    this.#waiting.delete(who);
    this.#taken.add(who);
    return true;
  }

  /** Gives up the place, or the wait for one. */
  leave(who: Placed): void {
    this.#waiting.delete(who);
    this.#taken.delete(who);
    this.#fill();
  }

  /** The gateway has fewer places than were taken: `who` waits. False if nobody has a place that could be given up. */
  refused(who: Placed): boolean {
    this.#taken.delete(who);
    if (this.#taken.size === 0) return false;
    this.#most = this.#taken.size;
    this.#waiting.add(who);
    return true;
  }

  /** There is a new connection, perhaps to a gateway with more places. */
  reconnected(): void {
    this.#most = CLIENT_LIMITS.subscriptionsPerSocket;
    this.#fill();
  }

  #fill(): void {
    for (const who of this.#waiting) {
      if (this.#taken.size >= this.#most) return;
      this.#waiting.delete(who);
      this.#taken.add(who);
      who.placed();
    }
  }
}
