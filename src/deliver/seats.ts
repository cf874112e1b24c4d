/** The watchers of one session, and the bound on what each may have waiting. */
import { LIMITS } from '../contracts/index.ts';
import type { Watcher } from './delivery.ts';

/** One attach; a watcher that attaches twice sits twice. */
interface Seat {
  readonly watcher: Watcher;
}

export class Seats {
  readonly #seats = new Set<Seat>();
  readonly #emptied: () => void;

  /** `emptied` is called when a slow watcher was the last to be sent away. */
  constructor(emptied: () => void) {
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#seats.size;
  }

  /** Returns how to leave. */
  add(watcher: Watcher): () => void {
    const seat = { watcher };
    this.#seats.add(seat);
    return () => void this.#seats.delete(seat);
  }

  tell(say: (watcher: Watcher) => void): void {
    for (const { watcher } of this.#seats) say(watcher);
    this.check();
  }

  /** Sends away whoever does not keep up: its client connects again and resumes. */
  check(): void {
    for (const seat of this.#seats) {
      const { bytes, packets } = seat.watcher.backlog();
      if (bytes <= LIMITS.socketBytes && packets <= LIMITS.socketPackets) continue;
      this.#seats.delete(seat);
      seat.watcher.end('slow_consumer');
      if (this.#seats.size === 0) this.#emptied();
    }
  }

  clear(): void {
    this.#seats.clear();
  }
}
