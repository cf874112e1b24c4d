/** A whole session in a test, without a server: messages go in, events come out. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { createScriptedRunner, type AgentRunner } from '../../activities/index.ts';
import {
  agentOf,
  applyEvent,
  emptyView,
  endsTurn,
  envelope,
  isSummaryStep,
  isToolStep,
  LIMITS,
  rosterChange,
  summaryOf,
  teamOf,
  type AgentRequest,
  type CancelReply,
  type Limits,
  type LoggedEvent,
  type MembersReply,
  type MembersRequest,
  type Message,
  type OpenApproval,
  type Receipt,
  type SessionEvent,
  type SessionInfo,
  type SessionRef,
  type SessionView,
  type SummaryRequest,
  type TeamSpec,
  type VoteReply,
  type VoteRequest,
} from '../contracts/index.ts';
import { MemoryLog } from '../log/index.ts';
import type { ProjectConfig } from '../project/index.ts';
import { loadProject } from '../project/load.ts';
import { partsOf } from '../project/parts.ts';
import { projectOf, type Project } from '../project/project.ts';
import { replying, type Replies } from './replies.ts';
import { SessionLoop } from './session-loop.ts';

export interface SessionTest {
  /** The configuration, or the path of its file; needed for agents, teams and tools of one's own. */
  readonly config?: ProjectConfig | string;
  /** As in `POST /v1/sessions`. */
  readonly agents: readonly AgentRequest[];
  readonly team?: string | TeamSpec;
  readonly limits?: Limits;
  readonly summary?: SummaryRequest;
  /**
   * What agents say instead of being run, by the name in the session. Those that call a model or a server need it; scripts and agents in code
   * are run without it.
   */
  readonly answers?: Replies;
}

/** A message; `messageId` is made up if absent. */
export type SentMessage = string | (Partial<Message> & { readonly text?: string });

/** What a message has led to, once the session rests. */
export interface TestTurn {
  readonly receipt: Receipt;
  /** `waiting`: for people. Absent: the message has no turn, `receipt` says why. */
  readonly status?: 'completed' | 'failed' | 'cancelled' | 'waiting';
  /** Of the turn, in order. */
  readonly events: readonly SessionEvent[];
  /** What agents have said in it, in the order in which they ended, without calls of tools. */
  readonly texts: readonly string[];
}

export interface TestSession {
  /** Sends a message, and resolves when the session rests: its turns are over, or wait for people. */
  send(message: SentMessage): Promise<TestTurn>;
  /** Resolves with the first event that fits, of those that were and those that come: to do something while an agent speaks. */
  until(fits: (event: SessionEvent) => boolean): Promise<SessionEvent>;
  cancel(turn?: string): Promise<CancelReply>;
  /** As `session.members` of the SDK. Throws for what it refuses. */
  members(change: MembersRequest): Promise<MembersReply>;
  /** Votes on what the turn waits for; the session rests again afterwards. Throws for what is refused. */
  approve(
    approval: Pick<OpenApproval, 'approval' | 'hash'>,
    vote: Omit<VoteRequest, 'hash'>,
  ): Promise<VoteReply>;
  /** Ends what the turn waits for, as if all its time were over: people have not answered, and not decided. */
  expire(): Promise<void>;
  /** As a deploy: the session, also a turn that waits, goes on elsewhere from what is durable. Only while it rests. */
  handOver(): void;
  close(): Promise<void>;
  /** All, in order. */
  readonly events: readonly SessionEvent[];
  /** As clients see the session. */
  readonly view: SessionView;
}

const TENANT = 'test';

/** Every model endpoint is there, and has a model: the test says what models answer. */
const SCRIPTED = { has: () => true, get: () => ({ defaultModel: 'scripted' }) };

/** Throws `ConfigError` or `ProjectIssues` if the configuration is wrong, and an error if it lacks an agent or the team. */
export async function openSession(test: SessionTest): Promise<TestSession> {
  const project = await projectIn(test.config);
  const { answers = {}, agents: asked, team, limits, summary } = test;
  const agents = asked.map(agentOf);
  const silent = { info: () => undefined, warn: () => undefined };
  const parts = partsOf(project, SCRIPTED, silent);
  const info: SessionInfo = {
    ...{ team: teamOf(team), agents, metadata: {}, createdAt: Date.now() },
    ...(limits ? { limits } : {}),
    ...(summary ? { summary: summaryOf(summary, agents) } : {}),
  };
  requireAll(info, project, Object.keys(parts.teams));
  const runner = (kind: string): AgentRunner => {
    const own: Readonly<Record<string, AgentRunner | undefined>> = {
      scripted: createScriptedRunner(),
      code: parts.runners['code'],
    };
    return replying(answers, own[kind]);
  };
  const runners = Object.fromEntries(
    ['scripted', 'code', 'model', 'http'].map((kind) => [kind, runner(kind)]),
  );
  return new Session(info, { ...parts, runners });
}

async function projectIn(config: SessionTest['config'] = {}): Promise<Project> {
  if (typeof config !== 'string') return projectOf(config);
  const file = resolve(config);
  const project = await loadProject({ folder: process.cwd(), file });
  if (!project) throw new Error(`There is no configuration ${file}.`);
  return project;
}

