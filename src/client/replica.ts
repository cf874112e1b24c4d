/**
 * This client's replica of a session: folds the frames that arrive and detects missing ones. Does no I/O.
 *
 * Frames may be repeated, missing, or older than the replica; they always arrive in the server's order.
 */
import { applyEvent, isAfter, openSteps, stepCursor, takeDelta } from '../contracts/public.ts';
import type { Cursor, Delta, Position, SessionEvent, SessionView } from '../contracts/public.ts';

/** The effect of a frame. `behind`: something before it is missing; subscribe again. */
export type Outcome = 'applied' | 'ignored' | 'behind';

export class Replica {
  #view: SessionView | null = null;
  /** The furthest event that could not be applied. */
  #missed: Position | null = null;
  /** The furthest delta that could not be applied. */
  #hole: Delta | null = null;
  /** The last step with deltas but no start event. It is asked for once: the view may have dropped it to stay within its size. */
  #stranger = '';

  /** The session as far as it is known here; null before the first snapshot. */
  get view(): SessionView | null {
    return this.#view;
  }

  /** What to resume from; undefined if there is nothing to resume onto. */
  get cursor(): Cursor | undefined {
    if (!this.#view) return undefined;
    const open = openSteps(this.#view).map((each) => [each.step, stepCursor(each)] as const);
    return { ...this.#view.position, open: Object.fromEntries(open) };
  }

  event(event: SessionEvent): Outcome {
    const view = this.#view;
    if (!view) return 'ignored';
    const { epoch, seq } = view.position;
    // Epochs are ordered by time: an older one is a late frame from a log that is gone.
    if (!isAfter(event, view.position)) return 'ignored';
    if (event.epoch > epoch || event.seq > seq + 1) {
      this.#missed = { epoch: event.epoch, seq: event.seq };
      return 'behind';
    }
    this.#view = applyEvent(view, event);
    return 'applied';
  }

  /** `added`: the part of the delta that was new. */
  delta(delta: Delta): { readonly outcome: Outcome; readonly added?: Delta } {
    const view = this.#view;
    if (!view) return { outcome: 'ignored' };
    const taken = takeDelta(view, delta);
    if (taken.fit === 'new') {
      this.#view = taken.view;
      return { outcome: 'applied', added: taken.delta };
    }
    if (taken.fit === 'old') return { outcome: 'ignored' };
    if (taken.fit === 'hole') this.#hole = delta;
    else if (this.#stranger === delta.step) return { outcome: 'ignored' };
    else this.#stranger = delta.step;
    return { outcome: 'behind' };
  }

  /** Discards everything and takes this snapshot. */
  replace(snapshot: SessionView): void {
    this.#view = snapshot;
  }

  /** Discards everything: the next subscription takes a snapshot. */
  forget(): void {
    this.#view = null;
  }

  /** Called after a subscription: true if nothing that earlier frames hinted at is still missing. */
  settle(): boolean {
    const [missed, hole, view] = [this.#missed, this.#hole, this.#view];
    this.#missed = null;
    this.#hole = null;
    if (!view) return true;
    if (missed && isAfter(missed, view.position)) return false;
    if (!hole) return true;
    const open = openSteps(view).find((each) => each.step === hole.step);
    if (!open || open.attempt > hole.attempt) return true;
    const have = (hole.part === 'reasoning' ? open.reasoning : open.text) ?? '';
    return open.attempt === hole.attempt && have.length >= hole.offset + hole.text.length;
  }
}
