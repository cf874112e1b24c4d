/** The activities of the turn at work, and the alarm that ends its waits. */
import { CancellationScope, setCurrentDetails, TemporalFailure } from '@temporalio/workflow';
import { Alarm } from './alarm.ts';
import type { Inside } from './calls/inside.ts';
import { lostTurn, runTurn } from './calls/turns.ts';
import type { SessionMachine } from './rules/machine.ts';
import { sessionStory, waitStory } from './rules/story.ts';

export class TurnRunner {
  readonly #machine: SessionMachine;
  readonly #inside: Inside;
  readonly #moved: () => void;
  /** Of the activity at work for the running turn. */
  #scope: CancellationScope | null = null;
  #failure: { error: unknown } | null = null;
  /** Ends the wait of a turn that waits. */
  readonly #waits = new Alarm();

  /** `moved`: called when an activity is over. */
  constructor(
    machine: SessionMachine,
    { inside, moved }: { readonly inside: Inside; readonly moved: () => void },
  ) {
    this.#machine = machine;
    this.#inside = inside;
    this.#moved = moved;
  }

  /** An activity is under way. */
  get isBusy(): boolean {
    return this.#scope !== null;
  }

  /** A mistake in this code. */
  get failure(): { readonly error: unknown } | null {
    return this.#failure;
  }

  /** Starts the next activity of the turn; the loop goes on meanwhile. */
  run(): void {
    const machine = this.#machine;
    const input = machine.runTurn(Date.now());
    const agents = machine.cast;
    const scope = new CancellationScope();
    this.#scope = scope;
    setCurrentDetails(sessionStory(machine));
    scope
      .run(() => runTurn(this.#inside, agents, input))
      .then((result) => machine.back(input, result, Date.now()))
      .catch((error: unknown) => {
        // A local activity's failure comes bare. Anything that is no failure of Temporal's is a mistake in this code.
        if (!(error instanceof TemporalFailure)) throw error;
        machine.lost(input, { ...lostTurn(error, input), stopped: scope.consideredCancelled }, Date.now());
      })
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#scope = null;
        this.#moved();
        this.wakeInTime();
        setCurrentDetails(sessionStory(machine));
      });
  }

  /** What comes in may cancel the turn: then its activity is told. */
  mayStop(act: () => void): void {
    const before = this.#machine.turns.current?.cancelled;
    act();
    if (this.#machine.turns.current?.cancelled !== before) this.stop();
  }

  /** The turn may have been cancelled: its activity is told, and it waits for nothing any more. */
  stop(): void {
    if (this.#machine.turns.current?.cancelled) this.#scope?.cancel();
    this.wakeInTime();
  }

  /** A step that says something hears of its cancel from the log, one that is silent so. */
  stopStep(): void {
    if (!this.#machine.isQuick) this.#scope?.cancel();
    this.wakeInTime();
  }

  /** A turn that waits goes on when its first wait is over. */
  wakeInTime(): void {
    const { turns, waits } = this.#machine;
    const turn = turns.current;
    const story = waitStory(waits.approvals);
    this.#waits.set(
      turn?.phase === 'waiting' ? turn.wakeAt : null,
      () => {
        waits.wake(Date.now(), false);
        this.wakeInTime();
      },
      story === '' ? {} : { summary: `waits for ${story}` },
    );
  }
}
