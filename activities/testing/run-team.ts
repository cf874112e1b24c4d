/** Runs a team in a test, without a server: the same kernel, agents whose answers are given. */
import {
  EMPTY_JOURNAL,
  eventId,
  openingRoster,
  type AgentSpec,
  type Approval,
  type JournalEntry,
  type JsonObject,
  type Limits,
  type LoggedEvent,
  type Roster,
  type TurnWait,
} from '../../src/contracts/index.ts';
import type { Team, TeamMessage } from '../teams/team.ts';
import { Cast, type RosterNews } from '../turn/cast.ts';
import { TurnJournal } from '../turn/journal.ts';
import { Kernel } from '../turn/kernel.ts';
import type { StepCall, StepOutcome } from '../turn/step-call.ts';
import { Memory } from '../turn/memory.ts';
import { guarded, Spending } from '../turn/spending.ts';
import { TeamBroken, TurnStopped } from '../turn/stops.ts';
import {
  agentOf,
  answersOf,
  decisionOf,
  endOf,
  messageId,
  rosterOf,
  type GivenAnswer,
  type GivenDecision,
} from './given.ts';
import type { PauseCall, TurnDriver, TurnEnd } from '../turn/turn-driver.ts';

export interface TeamTest {
  /** Names, or whole agents. */
  readonly agents: readonly (string | AgentSpec)[];
  /** By agent, in the order in which it is asked; whoever is asked more often says `{name} {number}`. */
  readonly answers?: Readonly<Record<string, readonly GivenAnswer[]>>;
  readonly options?: JsonObject;
  /** What the turn may spend. */
  readonly limits?: Limits;
  /** Texts, or whole messages. */
  readonly messages?: readonly (string | TeamMessage)[];
  /** Names of agents that are paused when the turn starts. */
  readonly paused?: readonly string[];
  /** The agents that take part when the team asks for the members for the first, the second, … time; default: all. */
  readonly members?: readonly (readonly (string | AgentSpec)[])[];
  /** People of the session, and what each answers when she is asked for the first, the second, … time; then nothing. */
  readonly people?: Readonly<Record<string, readonly string[]>>;
  /** What people decide of each approval; default: nobody decides in time. */
  readonly approve?: (approval: Approval) => GivenDecision;
  /** What the team has kept from earlier turns. */
  readonly memory?: JsonObject;
}

export interface TeamStep {
  readonly step: string;
  readonly agent: string;
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly text: string;
  readonly task?: string;
  readonly sees: readonly string[];
}

export interface TeamRun {
  readonly end: Pick<Extract<TurnEnd, { status: 'completed' | 'failed' }>, 'status'> & {
    readonly code?: string;
    readonly message?: string;
  };
  /** In the order of their starts. */
  readonly steps: readonly TeamStep[];
  /** What the team keeps for its next turn. */
  readonly memory: JsonObject;
}

/** Throws if the team does something else when its code runs again against the journal of the first run. */
export async function runTeam(team: Team, test: TeamTest): Promise<TeamRun> {
  const first = new TestTurn(test, new TurnJournal(EMPTY_JOURNAL, []), new Map());
  const end = await first.run(team);
  const again = new TestTurn(test, new TurnJournal(EMPTY_JOURNAL, first.journal.added), first.ends);
  const second = await again.run(team);
  const memory = { ...test.memory, ...first.memory.changed };
  const same = JSON.stringify([second, again.memory.changed]) === JSON.stringify([end, first.memory.changed]);
  if (!same || again.steps.length > 0) {
    throw new Error(
      `The team does not follow from its answers: ${JSON.stringify([end, second, again.steps])}`,
    );
  }
  return { end, steps: first.steps, memory };
}

class TestTurn implements TurnDriver {
  readonly mustYield = false;
  readonly suspendAfterMs = Infinity;
  journal: TurnJournal;
  memory: Memory;
  readonly steps: TeamStep[] = [];
  readonly ends: Map<string, LoggedEvent>;
  readonly #test: TeamTest;
  readonly #asked = new Map<string, number>();
  readonly #stops = new Map<string, () => void>();
  #time = 0;
  /** How often the team has asked for the members. */
  #told = 0;

  constructor(test: TeamTest, journal: TurnJournal, ends: Map<string, LoggedEvent>) {
    this.#test = test;
    this.journal = journal;
    this.ends = ends;
    this.memory = new Memory(test.memory ?? {});
  }

