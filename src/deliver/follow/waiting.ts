/** Notices that wait until what is missing before them has been read. */
import { LIMITS } from '../../contracts/index.ts';
import type { Delta, LoggedEvent } from '../../contracts/index.ts';

/** An event, a delta, or (neither) the word that an epoch has begun. */
export interface Notice {
  readonly epoch: number;
  readonly event?: LoggedEvent;
  readonly delta?: Delta;
}

export class Waiting {
  #notices: Notice[] = [];
  /** Some were dropped: only the log can tell what they said. */
  #dropped = false;
  /** The notice that did not fit last time. */
  #misfit: Notice | null = null;

  add(notice: Notice): void {
    if (this.#notices.length >= LIMITS.heldNotices) {
      this.#notices = [];
      this.#dropped = true;
    }
    this.#notices.push(notice);
  }

  /**
   * Gives the notices to `take` in their order. False if one does not fit or some were dropped: read the log, and drain again. A notice
   * that does not fit after that either is given as `final` and forgotten: the log does not know what it misses.
   */
  drain(take: (notice: Notice, final: boolean) => boolean): boolean {
    const notices = this.#notices;
    for (const [index, notice] of notices.entries()) {
      if (take(notice, notice === this.#misfit)) continue;
      this.#notices = notices.slice(index);
      this.#misfit = notice;
      return false;
    }
    this.#notices = [];
    this.#misfit = null;
    const complete = !this.#dropped;
    this.#dropped = false;
    return complete;
  }
}
