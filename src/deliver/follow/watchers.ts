/** The watchers of one session, and the bound on what each may have waiting. */
import { LIMITS } from '../../contracts/index.ts';
import type { Watcher } from '../delivery.ts';

/** One subscription; a watcher that subscribes twice has two. */
interface Place {
  readonly watcher: Watcher;
}

export class Watchers {
  readonly #places = new Set<Place>();
  readonly #emptied: () => void;

  /** `emptied` is called when a slow watcher was the last to be sent away. */
  constructor(emptied: () => void) {
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#places.size;
  }

  /** Returns how to leave. */
  add(watcher: Watcher): () => void {
    const place = { watcher };
    this.#places.add(place);
    return () => void this.#places.delete(place);
  }

  tell(say: (watcher: Watcher) => void): void {
    for (const { watcher } of this.#places) say(watcher);
    this.check();
  }

  /** Sends away whoever does not keep up: its client connects again and resumes. */
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
