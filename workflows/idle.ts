/** Notices that nothing has happened in a session for a while. */
import { Alarm } from './alarm.ts';
import type { Move } from './rules/moves.ts';

interface IdleSettings {
  /** How long nothing may happen, ms; undefined: for ever. */
  readonly afterMs: number | undefined;
  /** What the session does then. */
  readonly move: Move;
  /** True while nothing runs or waits. */
  readonly isIdle: () => boolean;
}

/**
 * One timer, set when the run begins. When it rings it is set to when the session would have been idle for long enough: so a session in which
 * something happens all the time pays for one timer in each period and not for one after each turn.
 */
export class Idle {
  readonly #settings: IdleSettings;
  readonly #alarm = new Alarm();
  /** When something happened last, ms since the Unix epoch. */
  #since = Date.now();
  #over = false;

  constructor(settings: IdleSettings) {
    this.#settings = settings;
    this.#set();
  }

  /** Null: it is not time for it. */
  get move(): Move | null {
    const { move, isIdle } = this.#settings;
    return this.#over && isIdle() ? move : null;
  }

  /** Something happens. */
  touch(): void {
    this.#since = Date.now();
    if (!this.#over) return;
    this.#over = false;
    this.#set();
  }

  #set(): void {
    const { afterMs } = this.#settings;
    if (afterMs !== undefined) this.#alarm.set(this.#since + afterMs, () => this.#look(afterMs));
  }

  #look(afterMs: number): void {
    if (!this.#settings.isIdle()) this.#since = Date.now();
    if (Date.now() >= this.#since + afterMs) this.#over = true;
    else this.#set();
  }
}
