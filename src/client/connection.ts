/**
 * One connection to one of several gateways, kept alive.
 *
 * Socket.IO's own reconnection is off: it does not retry after the server's middleware has refused or the server has closed the socket, and
 * it knows only one address. Here every attempt is a new socket with a fresh token, to the next gateway in the list.
 */
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { ConvokeError, CLIENT_LIMITS } from '../contracts/public.ts';
import type { Bye, SocketFrames, SocketRequestName, SocketRequests } from '../contracts/public.ts';
import type { ConnectionEvents } from './connection-events.ts';
import { Emitter } from './emitter.ts';
import type { Unsubscribe } from './emitter.ts';
import {
  asError,
  ClientError,
  failureError,
  isProblem,
  isRetryable,
  problemError,
  readReply,
  retryAfterOf,
} from './errors.ts';
import type { ClientStatus } from './status.ts';
import { backoff, clampPause, clock, within } from './timing.ts';
import type { Pace } from './timing.ts';
import { isOfToken, TokenSource } from './token-source.ts';
import type { GivenToken } from './token-source.ts';

export interface ConnectionOptions {
  readonly urls: readonly string[];
  /** The same for every attempt, or asked for before each, and whenever one is about to expire. */
  readonly token: GivenToken;
  readonly path: string;
  readonly requestTimeoutMs: number;
  readonly pace: Pace;
}

/** Requests as Socket.IO's types see them; `request` has the exact types. */
type Requests = Record<SocketRequestName, (request: object, ack: (reply: unknown) => void) => void>;
type GatewaySocket = Socket<SocketFrames, Requests>;

/** Frames that are of the sessions. */
const PASSED_ON = ['event', 'delta', 'reset', 'note', 'ended'] as const;

