/** Asks all gateways something, over the channel that the Socket.IO adapter has anyhow. Each answers all; those that did not ask drop it. */
import { randomUUID } from 'node:crypto';
import { LIMITS } from '../contracts/index.ts';
import type { GatewayServer } from './socket-client.ts';

export interface FleetAnswer<Answer> {
  readonly answers: readonly Answer[];
  /** Gateways that run, this one included; as many as have answered, if that could not be learned. */
  readonly asked: number;
}

/** One kind of question. Anybody who can publish in Redis can ask and answer: what is neither is dropped. */
export interface Topic<Question, Answer> {
  /** Of its two messages. */
  readonly name: string;
  /** The answer of this gateway. */
  readonly own: (question: Question) => Answer | Promise<Answer>;
  readonly isQuestion: (value: unknown) => value is Question;
  readonly isAnswer: (value: unknown) => value is Answer;
}

interface Waiting<Answer> {
  readonly answers: Answer[];
  expected: number;
  readonly done: () => void;
}

/** Of the server, what is used here: the types know no messages between servers. */
interface Servers {
  on(name: string, hear: (...args: unknown[]) => void): unknown;
  serverSideEmit(name: string, ...args: unknown[]): unknown;
  of(namespace: '/'): { readonly adapter: { readonly channel?: string } };
}

export class FleetAsk<Question, Answer> {
  readonly #servers: Servers;
  readonly #topic: Topic<Question, Answer>;
  readonly #hearers: (channel: string) => Promise<number>;
  readonly #waiting = new Map<string, Waiting<Answer>>();

  /** `hearers`: how many gateways hear a channel of the adapter. */
  constructor(
    io: GatewayServer,
    topic: Topic<Question, Answer>,
    hearers: (channel: string) => Promise<number>,
  ) {
    this.#servers = io as unknown as Servers; // safety: a server has these, and the adapter a count of servers
    this.#topic = topic;
    this.#hearers = hearers;
    this.#servers.on(`${topic.name}:ask`, (id, question) => void this.#answer(id, question));
    this.#servers.on(`${topic.name}:told`, (id, answer) => this.#hear(id, answer));
  }

  /** Never throws: who does not answer within `LIMITS.fleetAskMs` is missing. */
  async ask(question: Question): Promise<FleetAnswer<Answer>> {
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const waiting: Waiting<Answer> = { answers: [], expected: Infinity, done: () => resolve(undefined) };
    this.#waiting.set(id, waiting);
    const timer = setTimeout(waiting.done, LIMITS.fleetAskMs);
    void this.#tellOwn(id, question);
    void this.#spread(id, question, waiting);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(id);
    const { answers, expected } = waiting;
    const asked = Number.isFinite(expected) ? Math.max(expected, answers.length) : answers.length;
    return { answers, asked };
  }

  async #tellOwn(id: string, question: Question): Promise<void> {
    this.#hear(id, await this.#topic.own(question));
  }

  async #spread(id: string, question: Question, waiting: Waiting<Answer>): Promise<void> {
    try {
      const { channel } = this.#servers.of('/').adapter;
      const count = channel === undefined ? 1 : await this.#hearers(channel);
      if (count > 1) this.#servers.serverSideEmit(`${this.#topic.name}:ask`, id, question);
      waiting.expected = count;
    } catch {
      // Redis is away: only this gateway can tell.
      return;
    }
    if (waiting.answers.length >= waiting.expected) waiting.done();
  }

  async #answer(id: unknown, question: unknown): Promise<void> {
    if (typeof id !== 'string' || !this.#topic.isQuestion(question)) return;
    this.#servers.serverSideEmit(`${this.#topic.name}:told`, id, await this.#topic.own(question));
  }

  #hear(id: unknown, answer: unknown): void {
    const waiting = typeof id === 'string' ? this.#waiting.get(id) : undefined;
    if (!waiting || !this.#topic.isAnswer(answer) || waiting.answers.length >= LIMITS.fleetAnswers) return;
    waiting.answers.push(answer);
    if (waiting.answers.length >= waiting.expected) waiting.done();
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
