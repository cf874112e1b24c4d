/** The world of a kernel as a whole turn sees it, over any number of runs: steps, pauses, and what is durable when a run is gone. */
import { setImmediate as afterMicrotasks } from 'node:timers/promises';
import type { TurnFrame } from '../../../activities/turn/calls.ts';
import { Spending } from '../../../activities/turn/spending.ts';
import { Cast, type RosterNews } from '../../../activities/turn/cast.ts';
import { Kernel } from '../../../activities/turn/kernel.ts';
import type { StepCall, StepOutcome } from '../../../activities/turn/step-call.ts';
import { Memory } from '../../../activities/turn/memory.ts';
import { TurnStopped } from '../../../activities/turn/stops.ts';
import type { PauseCall, TurnDriver, TurnEnd } from '../../../activities/turn/turn-driver.ts';
import { TurnState } from '../../../activities/turn/turn-state.ts';
import type { Team } from '../../../activities/teams/team.ts';
import {
  EMPTY_JOURNAL,
  openingRoster,
  type EventDraft,
  type Journal,
  type JournalEntry,
  type LoggedEvent,
  type Member,
  type Roster,
  type TurnWait,
} from '../../../src/contracts/index.ts';
import { hash } from './program.ts';

const FRAME: Omit<TurnFrame, 'memory' | 'cast' | 'answers'> = {
  turn: 't1',
  messages: [{ id: 'm1', text: 'hello' }],
  options: {},
  joining: { messages: [] },
  depth: 0,
  get spending() {
    return new Spending();
  },
};

/** As the turn starts. */
const ROSTER = openingRoster(['a', 'b', 'c', 'd'].map((name) => ({ name, runner: 'scripted' })));

/** Two readings of the clock differ by more than any pause: so the end of a pause names it. */
const TICK_MS = 1_000;

/** What outlives a run. */
export class World {
  journal: Journal = EMPTY_JOURNAL;
  readonly ends = new Map<string, LoggedEvent>();
  /** How each step was called, and in how many runs. */
  readonly calls = new Map<string, { readonly call: StepCall; times: number }>();
  /** Steps that a run has withdrawn. */
  readonly withdrawn = new Set<string>();
  /** What a run has done that no run may do. */
  readonly wrong: string[] = [];
  /** Which revision the members have when they are asked for there; else each time another one. */
  readonly revisions = new Map<string, number>();
  #revision = 0;
  #time = 0;

  roster(path: string): Roster {
    const known = this.revisions.get(path);
    if (known === undefined) this.#revision += 1;
    return rosterAt(known ?? this.#revision);
  }

  now(): number {
    this.#time += TICK_MS;
    return this.#time;
  }

  called(call: StepCall): void {
    const known = this.calls.get(call.step);
    if (this.ends.has(call.step)) this.wrong.push(`${call.step} was asked again after its end`);
    if (known && JSON.stringify(known.call) !== JSON.stringify(call)) {
      this.wrong.push(`${call.step} was asked otherwise: ${JSON.stringify([known.call, call])}`);
    }
    if (known) known.times += 1;
    else this.calls.set(call.step, { call, times: 1 });
  }

  /** A run has left this. */
  add(entries: readonly JournalEntry[]): void {
    this.journal = { ...this.journal, entries: [...this.journal.entries, ...entries] };
  }

  /** The workflow ends pauses of the team, and people decide. */
  wake(waits: readonly TurnWait[]): void {
    this.add(waits.flatMap((wait) => overOf(wait) ?? []));
  }
}

interface Pending<T> {
  readonly what: T;
  go(): void;
  stop(): void;
}

/** One run, in which nothing ends by itself. */
export class WorldRun implements TurnDriver {
  mustYield = false;
  readonly suspendAfterMs: number;
  /** Steps that speak, pauses that run, ends that are durable and not shown yet. */
  readonly steps: Pending<StepCall>[] = [];
  readonly sleeps: Pending<PauseCall>[] = [];
  readonly questions: Pending<PauseCall>[] = [];
  readonly unshown: Pending<StepCall>[] = [];
  end: TurnEnd | null = null;
  error: Error | null = null;
  readonly #world: World;
  readonly #state: TurnState;
  readonly #kernel: Kernel;
  readonly #paused = new Map<string, TurnWait>();
  #saved: readonly JournalEntry[] = [];
  /** Entries that the kernel will first answer from, one at a time. */
  #replaying: number;

