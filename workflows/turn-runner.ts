/** The activities of the turns at work, and the alarm that ends their waits. */
import { CancellationScope, TemporalFailure } from '@temporalio/workflow';
import { turnOf } from '../src/contracts/index.ts';
import { Alarm } from './alarm.ts';
import type { Inside } from './calls/inside.ts';
import { lostTurn, runTurn } from './calls/turns.ts';
import type { SessionMachine } from './rules/machine.ts';
import { waitStory } from './rules/story.ts';
import type { RunningTurn } from './rules/turn.ts';

export class TurnRunner {
  readonly #machine: SessionMachine;
  readonly #inside: Inside;
  readonly #moved: () => void;
  readonly #tell: () => void;
  /** Of the activities under way, by turn. */
  readonly #scopes = new Map<string, CancellationScope>();
  #failure: { error: unknown } | null = null;
  /** Ends the waits of turns that wait. */
  readonly #waits = new Alarm();

  /** `moved`: called when an activity is over. `tell`: called when what the Web UI shows has changed. */
  constructor(
    machine: SessionMachine,
    {
      inside,
      moved,
      tell,
    }: { readonly inside: Inside; readonly moved: () => void; readonly tell: () => void },
  ) {
    this.#machine = machine;
    this.#inside = inside;
    this.#moved = moved;
    this.#tell = tell;
  }

  /** The turns of which an activity is under way. */
  get busy(): readonly string[] {
    return [...this.#scopes.keys()];
  }

  /** A mistake in this code. */
  get failure(): { readonly error: unknown } | null {
    return this.#failure;
  }

  /** Starts the next activity of a turn; the loop goes on meanwhile. */
  run(): void {
    const machine = this.#machine;
    const input = machine.runTurn(Date.now());
    const agents = machine.castOf(input.roster);
    const scope = new CancellationScope();
    this.#scopes.set(input.turn, scope);
    this.#tell();
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
        // The next one of the turn may have been started.
        if (this.#scopes.get(input.turn) === scope) this.#scopes.delete(input.turn);
        this.#moved();
        this.wakeInTime();
        this.#tell();
      });
  }

  /** What comes in may cancel a turn: then its activity is told. */
  mayStop(act: () => void): void {
    const before = this.#cancelled.length;
    act();
    if (this.#cancelled.length !== before) this.stop();
  }

  /** Turns may have been cancelled: their activities are told, and they wait for nothing any more. */
  stop(): void {
    for (const { turn } of this.#cancelled) this.#scopes.get(turn)?.cancel();
    this.wakeInTime();
  }

  get #cancelled(): readonly RunningTurn[] {
    return this.#machine.turns.all.filter(({ cancelled }) => cancelled);
  }

  /** A step that says something hears of its cancel from the log, one that is silent so. A turn of quick agents is over in a moment. */
  stopStep(step: string): void {
    const turn = turnOf(step);
    const agents = this.#machine.castOf(this.#machine.turns.find(turn)?.roster);
    if (!agents.every(({ quick }) => quick === true)) this.#scopes.get(turn)?.cancel();
    this.wakeInTime();
  }

  /** Turns that wait go on when their first waits are over. */
  wakeInTime(): void {
    const { waits } = this.#machine;
    const story = waitStory(waits.approvals);
    this.#waits.set(
      waits.at,
      (now) => {
        waits.wake(now, false);
        this.wakeInTime();
      },
      story === '' ? {} : { summary: `waits for ${story}` },
    );
  }
}
