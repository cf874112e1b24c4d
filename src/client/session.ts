/** One session, followed over a connection that comes and goes. */
import { LIMITS, nextTurn, receiptOf, turnNumber } from '../contracts/public.ts';
import type {
  CancelReply,
  Delta,
  InterjectionPolicy,
  MessagePart,
  Receipt,
  SendRequest,
  SessionEvent,
  SessionState,
  SessionView,
  SocketRequestName,
  SocketRequests,
} from '../contracts/public.ts';
import { Subscription } from './subscription.ts';
import type { SessionStatus } from './subscription.ts';
import { call } from './calls.ts';
import type { Connection } from './connection.ts';
import { Emitter } from './emitter.ts';
import type { Unsubscribe } from './emitter.ts';
import { ClientError } from './errors.ts';
import { Outbox } from './outbox.ts';
import type { ClientStorage, PendingMessage } from './outbox.ts';
import { randomId } from './timing.ts';
import type { Pace } from './timing.ts';
import { streamTurn } from './turn-stream.ts';
import type { TurnPiece, TurnTarget } from './turn-stream.ts';

/** What `send` takes besides a plain text. */
export interface OutgoingMessage {
  readonly text?: string;
  readonly parts?: readonly MessagePart[];
  /** Makes sending twice harmless; made here if absent. */
  readonly messageId?: string;
  /** Who speaks, as shown to others. */
  readonly from?: string;
  readonly policy?: InterjectionPolicy;
}

/** What a session tells its listeners. */
export interface SessionEvents {
  /** A durable fact: each one once, in order, without a gap, except across a `reset`. */
  event: SessionEvent;
  /** Text that is new (reasoning, if `part` says so), trimmed of what was there; a higher `attempt` withdraws what was said before. */
  delta: Delta;
  /** The view changed, for whatever reason. */
  view: SessionView;
  /** The view was replaced: what listeners have put together from events and deltas is incomplete. */
  reset: SessionView;
  status: SessionStatus;
  /** A message sent from here has got further, or has been refused (status `rejected` with its code). */
  receipt: Receipt;
  /** The list of messages that wait to be sent has changed. */
  pending: readonly PendingMessage[];
}

/** What a session is given by its client. */
export interface SessionHost {
  readonly connection: Connection;
  readonly requestTimeoutMs: number;
  readonly outboxLimit: number;
  readonly pace: Pace;
  readonly storage: ClientStorage | undefined;
  readonly storageKey: string;
  forget(session: Session): void;
}

export class Session {
  readonly id: string;
  readonly #host: SessionHost;
  readonly #emitter = new Emitter<SessionEvents>();
  readonly #subscription: Subscription;
  readonly #outbox: Outbox;
  /** Messages sent from here that can still get further, oldest first. */
  readonly #receipts = new Map<string, Receipt>();