  constructor(world: World, team: Team, suspendAfterMs = Infinity) {
    this.suspendAfterMs = suspendAfterMs;
    this.#world = world;
    this.#state = new TurnState(world.journal, null, 1, () => []);
    this.#replaying = this.#state.journal.decided().length;
    this.#kernel = new Kernel(
      { ...FRAME, memory: new Memory({}), answers: new Map(), cast: new Cast(ROSTER, (agent) => agent) },
      this.#state.journal,
      this,
    );
    this.#kernel.run(team, world.ends).then(
      (end) => {
        this.end = end;
      },
      (error: unknown) => {
        this.error = error as Error; // safety: nothing else is thrown
      },
    );
  }

  get isOver(): boolean {
    return this.end !== null || this.error !== null;
  }

  /** What it leaves behind if it comes back, and if it is gone. */
  get entries(): readonly JournalEntry[] {
    return this.#state.journal.added;
  }

  get durable(): readonly JournalEntry[] {
    return this.#saved;
  }

  /** Resolves when the team and the kernel have done all that they can do by themselves. */
  async settle(): Promise<void> {
    for (let turns = this.#replaying + 10; turns > 0; turns -= 1) await afterMicrotasks();
    this.#replaying = 0;
  }

  yieldSoon(): void {
    this.mustYield = true;
    this.#kernel.check();
  }

  /** A provider asks the step to wait. */
  pause({ what: { path, agent } }: Pending<StepCall>): void {
    this.#paused.set(path, { path, kind: 'retry', key: agent, until: Number.MAX_SAFE_INTEGER });
    this.#kernel.check();
  }

  // The driver

  async step(call: StepCall): Promise<StepOutcome> {
    if (this.#state.mustSave) await this.#save();
    this.#world.called(call);
    await this.#until(this.steps, call);
    this.#paused.delete(call.path);
    const outcome = outcomeOf(call);
    const end = endOf(outcome);
    this.#state.end(call, [end]);
    await this.#save();
    this.#world.ends.set(call.step, { ...end, seq: 1 });
    await this.#until(this.unshown, call);
    await this.#state.inOrder(call.path);
    return outcome;
  }

  async at(until: number): Promise<void> {
    const path = `until ${until}`;
    await this.#until(this.sleeps, { path, key: '', until });
  }

  async over(call: PauseCall): Promise<void> {
    this.#state.over(call);
    await this.#state.inOrder(call.path);
  }

  /** A step that speaks stops; one that has ended is shown. */
  async withdraw(calls: readonly StepCall[]): Promise<void> {
    for (const { step, path } of calls) {
      this.#world.withdrawn.add(step);
      this.#paused.delete(path);
      this.steps.find(({ what }) => what.step === step)?.stop();
    }
    if (this.#state.mustSave) await this.#save();
  }

  async members(call: PauseCall, cast: Cast): Promise<RosterNews> {
    await this.#until(this.questions, call);
    return this.#state.told(call, cast.news(this.#world.roster(call.path)));
  }

  lacking(): readonly string[] {
    return [];
  }

  pausing(): readonly TurnWait[] {
    return [...this.#paused.values()];
  }

  now(): number {
    return this.#world.now();
  }

  random(): number {
    return (hash(String(this.#world.now())) % 1_000) / 1_000;
  }

  async #save(): Promise<void> {
    const entries = [...this.#state.journal.added];
    await Promise.resolve();
    this.#saved = entries;
    this.#state.saved(entries.length);
  }

  #until<T>(list: Pending<T>[], what: T): Promise<void> {
    return new Promise((resolve, reject) => {
      const pending: Pending<T> = {
        what,
        go: () => {
          list.splice(list.indexOf(pending), 1);
          resolve();
        },
        stop: () => {
          list.splice(list.indexOf(pending), 1);
          reject(new TurnStopped('withdrawn'));
        },
      };
      list.push(pending);
    });
  }
}

/** How a wait ends, if the workflow ends it: the same whenever it is asked. */
function overOf({ kind, path, key }: TurnWait): JournalEntry | undefined {
  if (kind === 'sleep') return { path, kind, key, outcome: 'over' };
  if (kind !== 'approval') return undefined;
  const outcome = hash(key) % 2 === 0 ? 'approved' : 'denied';
  return { path, kind, key, outcome, decided: { by: ['ana'] } };
}

/** Some are paused, another one has joined. */
function rosterAt(revision: number): Roster {
  const members = ROSTER.members.map((member, index): Member => ({
    ...member,
    status: hash(`${revision} ${index}`) % 3 === 0 ? 'paused' : 'active',
  }));
  const agent = { name: `e${revision}`, runner: 'scripted' };
  const joined: Member = { kind: 'agent', name: agent.name, status: 'active' };
  return { revision, members: [...members, joined], agents: [...ROSTER.agents, agent] };
}

/** The same whenever it is asked: one step in four fails. */
function outcomeOf({ step, agent, say }: StepCall): StepOutcome {
  if (say !== undefined) return { status: 'completed', step, agent, text: say, calls: [] };
  const text = `${agent} in ${step}`;
  if (hash(text) % 4 > 0) return { status: 'completed', step, agent, text, calls: [] };
  return { status: 'failed', step, agent, code: 'agent_failed', message: 'It failed.', text };
}

function endOf({ status, step, agent, ...data }: StepOutcome): EventDraft {
  const type = status === 'completed' ? 'step.completed' : 'step.failed';
  return { id: `step:${step}:end`, type, at: 1, turn: 't1', step, agent, data } as EventDraft; // safety: `data` is that of `type`
}
