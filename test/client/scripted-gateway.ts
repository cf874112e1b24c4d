/** A gateway for tests: a real Socket.IO server that keeps the protocol, except where a test tells it otherwise. */
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import type { Socket } from 'socket.io';
import { toProblem, ConvokeError } from '../../src/contracts/index.ts';
import type {
  SubscribeReply,
  Bye,
  ErrorCode,
  Reply,
  SessionView,
  SocketRequestName,
  SocketRequests,
} from '../../src/contracts/index.ts';
import type { FakeLog, Frame } from './fake-log.ts';

type Answer = Reply<unknown> | 'silence';
/** Answers a request, now or later; undefined leaves it to the protocol. */
export type Script = (
  name: SocketRequestName,
  request: Record<string, unknown>,
) => Answer | Promise<Answer> | undefined;

/** A list that can be waited for. */
export class Tally<T> {
  readonly items: T[] = [];
  readonly #waiting: { readonly count: number; readonly resolve: (items: T[]) => void }[] = [];

  add(item: T): void {
    this.items.push(item);
    for (const { count, resolve } of this.#waiting) if (this.items.length >= count) resolve(this.items);
  }

  /** Resolves once there are `count`. */
  reached(count: number): Promise<T[]> {
    if (this.items.length >= count) return Promise.resolve(this.items);
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }
}

export function refuse(code: ErrorCode, retryAfterMs?: number): Reply<never> {
  return { ok: false, problem: toProblem(new ConvokeError(code, undefined, { retryAfterMs })) };
}

export class ScriptedGateway {
  readonly subscribes = new Tally<SocketRequests['subscribe']['request']>();
  readonly sends = new Tally<SocketRequests['send']['request']>();
  readonly unsubscribes = new Tally<string>();
  readonly tokens = new Tally<unknown>();
  /** What the middleware refuses the next connections with, first one first. */
  readonly refusals: ErrorCode[] = [];
  script: Script = () => undefined;
  /** Answers REST requests. */
  rest: RequestListener = (_, response) => void response.writeHead(404).end();
  readonly #log: FakeLog;
  readonly #io: Server;
  readonly #watching = new Set<Socket>();
  #port = 0;

  private constructor(log: FakeLog) {
    this.#log = log;
    this.#io = new Server(
      createServer((request, response) => this.rest(request, response)),
      { transports: ['websocket'], serveClient: false },
    );
    this.#io.use((socket, next) => {
      this.tokens.add(socket.handshake.auth['token']);
      const code = this.refusals.shift();
      next(
        code === undefined
          ? undefined
          : Object.assign(new Error(code), { data: toProblem(new ConvokeError(code)) }),
      );
    });
    this.#io.on('connection', (socket) => {
      this.#serve(socket);
    });
  }

  static async start(log: FakeLog, port = 0): Promise<ScriptedGateway> {
    const gateway = new ScriptedGateway(log);
    await gateway.#listen(port);
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** To everyone who watches. */
  push(...frames: Frame[]): void {
    for (const socket of this.#watching) for (const frame of frames) emit(socket, frame);
  }

  reset(snapshot: SessionView): void {
    for (const socket of this.#watching) socket.emit('reset', { session: this.#log.session, snapshot });
  }

  bye(bye: Bye): void {
    this.#io.emit('bye', bye);
  }

  /** The tokens are about to expire. */
  askToRenew(): void {
    this.#io.emit('renew', { expiresInMs: 1_000 });
  }

  /** `io server disconnect` at every client. */
  kick(): void {
    this.#io.disconnectSockets(true);
  }

  /** `transport close` at every client; the server goes on. */
  cut(): void {
    for (const socket of this.#io.sockets.sockets.values()) socket.conn.close();
  }

  async stop(): Promise<void> {
    await this.#io.close();
  }

  async #listen(port: number): Promise<void> {
    const server = this.#io.httpServer;
    await new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  #serve(socket: Socket): void {
    socket.on('disconnect', () => this.#watching.delete(socket));
    socket.onAny(
      (name: SocketRequestName, request: Record<string, unknown>, ack: (reply: unknown) => void) => {
        if (name === 'subscribe')
          this.subscribes.add(request as unknown as SocketRequests['subscribe']['request']);
        if (name === 'send') this.sends.add(request as unknown as SocketRequests['send']['request']);
        if (name === 'unsubscribe') this.unsubscribes.add(String(request['session']));
        const answer = this.script(name, request) ?? this.#answer(socket, name, request);
        if (answer instanceof Promise) void answer.then(ack);
        else if (answer !== 'silence') ack(answer);
      },
    );
  }

  #answer(socket: Socket, name: SocketRequestName, request: Record<string, unknown>): Answer {
    const ref = { session: this.#log.session };
    switch (name) {
      case 'subscribe':
        return {
          ok: true,
          value: this.#subscribe(socket, request as SocketRequests['subscribe']['request']),
        };
      case 'unsubscribe':
        this.#watching.delete(socket);
        return { ok: true, value: {} };
      case 'send':
        return { ok: true, value: { ...ref, messageId: request['messageId'], status: 'accepted' } };
      case 'open':
        return { ok: true, value: { id: request['id'], tenant: 'acme' } };
      case 'cancel':
        return { ok: true, value: { status: 'cancelling', turn: request['turn'] } };
      default:
        return { ok: true, value: {} };
    }
  }

  #subscribe(socket: Socket, { cursor }: SocketRequests['subscribe']['request']): SubscribeReply {
    this.#watching.add(socket);
    const { position } = this.#log;
    const missed = this.#log.since(cursor);
    if (missed === null) return { mode: 'snapshot', position, snapshot: this.#log.view };
    // What was missed overtakes the answer, as it may with a real gateway.
    for (const frame of missed) emit(socket, frame);
    return { mode: 'resume', position };
  }
}

function emit(socket: Socket, frame: Frame): void {
  if (frame.kind === 'event') socket.emit('event', frame.event);
  else socket.emit('delta', frame.delta);
}