/** After a connection has lasted this long, ms, the backoff starts over. */
const STABLE_MS = 5_000;
/** Overhead of Socket.IO around a request, bytes. */
const PACKET_BYTES = 64;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #tokens: TokenSource;
  readonly #emitter = new Emitter<ConnectionEvents>();
  readonly #encoder = new TextEncoder();
  #status: ClientStatus;
  #socket: GatewaySocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #gateway = 0;
  #failures = 0;
  #onlineSince = 0;
  /** The server said goodbye: why, and when the next attempt is planned, ms of `clock()`. */
  #leaving: { readonly reason: string; readonly at: number } | undefined;
  /** Counts attempts, so that reports of older ones can be ignored. */
  #attempt = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#tokens = new TokenSource(options.token, options.requestTimeoutMs);
    this.#status = { state: 'connecting', url: this.#url() };
  }

  get status(): ClientStatus {
    return this.#status;
  }

  get online(): boolean {
    return this.#status.state === 'online';
  }

  on<K extends keyof ConnectionEvents>(name: K, listener: (value: ConnectionEvents[K]) => void): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  start(): void {
    // In a browser: the network is back, so skip the rest of the pause.
    if ('addEventListener' in globalThis) globalThis.addEventListener('online', this.#hurry);
    void this.#connect();
  }

  /** Closes the connection for good. Unanswered requests fail with `offline`. */
  close(): void {
    this.#finish('closed');
  }

  /** Resolves once online. Throws `offline` after `ms`, or the error that closed the connection. */
  async whenOnline(ms: number): Promise<void> {
    let stop!: Unsubscribe;
    const online = new Promise<void>((resolve, reject) => {
      const look = (status: ClientStatus): void => {
        if (status.state === 'online') resolve();
        if (status.state === 'closed') reject(status.error ?? new ClientError('closed'));
      };
      stop = this.on('status', look);
      look(this.#status);
    });
    try {
      await within(online, Math.max(ms, 0));
    } catch (error) {
      throw error instanceof ClientError && error.code === 'timeout' ? new ClientError('offline') : error;
    } finally {
      stop();
    }
  }

  /** Sends a request once. Throws `offline`, `timeout`, `too_large`, and any problem that the server answers with. */
  async request<N extends SocketRequestName>(
    name: N,
    request: SocketRequests[N]['request'],
    timeoutMs: number = this.#options.requestTimeoutMs,
  ): Promise<SocketRequests[N]['reply']> {
    const socket = this.#socket;
    if (!socket?.connected) throw new ClientError('offline');
    // A larger frame would not be refused: it would close the connection, after every reconnect again.
    const bytes = this.#encoder.encode(JSON.stringify([name, request])).length + PACKET_BYTES;
    if (bytes > CLIENT_LIMITS.requestBytes) throw new ConvokeError('too_large');
    const event: SocketRequestName = name;
    let reply: unknown;
    try {
      reply = await socket.timeout(timeoutMs).emitWithAck(event, request);
    } catch {
      throw new ClientError(this.#socket === socket ? 'timeout' : 'offline');
    }
    return readReply(reply) as SocketRequests[N]['reply'];
  }

  #url(): string {
    return this.#options.urls[this.#gateway] ?? '';
  }

  #set(status: ClientStatus): void {
    this.#status = status;
    this.#emitter.emit('status', status);
  }

  readonly #hurry = (): void => {
    if (this.#status.state === 'offline') void this.#connect();
  };

  /** One attempt: a token, then a socket. */
  async #connect(): Promise<void> {
    clearTimeout(this.#timer);
    this.#leaving = undefined;
    this.#drop();
    const attempt = ++this.#attempt;
    this.#set({ state: 'connecting', url: this.#url() });
    try {
      const token = await this.#tokens.ask();
      if (attempt === this.#attempt) this.#open(token);
    } catch (error) {
      if (attempt === this.#attempt) this.#lost('token', asError(error));
    }
  }

  #open(token: string): void {
    const socket: GatewaySocket = io(this.#url(), {
      path: this.#options.path,
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      autoConnect: false,
      auth: { token },
    });
    this.#socket = socket;
    // Covers the whole attempt: a server may accept the transport and then not answer.
    this.#timer = setTimeout(() => this.#lost('timeout'), this.#options.requestTimeoutMs);
    socket.on('connect', () => {
      clearTimeout(this.#timer);
      this.#onlineSince = clock();
      this.#set({ state: 'online', url: this.#url() });
    });
    socket.on('connect_error', (error: Error & { data?: unknown }) => {
      if (isProblem(error.data)) this.#lost(error.data.code, problemError(error.data));
      else this.#lost(error.message);
    });
    socket.on('disconnect', (reason) => this.#lost(reason));
    for (const name of PASSED_ON)
      (socket as Socket).on(name, (frame: ConnectionEvents[typeof name]) => this.#emitter.emit(name, frame));
    socket.on('bye', (bye) => this.#bye(bye));
    socket.on('renew', () => void this.#renew(socket));
    socket.connect();
  }

  /**
   * The server is about to close the connection. It may still answer open requests, so the connection is used until it closes or until it is
   * time to reconnect, whichever comes first.
   */
  #bye(bye: Bye): void {
    const error = failureError(bye.code);
    if (!bye.retry && !this.#mends(error)) {
      this.#finish(bye.code, error);
      return;
    }
    const ms = bye.retry
      ? clampPause(bye.retryAfterMs)
      : backoff(this.#tokens.refused - 1, this.#options.pace);
    this.#leaving = { reason: bye.code, at: clock() + ms };
    this.#plan(ms);
  }

  /** An attempt failed or a connection ended: stop if the server said so, otherwise go on to the next gateway. */
  #lost(reason: string, error?: Error): void {
    const isFinal = isOfToken(error)
      ? !this.#mends(error)
      : error instanceof ConvokeError && !isRetryable(error);
    if (isFinal) {
      this.#finish(reason, error);
      return;
    }
    this.#forgive();
    this.#onlineSince = 0;
    this.#drop();
    const url = this.#url();
    if (this.#leaving) {
      // The next attempt was planned when the server said goodbye.
      const { reason: code, at } = this.#leaving;
      this.#set({ state: 'offline', url, reason: code, retryInMs: Math.max(at - clock(), 0) });
      return;
    }
    const asked = clampPause(retryAfterOf(error) ?? 0);
    const retryInMs = Math.max(asked, backoff(this.#failures++, this.#options.pace));
    this.#plan(retryInMs);
    this.#set({ state: 'offline', url, reason, retryInMs, ...(error === undefined ? {} : { error }) });
  }

  /** True if another token may do what this one could not. */
  #mends(error: unknown): boolean {
    this.#forgive();
    return isOfToken(error) && this.#tokens.refuse();
  }

  /** The token is about to expire. */
  async #renew(socket: GatewaySocket): Promise<void> {
    const reply = await this.#tokens.renew({
      pace: this.#options.pace,
      isWanted: () => this.#socket === socket,
      bring: (token) => this.request('renew', { token }),
    });
    for (const each of reply?.ended ?? []) this.#emitter.emit('ended', each);
  }

  /** A connection that has lasted makes up for what failed before it. */
  #forgive(): void {
    if (this.#onlineSince === 0 || clock() - this.#onlineSince <= STABLE_MS) return;
    this.#failures = 0;
    this.#tokens.forgive();
  }

  #plan(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#gateway = (this.#gateway + 1) % this.#options.urls.length;
      void this.#connect();
    }, ms);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.off();
    socket?.disconnect();
  }

  #finish(reason: string, error?: Error): void {
    if (this.#status.state === 'closed') return;
    this.#attempt++;
    clearTimeout(this.#timer);
    if ('removeEventListener' in globalThis) globalThis.removeEventListener('online', this.#hurry);
    this.#drop();
    this.#set({ state: 'closed', url: this.#url(), reason, ...(error === undefined ? {} : { error }) });
  }
}
