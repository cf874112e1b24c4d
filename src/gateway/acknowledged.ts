/** Learns when the client of a WebSocket has what was sent to it: it answers a ping once it has read all that came before. */
import { LIMITS } from '../contracts/index.ts';

/** Of one session on one socket. */
export class Acknowledged {
  /** The newest last: up to which event the client had all, and since when, ms since the Unix epoch. */
  #marks: { readonly seq: number; readonly at: number }[] = [];

  /** See `WatchingConnection.acknowledged`. */
  at(seq: number): number | undefined {
    return this.#marks.find((mark) => mark.seq >= seq)?.at;
  }

  note(seq: number, at: number): void {
    this.#marks = [...this.#marks, { seq, at }].slice(-LIMITS.acknowledgedKept);
  }
}

/** What it takes of the connection. */
export interface Pinged {
  /** Sends a ping after everything that was sent before. */
  ping(): void;
  onPong(hear: () => void): void;
}

/** One ping is under way at most, and one is sent every `LIMITS.acknowledgeEveryMs` at most. */
export class Acknowledging {
  readonly #pipe: Pinged;
  /** What the next ping asks for. */
  #wanted = new Map<Acknowledged, number>();
  #asked: ReadonlyMap<Acknowledged, number> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #last = -Infinity;

  constructor(pipe: Pinged) {
    this.#pipe = pipe;
    pipe.onPong(() => this.#pong());
  }

  /** This was sent, with all before it. */
  sent(to: Acknowledged, seq: number): void {
    this.#wanted.set(to, seq);
    if (this.#asked || this.#timer) return;
    const waitMs = this.#last + LIMITS.acknowledgeEveryMs - performance.now();
    if (waitMs <= 0) this.#ping();
    else
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#ping();
      }, waitMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#wanted.clear();
    this.#asked = null;
  }

  #ping(): void {
    if (this.#wanted.size === 0 || this.#asked) return;
    this.#asked = this.#wanted;
    this.#wanted = new Map();
    this.#last = performance.now();
    this.#pipe.ping();
  }

  #pong(): void {
    if (!this.#asked) return;
    for (const [to, seq] of this.#asked) to.note(seq, Date.now());
    this.#asked = null;
    const [next] = this.#wanted;
    if (next) this.sent(...next);
  }
}
