/** Cancels: of a turn, running or still to start, of one step, of all that runs and waits. */
import { turnNumber, turnOf, type CancelReply } from '../../src/contracts/index.ts';
import type { Line } from './line.ts';
import type { StepCancel } from './closings.ts';
import type { Turns } from './turns.ts';

export class Cancels {
  readonly #turns: Turns;
  readonly #line: Line;

  constructor(turns: Turns, line: Line) {
    this.#turns = turns;
    this.#line = line;
  }

  /** The named turn, or else the running one, or else the first beside the main lane, or else the next. */
  turn(turn: string | undefined, now: number): CancelReply {
    const wanted = turn ?? this.#turns.all[0]?.turn ?? this.#line.first?.turn;
    if (wanted === undefined) return { status: 'none' };
    const running = this.#turns.find(wanted);
    if (running) {
      const reply = this.#turns.cancel(running, now);
      this.#line.settle(now);
      return reply;
    }
    if (this.#line.cancel(wanted, now)) return { status: 'cancelling', turn: wanted };
    return this.#isNumbered(wanted) ? { status: 'ended', turn: wanted } : { status: 'none' };
  }

  /** All turns that run and all that wait. */
  all(now: number): CancelReply {
    const running = this.#turns.all.filter(({ end }) => !end).map(({ turn }) => turn);
    const turns = [...running, ...this.#line.turns];
    for (const turn of turns) this.turn(turn, now);
    return { status: turns.length > 0 ? 'cancelling' : 'ended', turns };
  }

  /** One step. What is not known to run is answered at once. */
  step(step: string): StepCancel {
    const turn = turnOf(step);
    const running = this.#turns.find(turn);
    const runs = running && !running.end && !running.cancelled && running.phase !== 'over';
    if (runs) return this.#turns.closings.ofStep(turn, step);
    const isOver = this.#isNumbered(turn) && !this.#line.turns.includes(turn);
    return { step, status: isOver ? 'ended' : 'none' };
  }

  #isNumbered(turn: string): boolean {
    const number = turnNumber(turn);
    return number > 0 && number <= this.#line.numbered;
  }
}
