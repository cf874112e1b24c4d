/** A client of the bare engine. */
import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { msSince, nowUs } from '../clock.ts';
import { Meter, TokenWaiters, type Asked, type Engine, type Shape, type Talk } from '../engine.ts';
import type { BareMessage, BareStart } from './contract.ts';

class BareTalk implements Talk {
  readonly session: string;
  readonly #socket: Socket;
  readonly #start: BareStart;
  readonly #waiters = new TokenWaiters();
  #turn = 0;
  #meter: Meter | null = null;

  constructor(socket: Socket, start: BareStart) {
    this.#socket = socket;
    this.#start = start;
    this.session = start.session;
    socket.on('token', (notice: string) => this.#token(notice));
  }

  async ask(): Promise<Asked> {
    this.#turn += 1;
    const meter = new Meter(this.#start.stamped, `turn ${this.#turn} of the bare engine`);
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

  nextToken(attempt: number): Promise<void> {
    return this.#waiters.next(attempt);
  }

  close(): void {
    this.#socket.disconnect();
  }

  get heard(): number {
    return this.#meter?.tokens ?? 0;
  }

  async #send(): Promise<void> {
    const message: BareMessage = { turn: this.#turn, text: 'How are you?' };
    const error = (await this.#socket.emitWithAck('send', this.#start, message)) as string | null; // safety: the gateway's answer
    if (error !== null) throw new Error(error);
  }

  #token(notice: string): void {
    const [turn, agent, attempt, index, text = ''] = notice.split(' ');
    if (Number(turn) !== this.#turn) return;
    this.#meter?.text(text);
    this.#waiters.token(Number(attempt));
    const { agents, tokens } = this.#start;
    if (Number(agent) === agents - 1 && Number(index) === tokens - 1) this.#meter?.end();
  }
}

export function createBareEngine(url: string): Engine {
  return {
    async open(shape: Shape): Promise<Talk> {
      const socket = io(url, { transports: ['websocket'], forceNew: true });
      const { agents, tokens, paceMs = 0, stamped = false } = shape;
      const session = randomUUID();
      await new Promise<void>((resolve) => socket.emit('join', session, resolve));
      return new BareTalk(socket, { session, agents, tokens, paceMs, stamped });
    },
  };
}