function requireAll(
  { agents, team, summary }: SessionInfo,
  project: Project,
  teams: readonly string[],
): void {
  for (const { runner, name, use = name } of [...agents, ...(summary ? [summary.agent] : [])]) {
    if (runner === 'configured' && !project.agents.has(use))
      throw new Error(`The configuration has no agent "${use}".`);
  }
  if (!teams.includes(team.name)) throw new Error(`There is no team "${team.name}".`);
}

class Session implements TestSession {
  readonly #ref: SessionRef = { tenant: TENANT, session: `s_${randomUUID().slice(0, 8)}` };
  readonly #info: SessionInfo;
  readonly #log = new MemoryLog({ maxBytes: Infinity });
  readonly #loop: SessionLoop;
  #events: readonly SessionEvent[] = [];

  constructor(info: SessionInfo, parts: Omit<ConstructorParameters<typeof SessionLoop>[1], 'log'>) {
    this.#info = info;
    this.#loop = new SessionLoop({ ...this.#ref, info }, { ...parts, log: this.#log });
  }

  get events(): readonly SessionEvent[] {
    return this.#events;
  }

  get view(): SessionView {
    const { tenant, session } = this.#ref;
    const epoch = this.#events[0]?.epoch ?? 0;
    const empty = emptyView(tenant, session, this.#info, { epoch, seq: 0 });
    return this.#events.reduce(applyEvent, empty);
  }

  async send(message: SentMessage): Promise<TestTurn> {
    const { machine } = this.#loop;
    const now = Date.now();
    const {
      text,
      messageId = randomUUID(),
      ...given
    } = typeof message === 'string' ? { text: message } : message;
    const parts = given.parts ?? [{ type: 'text' as const, text: text ?? '' }];
    machine.accept({ ...given, messageId, parts, receivedAt: now }, now);
    await this.#settle();
    const receipt = this.#loop.machine.receipt(messageId);
    if (!receipt) throw new Error(`The session has forgotten the message ${messageId}.`);
    return this.#turnOf(receipt);
  }

  async until(fits: (event: SessionEvent) => boolean): Promise<SessionEvent> {
    const found = Promise.withResolvers<SessionEvent>();
    const hear = (epoch: number, event: LoggedEvent): void => {
      const heard = envelope(this.#ref, epoch, event);
      if (fits(heard)) found.resolve(heard);
    };
    const quiet = (): void => undefined;
    const stop = await this.#log.subscribe(this.#ref, {
      event: hear,
      delta: quiet,
      epoch: quiet,
      reconnected: quiet,
    });
    const slice = await this.#log.read(this.#ref, { after: 0, limit: Infinity });
    for (const event of slice?.events ?? []) hear(slice?.position.epoch ?? 0, event);
    return found.promise.finally(stop);
  }

  async cancel(turn?: string): Promise<CancelReply> {
    const reply = this.#loop.machine.cancel(turn, Date.now());
    this.#loop.stopCancelled();
    await this.#settle();
    return reply;
  }

  async members(request: MembersRequest): Promise<MembersReply> {
    const reply = this.#loop.machine.members(rosterChange(request), Date.now());
    if (reply.status === 'refused') throw new Error(`${reply.code}: ${reply.detail}`);
    await this.#settle();
    return reply;
  }

  async approve(
    { approval, hash }: Pick<OpenApproval, 'approval' | 'hash'>,
    vote: Omit<VoteRequest, 'hash'>,
  ): Promise<VoteReply> {
    const reply = this.#loop.machine.waits.vote({ ...vote, approval, hash }, Date.now());
    if (reply.status === 'refused') throw new Error(`${reply.code}: ${reply.detail}`);
    await this.#settle();
    return reply;
  }

  async expire(): Promise<void> {
    this.#loop.machine.waits.wake(Date.now() + LIMITS.timerMostMs, true);
    await this.#settle();
  }

  handOver(): void {
    this.#loop.handOver();
  }

  async close(): Promise<void> {
    this.#loop.machine.close('closed by the test', Date.now());
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await this.#loop.settle();
    const slice = await this.#log.read(this.#ref, { after: 0, limit: Infinity });
    this.#events = slice?.events.map((event) => envelope(this.#ref, slice.position.epoch, event)) ?? [];
  }

  #turnOf(receipt: Receipt): TestTurn {
    const { turn } = receipt;
    if (turn === undefined) return { receipt, events: [], texts: [] };
    const events = this.#events.filter((event) => event.turn === turn);
    const end = events.find(({ type }) => endsTurn(type));
    const texts = events.flatMap((event) =>
      event.type === 'step.completed' && isSaid(event) ? [event.data.text] : [],
    );
    return { receipt, status: statusOf(end), events, texts };
  }
}

/** False for a call of a tool, for a summary, and for a model's answer that is nothing but calls. */
function isSaid({ step = '', data }: Extract<SessionEvent, { type: 'step.completed' }>): boolean {
  return !isToolStep(step) && !isSummaryStep(step) && (data.text !== '' || data.calls === undefined);
}

function statusOf(end: SessionEvent | undefined): NonNullable<TestTurn['status']> {
  if (end?.type === 'turn.completed') return 'completed';
  if (end?.type === 'turn.cancelled') return 'cancelled';
  return end ? 'failed' : 'waiting';
}
