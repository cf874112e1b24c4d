/** The steps of a turn that run: each can be stopped by itself, and may wait, for a time or for a worker with the means. */
import type { TurnWait } from '../../src/contracts/index.ts';
import type { StepCall, StepOutcome } from './step-call.ts';
import { Pauses } from './pauses.ts';
import { TurnStopped } from './stops.ts';

interface Running {
  readonly stop: AbortController;
  readonly signal: AbortSignal;
  readonly ended: Promise<StepOutcome>;
}

export class RunningSteps {
  readonly #turn: AbortSignal;
  readonly #changed: () => void;
  readonly #pauses = new Pauses();
  readonly #running = new Map<string, Running>();

  /** `turn`: stops all of them. `changed` is told when one of them begins to wait. */
  constructor(turn: AbortSignal, changed: () => void) {
    this.#turn = turn;
    this.#changed = changed;
  }

  /** Runs a step; the signal stops it. */
  run(step: string, begin: (signal: AbortSignal) => Promise<StepOutcome>): Promise<StepOutcome> {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#turn, stop.signal]);
    // Later: what the step asks for at once is to find it here.
    const ended = Promise.resolve().then(() => begin(signal));
    this.#running.set(step, { stop, signal, ended });
    ended.finally(() => this.#running.delete(step)).catch(() => undefined);
    return ended;
  }

  /** Resolves once these steps do not run any more: stopped, or come to their end. */
  async withdraw(steps: readonly string[]): Promise<void> {
    const running = steps.flatMap((step) => this.#running.get(step) ?? []);
    for (const { stop } of running) stop.abort(new TurnStopped('withdrawn'));
    await Promise.allSettled(running.map(({ ended }) => ended));
  }

  /** Those of these steps that run have been ended by somebody else. */
  end(steps: readonly string[]): void {
    for (const step of steps) this.#running.get(step)?.stop.abort(new TurnStopped('ended'));
  }

  has(step: string): boolean {
    return this.#running.has(step);
  }

  async settled(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map(({ ended }) => ended));
  }

  /** Resolves when the pause of the step is over. Rejects when it is stopped. */
  pause({ path, agent, step }: StepCall, until: number): Promise<void> {
    return this.#pauses.take({ path, kind: 'retry', key: agent, until }, this.#signalOf(step), this.#changed);
  }

  /** Rejects when the step is stopped. */
  lack({ path, step }: StepCall, runner: string): Promise<void> {
    return this.#pauses.lack({ path, runner }, this.#signalOf(step), this.#changed);
  }

  pausing(): readonly TurnWait[] {
    return this.#pauses.list();
  }

  lacking(): readonly string[] {
    return this.#pauses.lacking();
  }

  #signalOf(step: string): AbortSignal {
    return this.#running.get(step)?.signal ?? this.#turn;
  }
}
