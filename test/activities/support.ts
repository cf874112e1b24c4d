/** What a turn needs around it, without Temporal: a real log, a workflow's answers, a heartbeat's other end, and agents whose every word the test decides. */
import type { AgentRunner, RunPiece, RunRequest } from '../../activities/agents/runner.ts';
import { RunnerError } from '../../activities/agents/runner.ts';
import {
  endsStep,
  endsTurn,
  eventId,
  START,
  type AgentSpec,
  type ErrorCode,
  type EventDraft,
  type JsonObject,
  type KnownEvents,
  type LoggedEvent,
  type Position,
  type SessionInfo,
  type SessionRef,
  type TurnProgress,
} from '../../src/contracts/index.ts';
import {
  connectRedis,
  createRedisLog,
  createStalls,
  type SessionLog,
  type SessionSource,
  type Stalls,
} from '../../src/log/index.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

export const INFO: SessionInfo = {
  team: { name: 'sequence' },
  agents: [
    { name: 'a', runner: 'scripted' },
    { name: 'b', runner: 'scripted' },
    { name: 'c', runner: 'scripted' },
    { name: 'm', runner: 'model' },
  ],
  metadata: {},
  createdAt: 1,
};

/** The session, with other settings of its agent `a`. */
export function infoWith(more: Partial<AgentSpec>): SessionInfo {
  const agents = INFO.agents.map((agent) => (agent.name === 'a' ? { ...agent, ...more } : agent));
  return { ...INFO, agents };
}

export interface TestLog {
  readonly redis: TestRedis;
  readonly log: SessionLog;
  readonly stalls: Stalls;
  /** Empties Redis without breaking a connection. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

export async function startLog(): Promise<TestLog> {
  const redis = await startRedis();
  const [commands, subscriber] = [
    connectRedis(redis.url, () => undefined),
    connectRedis(redis.url, () => undefined),
  ];
  await Promise.all([commands.connect(), subscriber.connect()]);
  return {
    redis,
    log: createRedisLog({ commands, subscriber }),
    stalls: createStalls(commands),
    async flush() {
      await commands.flushall();
    },
    async stop() {
      commands.disconnect();
      subscriber.disconnect();
      await redis.stop();
    },
  };
}

/** The log, with some of its calls done otherwise. */
export function through(log: SessionLog, otherwise: Partial<SessionLog>): SessionLog {
  return {
    begin: (ref, input) => log.begin(ref, input),
    delta: (ref, delta) => log.delta(ref, delta),
    commit: (ref, input) => log.commit(ref, input),
    append: (ref, input) => log.append(ref, input),
    read: (ref, query) => log.read(ref, query),
    rebuild: (ref, input) => log.rebuild(ref, input),
    heads: (refs) => log.heads(refs),
    admit: (ref, input) => log.admit(ref, input),
    placeOf: (ref, id) => log.placeOf(ref, id),
    release: (ref, messageIds) => log.release(ref, messageIds),
    tell: (ref, note) => log.tell(ref, note),
    subscribe: (ref, listener) => log.subscribe(ref, listener),
    ...otherwise,
  };
}

/** What the workflow of a session would answer; the test sets it. */
export class FakeSource implements SessionSource {
  known_: KnownEvents | null = null;
  asked = 0;
  /** Thrown by the next question, once. */
  fault: Error | null = null;
  /** What the newest heartbeat of the running turn has. */
  running: () => readonly EventDraft[] = () => [];

  async known(): Promise<KnownEvents | null> {
    this.asked += 1;
    const { fault } = this;
    this.fault = null;
    if (fault) throw fault;
    return this.known_ && { ...this.known_, running: this.running() };
  }

  async archived(): Promise<readonly LoggedEvent[]> {
    return [];
  }

  async session(): Promise<null> {
    return null;
  }

  /** The workflow holds these events, and has handed these drafts to a turn. */
  tells(
    pending: readonly EventDraft[],
    events: readonly LoggedEvent[] = [],
    known: Position = START,
    info: SessionInfo = INFO,
  ): void {
    this.known_ = { info, known, archivedTo: 0, events, pending };
  }
}

/** The server's end of a turn's heartbeats: records what comes, answers what the test says. */
export class Channel {
  /** What a retry would be given, oldest first. */
  readonly recorded: TurnProgress[] = [];
  /** Also what was not recorded. */
  readonly sent: TurnProgress[] = [];
  answer: 'recorded' | 'cancelled' | 'gone' = 'recorded';
  away = false;
  #held: PromiseWithResolvers<undefined> | null = null;
  #which: 'ends' | 'all' = 'ends';

