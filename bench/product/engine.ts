/** A client of the product, on the bare socket protocol: the SDK's own work is not the engine's. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import type {
  AgentSpec,
  Delta,
  Reply,
  SessionEvent,
  SessionView,
  SocketRequestName,
  SocketRequests,
} from '../../src/contracts/index.ts';
import { msSince, nowUs } from '../clock.ts';
import { Meter, TokenWaiters, type Asked, type Engine, type Shape, type Talk } from '../engine.ts';

/** A request that the gateway says to repeat is repeated for this long, µs. */
const RETRY_US = 20_000_000;

async function request<N extends SocketRequestName>(
  socket: Socket,
  name: N,
  body: SocketRequests[N]['request'],
): Promise<SocketRequests[N]['reply']> {
  const until = nowUs() + RETRY_US;
  for (;;) {
    // safety: the gateway answers as the protocol says
    const reply = (await socket.emitWithAck(name, body)) as Reply<SocketRequests[N]['reply']>;
    if (reply.ok) return reply.value;
    const { code, detail, retryable, retryAfterMs = 100 } = reply.problem;
    if (!retryable || nowUs() > until) throw new Error(`${name}: ${code}: ${detail}`);
    await pause(retryAfterMs);
  }
}

class ProductTalk implements Talk {
  readonly session: string;
  readonly #socket: Socket;
  readonly #shape: Shape;
  /** Of one agent's whole answer; stamped tokens are longer, and paced: their end is the step's. */
  readonly #chars: number;
  readonly #waiters = new TokenWaiters();
  #turn = 0;
  #meter: Meter | null = null;

  constructor(socket: Socket, session: string, shape: Shape) {
    this.#socket = socket;
    this.session = session;
    this.#shape = shape;
    const words = Array.from({ length: shape.tokens }, (_, index) => `w${index + 1}`);
    this.#chars = shape.stamped === true ? Number.POSITIVE_INFINITY : words.join(' ').length;
    socket.on('delta', (delta: Delta) => this.#delta(delta));
    socket.on('event', (event: SessionEvent) => this.#event(event));
    socket.on('reset', ({ snapshot }: { readonly snapshot: SessionView }) => this.#reset(snapshot));
  }

  async ask(): Promise<Asked> {
    this.#turn += 1;
    const meter = new Meter(this.#shape.stamped === true, `turn ${this.#turn} of ${this.session}`);
    this.#meter = meter;
    this.#send().then(
      () => meter.acked(),
      (error: unknown) => meter.fail(error as Error),
    );
    return meter.asked();
  }

  async send(): Promise<number> {
    this.#turn += 1;
    this.#meter = null;
    const start = nowUs();
    await this.#send();
    return msSince(start);
  }

  get heard(): number {
    return this.#meter?.tokens ?? 0;
  }

  nextToken(attempt: number): Promise<void> {
    return this.#waiters.next(attempt);
  }

  close(): void {
    this.#socket.disconnect();
  }

  async #send(): Promise<void> {
    await request(this.#socket, 'send', {
      session: this.session,
      messageId: randomUUID(),
      text: 'How are you?',
    });
  }

  #lastStep(): string {
    return `t${this.#turn}.${this.#shape.agents}`;
  }

  #delta({ step, attempt, offset, text }: Delta): void {
    if (!step.startsWith(`t${this.#turn}.`)) return;
    this.#meter?.text(text);
    this.#waiters.token(attempt);
    if (step === this.#lastStep() && offset + text.length >= this.#chars) this.#meter?.last();
  }

  #event(event: SessionEvent): void {
    if (event.turn !== `t${this.#turn}`) return;
    if (event.type === 'step.completed') {
      // An agent that says all at once has no deltas: its first token comes with the end of its step.
      if (this.#shape.stamped !== true) this.#meter?.text(event.data.text);
      if (event.step === this.#lastStep()) this.#meter?.last();
    }
    if (event.type === 'turn.completed') this.#meter?.end();
    if (event.type === 'turn.failed') this.#meter?.fail(new Error(`${event.turn}: ${event.data.message}`));
  }

  /** The turn may have ended while nobody could tell us. */
  #reset({ turns }: SessionView): void {
    const status = turns.find(({ turn }) => turn === `t${this.#turn}`)?.status;
    if (status === 'completed') this.#meter?.end();
    else if (status === 'failed') this.#meter?.fail(new Error(`t${this.#turn} has failed`));
  }
}

function agentsOf(shape: Shape): readonly AgentSpec[] {
  const { tokens, paceMs, quick } = shape;
  return Array.from({ length: shape.agents }, (_, index) => ({
    name: `agent${index + 1}`,
    runner: 'scripted' as const,
    script: { tokens, ...(paceMs === undefined ? {} : { paceMs }) },
    ...(quick === true ? { quick } : {}),
  }));
}

/** `key`: of the tenant; `dev` is that of dev mode. */
export function createProductEngine(url: string, key = 'dev'): Engine {
  return {
    async open(shape: Shape): Promise<Talk> {
      const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { token: key } });
      const session = randomUUID();
      const { team = 'sequence', cast = agentsOf(shape), summary } = shape;
      await request(socket, 'open', { id: session, team, agents: cast, ...(summary && { summary }) });
      await request(socket, 'subscribe', { session });
      return new ProductTalk(socket, session, shape);
    },
  };
}