  async run(team: Team): Promise<TeamRun['end']> {
    const { options = {}, messages = ['Hello.'] } = this.#test;
    const frame = {
      turn: 't1',
      messages: messages.map((each, index) =>
        typeof each === 'string' ? { id: `m${index + 1}`, text: each } : each,
      ),
      ...{ options, answers: answersOf(this.#test), joining: { messages: [] } },
    };
    try {
      for (;;) {
        const cast = new Cast(rosterOf(this.#test), (agent) => agent);
        const { memory } = this;
        const spending = new Spending(this.#test.limits);
        const kernel = new Kernel({ ...frame, cast, memory, spending, depth: 0 }, this.journal, this);
        const end = await guarded(spending, 0, kernel.run(team, this.ends));
        if (end.status === 'failed') return end;
        if (end.status !== 'suspended') return { status: 'completed' };
        this.#wake(end.waits);
      }
    } catch (error) {
      if (!(error instanceof TeamBroken)) throw error;
      return { status: 'failed', code: error.code, message: error.message };
    }
  }

  async step(call: StepCall): Promise<StepOutcome> {
    const { step, agent, input, sees, say } = call;
    const index = this.steps.length;
    const answer = say ?? this.#next(agent);
    const told = input?.task === undefined ? {} : { task: input.task };
    const end = endOf(call, answer);
    this.steps.push({
      step,
      agent,
      status: end?.status ?? 'cancelled',
      text: end?.text ?? '',
      ...told,
      sees,
    });
    if (!end) {
      await new Promise<never>((_, reject) => {
        this.#stops.set(step, () => reject(new TurnStopped('withdrawn')));
      });
      throw new TurnStopped('withdrawn');
    }
    const kind = say === undefined ? 'ask' : 'say';
    this.journal.add({ path: call.path, kind, key: agent, outcome: end.status });
    const type = end.status === 'completed' ? 'step.completed' : 'step.failed';
    const event = { id: eventId.stepEnded(step), type, at: index, seq: index, step, data: end };
    this.ends.set(step, event as unknown as LoggedEvent); // safety: `data` is that of `type`
    return end;
  }

  async withdraw(calls: readonly StepCall[]): Promise<void> {
    for (const { step } of calls) this.#stops.get(step)?.();
  }

  #next(agent: string): GivenAnswer {
    const count = (this.#asked.get(agent) ?? 0) + 1;
    this.#asked.set(agent, count);
    return this.#test.answers?.[agent]?.[count - 1] ?? `${agent} ${count}`;
  }

  pausing(): readonly [] {
    return [];
  }

  lacking(): readonly [] {
    return [];
  }

  /** Time passes when nothing else happens. */
  at(time: number): Promise<void> {
    this.#time = Math.max(this.#time, time);
    return new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
  }

  async over({ path, key }: PauseCall): Promise<void> {
    this.journal.add({ path, kind: 'sleep', key, outcome: 'over' });
  }

  async members({ path, key }: PauseCall, cast: Cast): Promise<RosterNews> {
    const news = cast.news(this.#roster());
    this.journal.add({ path, kind: 'members', key, ...news });
    return news;
  }

  /** People answer, or do not, and pauses are over: the team runs again from its start. */
  #wake(waits: readonly TurnWait[]): void {
    for (const wait of waits) {
      const entry = this.#answerTo(wait);
      if (entry) this.journal.add(entry);
      this.journal = new TurnJournal(EMPTY_JOURNAL, this.journal.added);
    }
    this.memory = new Memory(this.#test.memory ?? {});
  }

  #answerTo({ path, kind, key, approval }: TurnWait): JournalEntry | null {
    if (kind === 'retry') return null;
    if (approval) return { path, kind, key, ...decisionOf(approval, this.#test.approve?.(approval)) };
    const asked = this.journal
      .decided()
      .filter((entry) => entry.kind === 'person' && entry.key === key).length;
    const message = kind === 'person' ? messageId(key, asked) : '';
    if (!answersOf(this.#test).has(message)) return { path, kind, key, outcome: 'over' };
    return { path, kind, key, outcome: 'answered', message };
  }

  #roster(): Roster | null {
    const given = this.#test.members?.[this.#told];
    this.#told += 1;
    if (!given) return null;
    const { agents } = this.#test;
    const people = rosterOf(this.#test).members.filter(({ kind }) => kind === 'person');
    const present = given.map((each) => {
      const known = agents.find((agent) => agentOf(agent).name === each);
      return agentOf(known ?? each);
    });
    const { members } = openingRoster(present);
    return { revision: this.#told, members: [...members, ...people], agents: present };
  }

  now(): number {
    this.#time += 1;
    return this.#time;
  }

  random(): number {
    return 0.5;
  }
}
