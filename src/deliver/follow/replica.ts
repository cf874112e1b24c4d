/** A gateway's replica of a session: the fold of its notices, which knows the ones that do not fit. No input or output. */
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

/** What a notice did. `fits` is false if something before it is missing; `event`, `delta`: what it has added. */
export interface Taken {
  readonly fits: boolean;
  readonly event?: SessionEvent;
  readonly delta?: Delta;
}

/** What brings a client from its cursor to here: events first, then the text of running steps. */
export interface Missed {
  readonly events: readonly SessionEvent[];
  readonly deltas: readonly Delta[];
}

const FITS: Taken = { fits: true };
const GAP: Taken = { fits: false };
/** Strangers that are remembered; a forgotten one costs one read of the log. */
const MAX_STRANGERS = 64;

export class Replica {
  readonly #ref: SessionRef;
  readonly #ring: Ring;
  /** Steps that the view does not hold although the log was asked: it has dropped them for its size. */
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

  /** `final`: the log was asked for what is missing; the notice is given up if it does not fit now. */
  take(notice: Notice, final: boolean): Taken {
    const { epoch, seq } = this.position;
    // Epochs are times of birth: an older one is a late notice of a log that is gone.
    if (notice.epoch !== epoch) return notice.epoch < epoch || final ? FITS : GAP;
    if (notice.delta) return this.#delta(notice.delta, final);
    if (!notice.event || notice.event.seq <= seq) return FITS;
    if (notice.event.seq > seq + 1) return final ? FITS : GAP;
    const event = envelope(this.#ref, epoch, notice.event);
    this.#view = fitting(applyEvent(this.#view, event), LIMITS.viewChars);
    this.#ring.push(event);
    return { fits: true, event };
  }

  /** Null if a snapshot is the answer: another epoch, too much missed, or a position that is not here. */
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
