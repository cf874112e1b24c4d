/** Notices that wait until what is missing before them has been read. */
import { LIMITS } from '../../contracts/index.ts';
import type { Delta, LoggedEvent } from '../../contracts/index.ts';

/** An event, a delta, or, if there is neither, the start of an epoch. */
export interface Notice {
  readonly epoch: number;
  readonly event?: LoggedEvent;
  readonly delta?: Delta;
}

export class Waiting {
  #notices: Notice[] = [];
  /** Some were dropped: only the log has their content. */
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
   * Passes the notices to `take` in order. Returns false if one does not fit or some were dropped: read the log, then drain again. A notice
   * that still does not fit then is passed as `final` and dropped, because the log cannot supply what is missing before it.
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
