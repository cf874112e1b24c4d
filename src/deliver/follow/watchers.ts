/** The watchers of one session, and the bound on each one's backlog. */
import { disclosedTo, LIMITS, STRANGER } from '../../contracts/index.ts';
import type { SessionEvent } from '../../contracts/index.ts';
import type { Watcher } from '../delivery.ts';

/** The one place where a watcher gets an event: as it may be told it. */
export function tellEvent(watcher: Watcher, event: SessionEvent): void {
  watcher.event(disclosedTo(watcher.reader ?? STRANGER, event));
}

/** One subscription; a watcher that subscribes twice has two of them. */
interface Place {
  readonly watcher: Watcher;
}

export class Watchers {
  readonly #places = new Set<Place>();
  readonly #emptied: () => void;

  /** `emptied` is called when the last watcher has been disconnected for being too slow. */
  constructor(emptied: () => void) {
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#places.size;
  }

  /** Returns a function that removes the watcher. */
  add(watcher: Watcher): () => void {
    const place = { watcher };
    this.#places.add(place);
    return () => void this.#places.delete(place);
  }

  tell(say: (watcher: Watcher) => void): void {
    for (const { watcher } of this.#places) say(watcher);
    this.check();
  }

  /** Tells what is sent to nobody as it is: what waits for each stays the same. */
  hint(say: (watcher: Watcher) => void): void {
    for (const { watcher } of this.#places) say(watcher);
  }

  /** Disconnects watchers that do not keep up; their clients reconnect and resume. */
  check(): void {
    for (const place of this.#places) {
      const { bytes, packets } = place.watcher.backlog();
      if (bytes <= LIMITS.socketBytes && packets <= LIMITS.socketPackets) continue;
      this.#places.delete(place);
      place.watcher.end('slow_consumer');
      if (this.#places.size === 0) this.#emptied();
    }
  }

  clear(): void {
    this.#places.clear();
  }
}
