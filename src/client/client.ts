/** The client: one connection, any number of sessions on it. */
import { ConvokeError, isId, CLIENT_LIMITS } from '../contracts/public.ts';
import type { OpenRequest } from '../contracts/public.ts';
import { call } from './calls.ts';
import { Connection } from './connection.ts';
import type { ClientStatus } from './status.ts';
import type { Unsubscribe } from './emitter.ts';
import { ClientError } from './errors.ts';
import type { ClientStorage } from './outbox.ts';
import { Schedules } from './schedules.ts';
import { Session } from './session.ts';
import { Places } from './places.ts';
import { DEFAULT_PACE, randomId } from './timing.ts';
import type { Pace } from './timing.ts';
import { TokenSource } from './token-source.ts';
import type { GivenToken } from './token-source.ts';
import { checkedUrls } from './urls.ts';

export interface ClientOptions {
  /** `http://host:port` of one or more gateways: if one fails, the next is tried. Any gateway serves any session. */
  readonly url: string | readonly string[];
  /**
   * The key or token, or a function that returns a fresh one: asked before every connection, and again, while the connection lasts, when a
   * session token is about to expire, and for each file that is sent or read. If such a one is refused the function is asked again, 7 times with growing pauses.
   */
  readonly token: GivenToken;
  /**
   * Keeps unsent messages across a reload; pass `sessionStorage`. Not `localStorage`: tabs share it and would overwrite each other's list.
   */
  readonly storage?: ClientStorage;
  /** Prefix of the storage keys; default `convoke`. Use a different one per user, so that their messages do not mix. */
  readonly storageKey?: string;
  /** Unsent messages that one session may have; default 100. */
  readonly outboxLimit?: number;
  /** How long to wait for an answer, ms; default 10,000. */
  readonly requestTimeoutMs?: number;
  /** Pauses between attempts to connect, ms: doubling from `minMs` to `maxMs`, ±50 %; default 350 to 5,000. */
  readonly reconnect?: Pace;
  /** The path of Socket.IO on the gateway; default `/socket.io/`. */
  readonly path?: string;
}

const REQUEST_TIMEOUT_MS = 10_000;

export class Client {
  readonly #options: ClientOptions;
  readonly #connection: Connection;
  readonly #sessions = new Map<string, Session>();
  readonly #places = new Places();
  /** Of what does not go through the connection. */
  readonly #tokens: TokenSource;
  #schedules: Schedules | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#tokens = new TokenSource(options.token, this.#timeoutMs);
    this.#connection = new Connection({
      urls: checkedUrls(options.url),
      token: options.token,
      path: options.path ?? '/socket.io/',
      requestTimeoutMs: this.#timeoutMs,
      pace: options.reconnect ?? DEFAULT_PACE,
    });
    this.#connection.on('status', (status) => {
      const sessions = [...this.#sessions.values()];
      if (status.state === 'online') {
        this.#places.reconnected();
        for (const session of sessions) session.online();
      }
      if (status.state === 'closed') for (const session of sessions) session.end(ending(status), true);
    });
    this.#connection.start();
  }

  get status(): ClientStatus {
    return this.#connection.status;
  }

  on(name: 'status', listener: (status: ClientStatus) => void): Unsubscribe {
    return this.#connection.on(name, listener);
  }

  /**
   * Opens a session and follows it. If the request has no id, one is generated here, so that a lost answer does not open two sessions. Throws
   * `session_exists` if the id was opened with a different request, `offline`, and the server's problems.
   */
  async open(request: OpenRequest = {}): Promise<Session> {
    const { id = randomId() } = request;
    const opened = await call(this.#connection, 'open', { ...request, id }, this.#timeoutMs);
    const session = this.session(opened.id);
    session.refresh();
    return session;
  }

  /**
   * Follows a session; it stays subscribed across reconnects. Returns the same object for the same id until it is left. A client follows at
   * most 32 sessions at a time; further ones wait (`queued`) until another is left.
   */
  session(id: string): Session {
    if (!isId(id))
      throw new ConvokeError('invalid_request', 'A session id is 1 to 64 characters of A-Z a-z 0-9 _ -.');
    const existing = this.#sessions.get(id);
    if (existing) return existing;
    const session = new Session(id, {
      connection: this.#connection,
      places: this.#places,
      gateway: { url: () => this.status.url, token: () => this.#tokens.ask() },
      requestTimeoutMs: this.#timeoutMs,
      outboxLimit: this.#options.outboxLimit ?? CLIENT_LIMITS.inboxMessages,
      pace: this.#options.reconnect ?? DEFAULT_PACE,
      storage: this.#options.storage,
      storageKey: this.#options.storageKey ?? 'convoke',
      follow: (other) => {
        const followed = this.session(other);
        followed.refresh();
        return followed;
      },
      forget: (left) => {
        if (this.#sessions.get(id) === left) this.#sessions.delete(id);
      },
    });
    this.#sessions.set(id, session);
    if (this.status.state === 'closed') session.end(ending(this.status), true);
    return session;
  }

  /** The tenant's schedules. */
  get schedules(): Schedules {
    return (this.#schedules ??= new Schedules(this.#connection, this.#timeoutMs));
  }

  /** Closes the connection for good. Unsent messages fail with `closed`; those in the storage are sent next time. */
  close(): void {
    this.#connection.close();
  }

  get #timeoutMs(): number {
    return this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  }
}

function ending(status: ClientStatus): Error {
  return status.error ?? new ClientError('closed');
}

/** Connects to a gateway and stays connected until `close()` or a permanent refusal (see `status`). Throws `invalid_request` for a wrong url. */
export function connect(options: ClientOptions): Client {
  return new Client(options);
}
