/** A world for a kernel in which nothing is real but the order of things: steps end when the test says so. */
import type { TurnFrame } from '../../../activities/turn/calls.ts';
import { Spending } from '../../../activities/turn/spending.ts';
import { Cast, type RosterNews } from '../../../activities/turn/cast.ts';
import { Kernel } from '../../../activities/turn/kernel.ts';
import type { StepCall, StepOutcome } from '../../../activities/turn/step-call.ts';
import { Memory } from '../../../activities/turn/memory.ts';
import { TurnStopped } from '../../../activities/turn/stops.ts';
import type { PauseCall, TurnDriver, TurnEnd } from '../../../activities/turn/turn-driver.ts';
import { TurnJournal } from '../../../activities/turn/journal.ts';
import type { Outcome, Team } from '../../../activities/teams/team.ts';
import {
  EMPTY_JOURNAL,
  openingRoster,
  type Journal,
  type LoggedEvent,
  type Roster,
  type ToolCall,
  type TurnWait,
} from '../../../src/contracts/index.ts';

/** As the turn starts. */
const ROSTER = openingRoster(['a', 'b', 'c', 'd'].map((name) => ({ name, runner: 'scripted' })));

export const FRAME: Omit<TurnFrame, 'memory' | 'cast' | 'answers'> = {
  turn: 't1',
  messages: [{ id: 'm1', text: 'hello' }],
  options: {},
  joining: { messages: [] },
  depth: 0,
  get spending() {
    return new Spending();
  },
};

/** Everything that outlives a run of the kernel: the journal, and the ends of steps. */
export class Turn {
  journal: Journal = EMPTY_JOURNAL;
  readonly ends = new Map<string, LoggedEvent>();
  /** Steps that were run, in the order of their starts, over all runs. */
  readonly started: string[] = [];
  /** Steps that were withdrawn. */
  readonly withdrawn: string[] = [];
  time = 1_000;
  /** Who takes part in the session now. */
  roster: Roster = ROSTER;
  readonly #team: Team;

  constructor(team: Team) {
    this.#team = team;
  }

  /** Runs the team from its start against the journal so far. */
  run(world: Partial<World> = {}): Run {
    return new Run(this, this.#team, world);
  }

  /** The workflow ends the waits of a suspended run. */
  wake(waits: readonly TurnWait[]): void {
    const over = waits.map(({ path, key }) => ({
      path,
      kind: 'sleep' as const,
      key,
      outcome: 'over' as const,
    }));
    this.journal = { ...this.journal, entries: [...this.journal.entries, ...over] };
  }
}

interface World {
  readonly suspendAfterMs: number;
}

interface OpenStep {
  readonly call: StepCall;
  end(outcome: Outcome & { readonly calls?: readonly ToolCall[] }): void;
  stop(): void;
}

export class Run implements TurnDriver {
  readonly ended: Promise<TurnEnd>;
  readonly suspendAfterMs: number;
  mustYield = false;
  readonly #turn: Turn;
  readonly #journal: TurnJournal;
  readonly #kernel: Kernel;
  readonly #open = new Map<string, OpenStep>();
  readonly #paused = new Map<string, TurnWait>();
  #waiting: (() => void)[] = [];

  constructor(turn: Turn, team: Team, { suspendAfterMs = 0 }: Partial<World>) {
    this.suspendAfterMs = suspendAfterMs;
    this.#turn = turn;
    this.#journal = new TurnJournal(turn.journal, []);
    this.#kernel = new Kernel(
      { ...FRAME, memory: new Memory({}), answers: new Map(), cast: new Cast(ROSTER, (agent) => agent) },
      this.#journal,
      this,
    );
    this.ended = this.#kernel.run(team, turn.ends);
    this.ended.catch(() => undefined);
  }

