/** Turns on a real log, run as the activity runs them, and the workflow that hands them from one activity to the next. */
import { randomUUID } from 'node:crypto';
import { setImmediate as afterMicrotasks } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { Conversations } from '../../activities/conversation/conversations.ts';
import type { Team } from '../../activities/teams/team.ts';
import type { Tool } from '../../activities/tools/tool.ts';
import { Heartbeat } from '../../activities/turn/heartbeat.ts';
import { TurnRun } from '../../activities/turn/run-turn.ts';
import type { RunWatch } from '../../activities/turn/watch.ts';
import type { AgentRunner } from '../../activities/agents/runner.ts';
import { TurnStopped } from '../../activities/turn/stops.ts';
import type { TurnDeps } from '../../activities/turn/turn-deps.ts';
import {
  LIMITS,
  type AgentSpec,
  type Asks,
  type EventDraft,
  type LoggedEvent,
  type SessionInfo,
  type SessionRef,
  type TurnInput,
  type TurnProgress,
  type TurnResult,
  type Wait,
} from '../../src/contracts/index.ts';
import type { SessionLog } from '../../src/log/index.ts';
import { Facts } from '../../workflows/facts/facts.ts';
import { RunningTurn } from '../../workflows/rules/turn.ts';
import { eventually } from '../support/process.ts';
import { Cast, Channel, FakeSource, INFO, lead, newSession, startLog, type TestLog } from './support.ts';

/** Types of the events of a session whose one turn of one step went well. */
export const COMPLETED = [
  'session.created',
  'message.accepted',
  'turn.started',
  'step.started',
  'step.completed',
  'turn.completed',
];

export const types = (events: readonly LoggedEvent[]): string[] => events.map((event) => event.type);

/** What was said, by step. */
export const texts = (events: readonly LoggedEvent[]): Record<string, string> =>
  Object.fromEntries(
    events.flatMap((event): [string, string][] =>
      event.type === 'step.completed' ? [[event.step ?? '', event.data.text]] : [],
    ),
  );

function toolsOf(tools: ExecutionOptions['tools'] = new Map()): TurnDeps['tools'] {
  return typeof tools === 'function' ? tools : async () => tools;
}

/** One agent has the only word. */
const SOLO: Team = async () => ({ agent: 'a' });

export interface ExecutionOptions {
  readonly team?: Team;
  readonly tools?: ReadonlyMap<string, Tool> | TurnDeps['tools'];
  readonly input?: Partial<TurnInput>;
  /** Temporal's attempt; default 1. */
  readonly attempt?: number;
  readonly progress?: TurnProgress | null;
  /** Inside a workflow task: no heartbeat, no patience. */
  readonly local?: boolean;
  readonly suspendAfterMs?: number;
  /** Between heartbeats that only show life; default 20. */
  readonly everyMs?: number;
  readonly draining?: AbortSignal;
  /** Default: those of the scene. */
  readonly cast?: Cast;
  /** Kinds of agents that the worker can run. */
  readonly able?: readonly string[];
  /** The model that agents ask; absent: none. */
  readonly asks?: Asks;
  readonly waited?: readonly Wait[];
  readonly watch?: RunWatch;
  /** Puts itself between the turn and the log. */
  readonly log?: (log: SessionLog) => SessionLog;
}

/** One execution of a turn's activity, in a worker of its own. */
export class Execution {
  readonly cast: Cast;
  readonly channel = new Channel();
  readonly run: TurnRun;
  readonly result: Promise<TurnResult>;

  constructor(scene: Scene, input: TurnInput, options: ExecutionOptions) {
    const { local = false, everyMs = 20, attempt = local ? 0 : 1, progress = null } = options;
    const { suspendAfterMs = LIMITS.suspendAfterMs, draining = new AbortController().signal } = options;
    this.cast = options.cast ?? scene.cast;
    const { source } = scene;
    const log = options.log?.(scene.server.log) ?? scene.server.log;
    const deps = {
      ...{ log, source, patient: !local, conversations: new Conversations({ log, source }) },
      teams: { sequence: options.team ?? SOLO },
      tools: toolsOf(options.tools),
      stalls: scene.server.stalls,
      configured: (agent: AgentSpec) => agent,
      runners: Object.fromEntries(
        (options.able ?? ['scripted']).map((name) => [name, this.#runner(options)]),
      ),
      watch: options.watch,
      logger: {
        warn: (details: object) => {
          scene.told.push(details);
        },
      },
    };
    const { send } = this.channel;
    this.run = new TurnRun(deps, input, {
      ...{ owner: randomUUID(), attempt, progress, suspendAfterMs, draining },
      ...(options.waited && { waited: options.waited }),
      heartbeat: (details, stop) => (local ? null : new Heartbeat({ send, details, stop, everyMs })),
    });
    this.result = this.run.run();
    this.result.catch(() => undefined);
  }

  #runner({ asks }: ExecutionOptions): AgentRunner {
    return asks ? { run: (request) => this.cast.run(request), asks: () => asks } : this.cast;
  }

  async end(): Promise<void> {
    this.channel.answer = 'gone';
    this.channel.away = false;
    this.channel.release();
    this.run.stop(new TurnStopped('superseded'));
    this.run.stop(new TurnStopped('superseded'));
    await this.result.catch(() => undefined);
  }

  /** As SIGKILL does, as far as the world can see. */
  async kill(): Promise<void> {
    this.run.stop(new TurnStopped('superseded'));
    await this.result.then(
      () => {
        throw new Error('the turn has ended before it was killed');
      },
      () => undefined,
    );
  }
}

export class Scene {
  source = new FakeSource();
  cast = new Cast();
  ref: SessionRef = newSession();
  /** What the workers have logged. */
  told: object[] = [];
  readonly #executions: Execution[] = [];
  #server: TestLog | undefined;
  #info = INFO;
  #facts = new Facts();
  #turn = newTurn();

