/** A gateway's replica of a session: folds notices and detects the ones that do not fit. Does no I/O. */
import {
  applyEvent,
  deltasAfter,
  envelope,
  fitting,
  LIMITS,
  openSteps,
  takeDelta,
} from '../../contracts/index.ts';
import type {
  Cursor,
  Delta,
  Position,
  SessionEvent,
  SessionRef,
  SessionView,
} from '../../contracts/index.ts';
import type { Notice } from './waiting.ts';
import type { Loaded } from '../read/load.ts';
import { Ring } from './ring.ts';

/** The effect of a notice. `fits` is false if something before it is missing; `event`, `delta`: what it added. */
export interface Taken {
  readonly fits: boolean;
  readonly event?: SessionEvent;
  readonly delta?: Delta;
}

/** What a client at a cursor has missed: events first, then the text of running steps. */
export interface Missed {
  readonly events: readonly SessionEvent[];
  readonly deltas: readonly Delta[];
}

const FITS: Taken = { fits: true };
const GAP: Taken = { fits: false };
/** Unknown steps that are remembered; an evicted one costs one read of the log. */
const MAX_STRANGERS = 64;

export class Replica {
  readonly #ref: SessionRef;
  readonly #ring: Ring;
  /** Steps that the view lacks even after the log was read: it has dropped them to stay within its size. */
  readonly #strangers = new Set<string>();
  #view: SessionView;

  constructor(ref: SessionRef, { view, events }: Loaded) {
    this.#ref = ref;
    this.#ring = new Ring(events);
    this.#view = fitting(view, LIMITS.viewChars);
  }

  get view(): SessionView {
    return this.#view;
  }

  get position(): Position {
    return this.#view.position;
  }

  /** `final`: the log has already been read for what was missing; a notice that still does not fit is dropped. */
  take(notice: Notice, final: boolean): Taken {
    const { epoch, seq } = this.position;
    // Epochs are ordered by time: an older one is a late notice from a log that is gone.
    if (notice.epoch !== epoch) return notice.epoch < epoch || final ? FITS : GAP;
    if (notice.delta) return this.#delta(notice.delta, final);
    if (!notice.event || notice.event.seq <= seq) return FITS;
    if (notice.event.seq > seq + 1) return final ? FITS : GAP;
    const event = envelope(this.#ref, epoch, notice.event);
    this.#view = fitting(applyEvent(this.#view, event), LIMITS.viewChars);
    this.#ring.push(event);
    return { fits: true, event };
  }

  /** Null if the client needs a snapshot: another epoch, too much missed, or a position beyond the end. */
  since(cursor: Cursor): Missed | null {
    const { epoch, seq } = this.position;
    if (cursor.epoch !== epoch || cursor.seq > seq) return null;
    const events = this.#ring.after(cursor.seq, seq);
    if (!events) return null;
    const { session } = this.#ref;
    const deltas = openSteps(this.#view).flatMap((open) =>
      deltasAfter(session, open, cursor.open?.[open.step]),
    );
    return { events, deltas };
  }

  #delta(delta: Delta, final: boolean): Taken {
    const taken = takeDelta(this.#view, delta);
    if (taken.fit === 'new') {
      this.#view = taken.view;
      return { fits: true, delta: taken.delta };
    }
    if (taken.fit === 'stranger') return this.#strange(delta.step, final);
    return taken.fit === 'old' || final ? FITS : GAP;
  }

  #strange(step: string, final: boolean): Taken {
    if (final) {
      if (this.#strangers.size >= MAX_STRANGERS) this.#strangers.clear();
      this.#strangers.add(step);
    }
    return this.#strangers.has(step) ? FITS : GAP;
  }
}
