/** Asks all gateways what they remember of an event, over the channel that the Socket.IO adapter has anyhow. Each answers all; those that did not ask drop it. */
import { randomUUID } from 'node:crypto';
import { isId, LIMITS } from '../contracts/index.ts';
import type { GatewayTrace } from '../contracts/index.ts';
import type { GatewayServer } from './socket-client.ts';

export interface TraceQuestion {
  readonly tenant: string;
  readonly session: string;
  readonly messageId: string;
  readonly seq: number;
}

export interface FleetAnswer {
  readonly traces: readonly GatewayTrace[];
  /** Gateways that run, this one included; as many as have answered, if that could not be learned. */
  readonly asked: number;
}

/** Names of the two messages. */
const ASK = 'trace:ask';
const TOLD = 'trace:told';

interface Waiting {
  readonly traces: GatewayTrace[];
  expected: number;
  readonly done: () => void;
}

/** Of the server, what is used here: the types know no messages between servers. */
interface Servers {
  on(name: string, hear: (...args: unknown[]) => void): unknown;
  serverSideEmit(name: string, ...args: unknown[]): unknown;
  of(namespace: '/'): { readonly adapter: { readonly channel?: string } };
}

export class FleetAsk {
  readonly #servers: Servers;
  readonly #own: (question: TraceQuestion) => GatewayTrace;
  readonly #hearers: (channel: string) => Promise<number>;
  readonly #waiting = new Map<string, Waiting>();

  /** `own`: what this gateway remembers. `hearers`: how many gateways hear a channel of the adapter. */
  constructor(
    io: GatewayServer,
    own: (question: TraceQuestion) => GatewayTrace,
    hearers: (channel: string) => Promise<number>,
  ) {
    this.#servers = io as unknown as Servers; // safety: a server has these, and the adapter a count of servers
    this.#own = own;
    this.#hearers = hearers;
    this.#servers.on(ASK, (id, question) => this.#answer(id, question));
    this.#servers.on(TOLD, (id, trace) => this.#hear(id, trace));
  }

  /** Never throws: who does not answer within `LIMITS.timelineAskMs` is missing. */
  async ask(question: TraceQuestion): Promise<FleetAnswer> {
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const waiting: Waiting = {
      traces: [this.#own(question)],
      expected: Infinity,
      done: () => resolve(undefined),
    };
    this.#waiting.set(id, waiting);
    const timer = setTimeout(waiting.done, LIMITS.timelineAskMs);
    void this.#spread(id, question, waiting);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(id);
    const { traces, expected } = waiting;
    return { traces, asked: Number.isFinite(expected) ? Math.max(expected, traces.length) : traces.length };
  }

  async #spread(id: string, question: TraceQuestion, waiting: Waiting): Promise<void> {
    try {
      const { channel } = this.#servers.of('/').adapter;
      const count = channel === undefined ? 1 : await this.#hearers(channel);
      if (count > 1) this.#servers.serverSideEmit(ASK, id, question);
      waiting.expected = count;
    } catch {
      // Redis is away: only this gateway can tell.
      return;
    }
    if (waiting.traces.length >= waiting.expected) waiting.done();
  }

  /** Anybody who can publish in Redis can ask: what is not a question is dropped. */
  #answer(id: unknown, question: unknown): void {
    if (typeof id !== 'string' || !isQuestion(question)) return;
    this.#servers.serverSideEmit(TOLD, id, this.#own(question));
  }

  #hear(id: unknown, trace: unknown): void {
    const waiting = typeof id === 'string' ? this.#waiting.get(id) : undefined;
    if (!waiting || !isTrace(trace)) return;
    waiting.traces.push(trace);
    if (waiting.traces.length >= waiting.expected) waiting.done();
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isQuestion(value: unknown): value is TraceQuestion {
  if (!isObject(value)) return false;
  const { tenant, session, messageId, seq } = value;
  return isId(tenant) && isId(session) && isId(messageId) && Number.isSafeInteger(seq);
}

function isTrace(value: unknown): value is GatewayTrace {
  if (!isObject(value) || !Array.isArray(value['connections'])) return false;
  return (
    typeof value['gateway'] === 'string' &&
    value['connections'].every(
      (each) => isObject(each) && typeof each['id'] === 'string' && Number.isFinite(each['since']),
    )
  );
}