  /** Steps that run, sorted. */
  get open(): readonly string[] {
    return [...this.#open.keys()].sort();
  }

  /** What each open step sees. */
  sees(step: string): readonly string[] | undefined {
    return this.#open.get(step)?.call.sees;
  }

  isLast(step: string): boolean | undefined {
    return this.#open.get(step)?.call.last;
  }

  async complete(step: string, text = `said in ${step}`): Promise<void> {
    const open = await this.#whenOpen(step);
    const { agent, path } = open.call;
    this.#end(open, { status: 'completed', step, agent, text }, { path, outcome: 'completed' });
  }

  async fail(step: string): Promise<void> {
    const open = await this.#whenOpen(step);
    const { agent, path } = open.call;
    const failure = { code: 'agent_failed', message: 'It failed.', text: '' };
    this.#end(open, { status: 'failed', step, agent, ...failure }, { path, outcome: 'failed' });
  }

  /** Resolves once these steps, and no others, run. */
  async untilOpen(...steps: string[]): Promise<void> {
    while (this.open.join() !== [...steps].sort().join()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** What this run would leave behind if it were gone now. */
  leave(): void {
    const { journal } = this.#turn;
    this.#turn.journal = { ...journal, entries: [...journal.entries, ...this.#journal.added] };
  }

  async #whenOpen(step: string): Promise<OpenStep> {
    for (;;) {
      const open = this.#open.get(step);
      if (open) return open;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #end(
    { call, end }: OpenStep,
    outcome: Outcome & { readonly calls?: readonly ToolCall[] },
    entry: { path: string; outcome: 'completed' | 'failed' },
  ): void {
    const { use, agent, say } = call;
    const kind = use ? 'call' : say === undefined ? 'ask' : 'say';
    this.#journal.add({ ...entry, kind, key: use?.tool ?? agent });
    this.#open.delete(call.step);
    const type = outcome.status === 'completed' ? 'step.completed' : 'step.failed';
    const { calls = [] } = outcome;
    const data = outcome.status === 'completed' ? { text: outcome.text, calls } : outcome;
    const event = { id: `step:${call.step}:end`, type, at: 1, step: call.step, seq: 1, data } as LoggedEvent;
    this.#turn.ends.set(call.step, event);
    end(outcome);
  }

  // The driver

  step(call: StepCall): Promise<StepOutcome> {
    this.#turn.started.push(call.step);
    const { promise, resolve, reject } = Promise.withResolvers<StepOutcome>();
    const stop = (): void => reject(new TurnStopped('withdrawn'));
    const end = (outcome: Outcome & { readonly calls?: readonly ToolCall[] }): void => {
      resolve(outcome.status === 'completed' ? { ...outcome, calls: outcome.calls ?? [] } : outcome);
    };
    this.#open.set(call.step, { call, end, stop });
    this.#changed();
    return promise;
  }

  async withdraw(calls: readonly StepCall[]): Promise<void> {
    for (const { step } of calls) {
      this.#turn.withdrawn.push(step);
      this.#open.get(step)?.stop();
      this.#open.delete(step);
    }
    this.#changed();
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  lacking(): readonly string[] {
    return [];
  }

  pausing(): readonly TurnWait[] {
    return [...this.#paused.values()];
  }

  async over({ path, key }: PauseCall): Promise<void> {
    this.#journal.add({ path, kind: 'sleep', key, outcome: 'over' });
  }

  at(time: number): Promise<void> {
    return time <= this.#turn.time ? Promise.resolve() : new Promise(() => undefined);
  }

  async members({ path, key }: PauseCall, cast: Cast): Promise<RosterNews> {
    const news = cast.news(this.#turn.roster);
    this.#journal.add({ path, kind: 'members', key, ...news });
    return news;
  }

  now(): number {
    this.#turn.time += 1;
    return this.#turn.time;
  }

  random(): number {
    return this.#turn.started.length / 100;
  }

  /** The provider of the step asks it to wait for a minute. */
  pause(step: string): void {
    const { path, agent } = this.#open.get(step)!.call;
    this.#paused.set(path, { path, kind: 'retry', key: agent, until: this.#turn.time + 60_000 });
    this.#kernel.check();
  }

  /** As a worker that is about to stop does. */
  yieldSoon(): void {
    this.mustYield = true;
    this.#kernel.check();
  }
}
