/** What the kill of a process has cost, as this page sees it. Times are those of `performance.now()`. */
import { duration } from '../words.ts';

/** Shorter than this, nobody has noticed, ms. */
const NOTICEABLE_MS = 400;
/** How long after a process is back the page goes on listening, ms. */
const LISTEN_MS = 3_000;
/** … and how long it waits for a turn that ran to go on, ms. */
const WAIT_MS = 60_000;

export class Recovery {
  readonly name: string;
  readonly #killedAt: number;
  /** An answer was being given. */
  readonly #running: boolean;
  #last: number;
  /** The longest silence, and when it ended, ms after the kill. */
  #silence = { ms: 0, endedMs: 0 };
  #hasEnded = false;
  #back: { readonly at: number; readonly afterMs: number } | null = null;

  constructor(name: string, now: number, running: boolean) {
    this.name = name;
    this.#killedAt = now;
    this.#last = now;
    this.#running = running;
  }

  /** Something new of the session has arrived. `endsTurn`: nothing more is to be expected. */
  heard(now: number, endsTurn: boolean): void {
    if (this.#hasEnded) return;
    const ms = now - this.#last;
    if (ms > this.#silence.ms) this.#silence = { ms, endedMs: now - this.#killedAt };
    this.#last = now;
    this.#hasEnded = endsTurn;
  }

  /** The process is ready again, so long after it ended. */
  back(now: number, afterMs: number): void {
    this.#back ??= { at: now, afterMs };
  }

  get isBack(): boolean {
    return this.#back !== null;
  }

  /** Nothing will be added to what it says. */
  isOver(now: number): boolean {
    if (!this.#back) return false;
    if (!this.#running || this.#hasEnded) return true;
    const since = now - this.#back.at;
    return since > (this.#last > this.#back.at ? LISTEN_MS : WAIT_MS);
  }

  text(): string {
    if (!this.#back) return `${this.name} was killed.`;
    return `${this.name} was killed, and was back after ${duration(this.#back.afterMs)}. ${this.#effect()}`;
  }

  #effect(): string {
    if (!this.#running) return 'Nothing was being answered.';
    const { ms, endedMs } = this.#silence;
    if (ms === 0) return 'The answer waits.';
    if (ms < NOTICEABLE_MS) return 'The answer did not stop.';
    return `The answer went on ${duration(endedMs)} after the kill.`;
  }
}