  get last(): TurnProgress | null {
    return this.recorded.at(-1) ?? null;
  }

  /** From now on no heartbeat is answered that carries a new end, until `release`; `all`: none at all. */
  hang(which: 'ends' | 'all' = 'ends'): void {
    this.#which = which;
    this.#held ??= Promise.withResolvers<undefined>();
  }

  release(): void {
    this.#held?.resolve(undefined);
    this.#held = null;
  }

  readonly send = async (details: TurnProgress): Promise<'recorded' | 'cancelled' | 'gone'> => {
    const copy = JSON.parse(JSON.stringify(details)) as TurnProgress; // safety: as a payload carries it
    this.sent.push(copy);
    if (this.#which === 'all' || weight(copy) > weight(this.last)) await this.#held?.promise;
    if (this.away) throw new Error('UNAVAILABLE');
    if (this.answer !== 'gone') this.recorded.push(copy);
    return this.answer;
  };
}

/** What of a heartbeat must not be lost: entries, and ends. */
function weight(details: TurnProgress | null): number {
  const ends = details?.facts.filter(({ type }) => endsStep(type) || endsTurn(type)) ?? [];
  return ends.length + (details?.entries.length ?? 0);
}

/** An agent that says what the test tells it to. */
export class Puppet {
  readonly requests: RunRequest[] = [];
  readonly #lines: (() => RunPiece | 'end')[] = [];
  #wake: () => void = () => undefined;

  say(text: string): void {
    this.#push(() => ({ type: 'text', text }));
  }

  reason(text: string): void {
    this.#push(() => ({ type: 'reasoning', text }));
  }

  count(inputTokens: number, outputTokens: number): void {
    this.#push(() => ({ type: 'usage', usage: { inputTokens, outputTokens } }));
  }

  call(tool: string, input: JsonObject = {}, id = `call-${tool}`): void {
    this.#push(() => ({ type: 'call', call: { id, tool, input } }));
  }

  finish(finish: 'stop' | 'length'): void {
    this.#push(() => ({ type: 'finish', finish }));
  }

  /** All that is left to say, and the end. */
  end(text?: string): void {
    if (text !== undefined) this.say(text);
    this.#push(() => 'end');
  }

  fail(error: Error): void {
    this.#push(() => {
      throw error;
    });
  }

  async *run(request: RunRequest): AsyncGenerator<RunPiece, void, undefined> {
    this.requests.push(request);
    while (!request.signal.aborted) {
      const line = this.#lines.shift();
      if (line) {
        const piece = line();
        if (piece === 'end') return;
        yield piece;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          request.signal.addEventListener('abort', () => resolve());
        });
      }
    }
  }

  #push(line: () => RunPiece | 'end'): void {
    this.#lines.push(line);
    this.#wake();
  }
}

/** The agents of one worker. */
export class Cast implements AgentRunner {
  readonly requests: RunRequest[] = [];
  readonly #puppets = new Map<string, Puppet>();

  of(name: string): Puppet {
    const puppet = this.#puppets.get(name) ?? new Puppet();
    this.#puppets.set(name, puppet);
    return puppet;
  }

  run(request: RunRequest): AsyncIterable<RunPiece> {
    this.requests.push(request);
    return this.of(request.agent.name).run(request);
  }
}

/** A failure of the provider. Without a wish it is tried again after half a second. */
export function busy(
  retryAfterMs?: number,
  message = 'The provider is busy.',
  code: ErrorCode = 'agent_failed',
): RunnerError {
  return new RunnerError(code, message, { retryable: true, retryAfterMs });
}

export function refusal(message = 'No.'): RunnerError {
  return new RunnerError('agent_refused', message, { retryable: false });
}

let sessions = 0;

export function newSession(): SessionRef {
  sessions += 1;
  return { tenant: 'acme', session: `s${sessions}` };
}

/** The facts that the first turn of a session carries. */
export function lead(info: SessionInfo = INFO, text = 'hello'): readonly EventDraft[] {
  const { team, agents, metadata, createdAt } = info;
  const place = { at: createdAt, turn: 't1', cause: 'm1' };
  return [
    {
      id: eventId.sessionCreated(),
      type: 'session.created',
      at: createdAt,
      data: { team, agents, metadata },
    },
    {
      ...place,
      id: eventId.message('m1'),
      type: 'message.accepted',
      data: { messageId: 'm1', parts: [{ type: 'text', text }], queued: false },
    },
    { ...place, id: eventId.turnStarted('t1'), type: 'turn.started', data: { messageIds: ['m1'] } },
  ];
}
