/** A step, run against a real Redis log by a caller that is not Temporal, and an agent whose every word the test decides. */
import { connectRedis, createRedisLog } from '../../src/log/index.ts';
import type { SessionLog, SessionSource } from '../../src/log/index.ts';
import { eventId, START } from '../../src/contracts/index.ts';
import type {
  EventDraft,
  KnownEvents,
  LoggedEvent,
  Position,
  SessionInfo,
  SessionRef,
  StepInput,
} from '../../src/contracts/index.ts';
import type { AgentRunner, RunPiece, RunRequest } from '../../activities/agents/runner.ts';
import type { StepCall } from '../../activities/step-runner.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';

export const INFO: SessionInfo = {
  team: 'sequence',
  agents: [
    { name: 'a', runner: 'scripted' },
    { name: 'b', runner: 'scripted' },
    { name: 'm', runner: 'model' },
  ],
  metadata: {},
  createdAt: 1,
};

export interface TestLog {
  readonly redis: TestRedis;
  readonly log: SessionLog;
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

/** What the workflow of a session would answer; the test sets it. */
export class FakeSource implements SessionSource {
  known_: KnownEvents | null = null;
  asked = 0;
  /** Thrown by the next question, once. */
  fault: Error | null = null;

  async known(): Promise<KnownEvents | null> {
    this.asked += 1;
    const { fault } = this;
    this.fault = null;
    if (fault) throw fault;
    return this.known_;
  }

  async archived(): Promise<readonly LoggedEvent[]> {
    return [];
  }

  async session(): Promise<null> {
    return null;
  }

  /** The workflow holds these events, and has handed these drafts to a step. */
  tells(pending: readonly EventDraft[], events: readonly LoggedEvent[] = [], known: Position = START): void {
    this.known_ = { info: INFO, known, archivedTo: 0, events, pending };
  }
}

/** Says what the test tells it to, in one run at a time. */
export class Puppet implements AgentRunner {
  readonly requests: RunRequest[] = [];
  readonly #lines: (() => RunPiece | 'end')[] = [];
  #wake: () => void = () => undefined;

  say(text: string): void {
    this.#push(() => ({ type: 'text', text }));
  }

  count(inputTokens: number, outputTokens: number): void {
    this.#push(() => ({ type: 'usage', usage: { inputTokens, outputTokens } }));
  }

  end(): void {
    this.#push(() => 'end');
  }

  fail(error: Error): void {
    this.#push(() => {
      throw error;
    });
  }

  async *run(request: RunRequest): AsyncGenerator<RunPiece, void, undefined> {
    this.requests.push(request);
    for (;;) {
      const line = this.#lines.shift();
      if (line) {
        const piece = line();
        if (piece === 'end') return;
        yield piece;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #push(line: () => RunPiece | 'end'): void {
    this.#lines.push(line);
    this.#wake();
  }
}

let sessions = 0;

export function newSession(): SessionRef {
  sessions += 1;
  return { tenant: 'acme', session: `s${sessions}` };
}

/** The facts that the first step of a session carries. */
export function lead(text = 'hello'): readonly EventDraft[] {
  const { team, agents, metadata, createdAt } = INFO;
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
    { ...place, id: eventId.stepStarted('t1.1'), type: 'step.started', step: 't1.1', agent: 'a', data: {} },
  ];
}

export function stepInput(ref: SessionRef, more: Partial<StepInput> = {}): StepInput {
  return {
    ...ref,
    ...{
      known: START,
      turn: 't1',
      step: 't1.1',
      agent: 'a',
      lead: lead(),
      last: true,
      cause: 'm1',
    },
    ...{ maxAttempts: 3, timeoutMs: 30_000, idleMs: 10_000 },
    ...more,
  };
}

/** The caller's side of attempt `n`. */
export function stepCall(n = 1, signal: AbortSignal = new AbortController().signal): StepCall {
  return {
    owner: `owner-${n}`,
    order: n,
    attempt: n,
    reason: 'the worker of the attempt before was lost',
    signal,
    progress: () => undefined,
  };
}
