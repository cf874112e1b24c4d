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
 * One timer. When it rings it is set to when the session would have been idle for long enough: so a session in which something happens all the
 * time pays for one timer in each period and not for one after each turn.
 *
 * It is not set in the first task of a run, but with the first turn: earlier versions let the SDK fail a run that a worker cannot replay,
 * together with what that task had asked for, and the server refuses a timer that it has already. Histories are as they were. A run in which
 * nothing happens asks for another task, once.
 *
 *     new -- first turn, or the task asked for --> watching -- afterMs without anything --> over
 *                                                      ^------------- something -----------'
 */
export class Idle {
  readonly #settings: IdleSettings;
  readonly #alarm = new Alarm();
  /** When something happened last, ms since the Unix epoch. */
  #since = Date.now();
  /** Something has happened since the timer was set. A comparison of moments would not tell on replay: see `Alarm`. */
  #touched = false;
  #over = false;
  #begun = false;
  #asked = false;

  constructor(settings: IdleSettings) {
    this.#settings = settings;
  }

  /** A turn has come so far that an activity of it is over, or the task is there that was asked for: it is watched from now on. */
  begin(): void {
    this.touch();
    if (this.#begun) return;
    this.#begun = true;
    this.#set();
  }

  /** Another task is asked for, and this is not repeated. */
  asked(): void {
    this.#asked = true;
  }

  /** Null: it is not time for it. */
  get move(): Move | null {
    const { afterMs, move, isIdle } = this.#settings;
    if (afterMs === undefined || !isIdle()) return null;
    if (!this.#begun) return this.#asked ? null : 'nudge';
    return this.#over ? move : null;
  }

  /** Something happens. */
  touch(): void {
    this.#since = Date.now();
    this.#touched = true;
    if (!this.#over) return;
    this.#over = false;
    this.#set();
  }

  #set(): void {
    const { afterMs, move } = this.#settings;
    if (afterMs === undefined) return;
    this.#touched = false;
    const until = this.#since + afterMs;
    const summary = `${move} unless something happens until then`;
    this.#alarm.set(until, (now) => this.#look(now >= until), { summary });
  }

  /** The timer has rung; false: there is more to wait than it can be set to. */
  #look(rung: boolean): void {
    if (!this.#settings.isIdle()) this.touch();
    if (rung && !this.#touched) this.#over = true;
    else this.#set();
  }
}