  constructor(id: string, host: SessionHost) {
    this.id = id;
    this.#host = host;
    this.#subscription = new Subscription(id, host.connection, this.#emitter);
    this.#outbox = new Outbox({
      send: (request) => host.connection.request('send', { ...request, session: id }),
      online: () => host.connection.online,
      limit: host.outboxLimit,
      pace: host.pace,
      storage: host.storage,
      storageKey: `${host.storageKey}:${id}:outbox`,
      onChange: () => {
        this.#emitter.emit('pending', this.#outbox.pending);
      },
      onSettled: (request, outcome) => {
        this.#settled(request, outcome);
      },
    });
    this.on('event', ({ type }) => {
      if (type.startsWith('message.') || type.startsWith('turn.')) this.#advance();
    });
    this.on('reset', () => {
      this.#advance();
    });
    if (host.connection.online) this.online();
  }

  /** The session as it is known here, with the text of running steps; never changed in place. Null until the first snapshot came. */
  get view(): SessionView | null {
    return this.#subscription.view;
  }

  get status(): SessionStatus {
    return this.#subscription.status;
  }

  /** Messages that the server has not answered yet, in the order in which they will be sent. */
  get pending(): readonly PendingMessage[] {
    return this.#outbox.pending;
  }

  on<K extends keyof SessionEvents>(name: K, listener: (value: SessionEvents[K]) => void): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  /** The first view, once it is there. Throws why there will be none (`session_not_found`, …). */
  async ready(): Promise<SessionView> {
    for (;;) {
      if (this.view) return this.view;
      if (this.status.error) throw this.status.error;
      await new Promise<void>((resolve) => {
        const stop = this.#onChange(() => {
          stop();
          resolve();
        });
      });
    }
  }

  /**
   * Sends a message, now or when there is a connection, after those sent before it. Resolves with the receipt once the server has
   * taken it, which may be long after. Throws `outbox_full`, `closed`, and the problems that trying again does not mend.
   */
  send(message: string | OutgoingMessage): Promise<Receipt> {
    return this.#outbox.push(toRequest(message));
  }

  /**
   * What the agents say in a turn, piece by piece, up to its end. `target`: a turn's id, or a message that is part of it (a plain string
   * is taken for a turn if it looks like one, `t12`). See `streamTurn` for what it throws.
   */
  turn(
    target: string | TurnTarget,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<TurnPiece, void, void> {
    const named = typeof target === 'string' ? targetOf(target) : target;
    const subscription = this.#subscription;
    const source = {
      get view() {
        return subscription.view;
      },
      get failure() {
        return subscription.status.error ?? null;
      },
      receipt: (messageId: string) => this.receipt(messageId),
      onChange: (listener: () => void) => this.#onChange(listener),
    };
    return streamTurn(source, named, options.signal);
  }

  /** Sends at once, and gives the pieces of the turn that answers. Throws what `send` and `turn` throw. */
  ask(
    message: string | OutgoingMessage,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<TurnPiece, void, void> {
    const request = toRequest(message);
    const sent = this.send(request);
    // Thrown to the reader; a reader who never comes is no unhandled rejection.
    sent.catch(() => undefined);
    const pieces = this.turn({ messageId: request.messageId }, options);
    return (async function* answer(): AsyncGenerator<TurnPiece, void, void> {
      await sent;
      yield* pieces;
    })();
  }

  /**
   * Cancels a turn; without an id the one that the view shows at work, or the next. A terminal event follows if the answer is
   * `cancelling`. Where the view knows of none the server chooses; then a lost answer is thrown, for a repeat could meet the turn after.
   */
  async cancel(turn: string | undefined = this.view ? nextTurn(this.view) : undefined): Promise<CancelReply> {
    if (turn !== undefined) return this.#call('cancel', { session: this.id, turn });
    const { connection, requestTimeoutMs } = this.#host;
    await connection.whenOnline(requestTimeoutMs);
    return connection.request('cancel', { session: this.id });
  }

  /** The state of the session's workflow. */
  state(): Promise<SessionState> {
    return this.#call('state', { session: this.id });
  }

  /** Where a message stands, as the server knows it. */
  receipt(messageId: string): Promise<Receipt> {
    return this.#call('receipt', { session: this.id, messageId });
  }

  /** Closes the session itself, for everybody: no further messages. To stop following it, `leave`. */
  async close(): Promise<void> {
    await this.#call('close', { session: this.id });
  }

  /** Stops following; the session goes on. Messages that wait here are dropped: their promises fail with `closed`. */
  leave(): void {
    this.end(new ClientError('closed'), false);
    this.#host.connection.request('unsubscribe', { session: this.id }).catch(() => undefined);
    this.#host.forget(this);
  }

  /** For the client: there is a new connection. */
  online(): void {
    this.#subscription.subscribe();
    this.#outbox.wake();
  }

  /** For the client: subscribe again if that had failed. */
  refresh(): void {
    if (this.status.state === 'failed' && this.#host.connection.online) this.#subscription.subscribe();
  }

  /** For the client: nothing more will come. `keep`: unsent messages stay in the storage. */
  end(error: Error, keep: boolean): void {
    this.#subscription.end(error);
    this.#outbox.stop(error, keep);
  }

  #onChange(listener: () => void): Unsubscribe {
    const stops = [this.on('view', listener), this.on('status', listener)];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #call<N extends SocketRequestName>(
    name: N,
    request: SocketRequests[N]['request'],
  ): Promise<SocketRequests[N]['reply']> {
    return call(this.#host.connection, name, request, this.#host.requestTimeoutMs);
  }

  #settled({ messageId }: SendRequest, outcome: Receipt | Error): void {
    const rejected = { session: this.id, messageId, status: 'rejected' } as const;
    const receipt = outcome instanceof Error ? { ...rejected, code: codeOf(outcome) } : outcome;
    if (!isFinal(receipt)) this.#receipts.set(messageId, receipt);
    for (const oldest of this.#receipts.keys()) {
      if (this.#receipts.size <= LIMITS.inboxMessages) break;
      this.#receipts.delete(oldest);
    }
    this.#emitter.emit('receipt', receipt);
    // Frames may have been faster than the answer.
    this.#advance();
  }

  /** Tells what the view knows of messages sent from here that had not been told. */
  #advance(): void {
    const { view } = this;
    if (!view) return;
    for (const [messageId, before] of this.#receipts) {
      const receipt = receiptOf(view, messageId);
      if (!receipt || (receipt.status === before.status && receipt.turnStatus === before.turnStatus))
        continue;
      if (isFinal(receipt)) this.#receipts.delete(messageId);
      else this.#receipts.set(messageId, receipt);
      this.#emitter.emit('receipt', receipt);
    }
  }
}

function toRequest(message: string | OutgoingMessage): SendRequest & OutgoingMessage {
  const { messageId = randomId(), ...rest } = typeof message === 'string' ? { text: message } : message;
  return { messageId, ...rest };
}

function targetOf(target: string): TurnTarget {
  return turnNumber(target) > 0 ? { turn: target } : { messageId: target };
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
}

function isFinal({ status, turnStatus }: Receipt): boolean {
  return status === 'rejected' || status === 'superseded' || (turnStatus ?? 'running') !== 'running';
}