  get server(): TestLog {
    if (!this.#server) throw new Error('the log is not started');
    return this.#server;
  }

  /** The agent `a`, who is the only one that most turns have. */
  get agent(): ReturnType<Cast['of']> {
    return this.cast.of('a');
  }

  async start(): Promise<void> {
    this.#server = await startLog();
  }

  set(): void {
    this.cast = new Cast();
    this.ref = newSession();
    this.told = [];
    this.open(INFO);
  }

  /** The session has these agents. */
  open(info: SessionInfo): void {
    this.#info = info;
    this.source = new FakeSource();
    this.#turn = newTurn();
    this.#facts = new Facts();
    this.#facts.adopt(lead(info));
    this.#tell();
  }

  /** The next activity of the turn, or the next attempt of the same one if `progress` is given. */
  execute(options: ExecutionOptions = {}): Execution {
    const { journal, causes, attempts, needs } = this.#turn;
    const leading = this.#facts.takeDrafts();
    this.#tell();
    const input = {
      ...this.ref,
      ...{ known: this.#facts.known, turn: 't1', causes, lead: leading, release: [], journal, attempts },
      closing: false,
      ...(needs === undefined ? {} : { needs }),
      ...options.input,
    };
    const execution = new Execution(this, input, options);
    this.#executions.push(execution);
    this.source.running = () => execution.channel.last?.facts ?? [];
    return execution;
  }

  /** Ends what a failed test has left running. */
  async end(): Promise<void> {
    for (const execution of this.#executions.splice(0)) await execution.end();
  }

  /** The server starts another attempt of the activity, with the newest heartbeat that it has. */
  retry(before: Execution, options: ExecutionOptions = {}): Execution {
    return this.execute({ attempt: 2, progress: before.channel.last, ...options });
  }

  /** The activity has come back: the workflow learns what it says. */
  async back(execution: Execution): Promise<TurnResult> {
    const told = await execution.result;
    await afterMicrotasks(); // it is encoded a moment later
    const result = JSON.parse(JSON.stringify(told)) as TurnResult; // safety: as a payload carries it
    this.#facts.adopt(result.unplaced);
    this.#turn.back(result, 0);
    this.#facts.report(result.report);
    this.source.running = () => [];
    this.#tell();
    return result;
  }

  /** A pause of the turn is over: all of its waits, or those that are due. */
  wake(all = true): void {
    this.#turn.wake(Date.now(), all);
  }

  /** Facts that the workflow would bring to the log next. */
  get pending(): readonly EventDraft[] {
    return this.#facts.pending();
  }

  async logged(): Promise<readonly LoggedEvent[]> {
    const slice = await this.server.log.read(this.ref, { after: 0, limit: 500 });
    return slice?.events ?? [];
  }

  /** Resolves once the log has this text of the open step. */
  streamed(text: string, step = 't1.1'): Promise<void> {
    return eventually(`the log has "${text}" of ${step}`, async () => {
      const slice = await this.server.log.read(this.ref, { limit: 1 });
      return slice?.open.find((open) => open.step === step)?.text === text;
    });
  }

  /** Resolves once the log has an event of this type. */
  async until(type: string, count = 1): Promise<void> {
    await eventually(`the log has ${type}`, async () => {
      return types(await this.logged()).filter((each) => each === type).length >= count;
    });
  }

  #tell(): void {
    const { known } = this.#facts;
    this.source.tells(this.#facts.pending(), this.#facts.held(), known, this.#info);
  }
}

function newTurn(): RunningTurn {
  return RunningTurn.of({ turn: 't1', messageId: 'm1', chars: 10 });
}

export function useScene(): Scene {
  const scene = new Scene();
  beforeAll(() => scene.start());
  beforeEach(() => {
    scene.set();
  });
  afterEach(() => scene.end());
  afterAll(() => scene.server.stop());
  return scene;
}
