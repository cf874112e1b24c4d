/** One session, followed across reconnects. */
import type {
  CancelReply,
  CancelRequest,
  ForkRequest,
  Json,
  MembersReply,
  MembersRequest,
  OpenApproval,
  Receipt,
  ReopenReply,
  ScheduledMessage,
  SessionState,
  SessionView,
  SocketRequestName,
  SocketRequests,
  VoteReply,
  VoteRequest,
  WakeReply,
  Timeline,
} from '../contracts/public.ts';
import { Subscription } from './subscription.ts';
import type { SessionStatus } from './subscription.ts';
import { call } from './calls.ts';
import type { Beside, BesideRequest } from './beside.ts';
import { Emitter } from './emitter.ts';
import type { Unsubscribe } from './emitter.ts';
import { ClientError } from './errors.ts';
import { nextChange, untilFollowed } from './following.ts';
import type { Gateway, SessionHost } from './host.ts';
import { Outbox } from './outbox.ts';
import type { PendingMessage } from './outbox.ts';
import { nextOf, targetOf, toQuestion, toRequest } from './outgoing.ts';
import type { Asking, AskOptions, OutgoingMessage, SendOptions } from './outgoing.ts';
import { Sent } from './sent.ts';
import { randomId } from './timing.ts';
import type { SessionEvents } from './session-events.ts';
import { sourceOf } from './source.ts';
import type { Source } from './source.ts';
import { streamTurn } from './turn-stream.ts';
import type { TurnPiece, TurnTarget } from './turn-stream.ts';

export class Session {
  readonly id: string;
  /** For `filesOf`. */
  readonly gateway: Gateway;
  readonly #host: SessionHost;
  readonly #emitter = new Emitter<SessionEvents>();
  readonly #subscription: Subscription;
  readonly #source: Source;
  readonly #outbox: Outbox;
  readonly #sent = new Sent((receipt) => this.#emitter.emit('receipt', receipt));

  constructor(id: string, host: SessionHost) {
    this.id = id;
    this.gateway = host.gateway;
    this.#host = host;
    this.#subscription = new Subscription(id, host, this.#emitter);
    this.#source = sourceOf(this.#subscription, this.#emitter, (messageId) => this.receipt(messageId));
    this.#outbox = new Outbox({
      send: (request) => host.connection.request('send', { ...request, session: id }),
      online: () => host.connection.online,
      limit: host.outboxLimit,
      pace: host.pace,
      storage: host.storage,
      storageKey: `${host.storageKey}:${id}:outbox`,
      onChange: () => this.#emitter.emit('pending', this.#outbox.pending),
      onSettled: (request, outcome) => {
        this.#sent.settled(id, request, outcome);
        // Frames may have arrived before the answer.
        this.#sent.advance(this.view);
      },
    });
    this.on('event', (event) => {
      this.#sent.hear(event, this.view);
    });
    this.on('reset', () => this.#sent.advance(this.view));
    if (host.connection.online) this.online();
  }

  /** The session as it is known here, including the text of running steps; never modified in place. Null until the first snapshot arrives. */
  get view(): SessionView | null {
    return this.#subscription.view;
  }

  get status(): SessionStatus {
    return this.#subscription.status;
  }

  /** Messages that the server has not answered yet, in the order of sending. */
  get pending(): readonly PendingMessage[] {
    return this.#outbox.pending;
  }

  on<K extends keyof SessionEvents>(name: K, listener: (value: SessionEvents[K]) => void): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  /** Resolves with the first view, however long a `queued` session waits for it. Throws if there will be none (`session_not_found`, …). */
  async ready(): Promise<SessionView> {
    for (;;) {
      if (this.view) return this.view;
      if (this.status.error) throw this.status.error;
      const change = nextChange(this.#source);
      await change.happened;
      change.stop();
    }
  }

  /**
   * Sends a message, now or once there is a connection, after the messages sent before it: `send('Shorter.', { policy: 'steer' })`. Resolves
   * with the receipt once the server has accepted it, which may be much later. Throws `outbox_full`, `closed`, and what is not retryable.
   */
  send(message: string | OutgoingMessage, options: SendOptions = {}): Promise<Receipt> {
    return this.#outbox.push(toRequest(message, options));
  }

  /**
   * What the agents say in a turn, piece by piece, up to its end. `target`: a turn, or a message that is part of one. (A plain string counts
   * as a turn id if it looks like one, `t12`.) See `streamTurn` for what it throws.
   */
  turn(
    target: string | TurnTarget,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<TurnPiece, void, void> {
    const named = typeof target === 'string' ? targetOf(target) : target;
    return streamTurn(this.#source, named, options.signal);
  }

  /**
   * Sends a message and yields the pieces of the turn that answers it. It is sent once the session is followed, so that no answer is missed
   * that somebody pays for. Throws what `send` and `turn` throw, and, with nothing sent, why the session cannot be followed.
   */
  ask(
    message: string | Asking,
    { signal, ...sending }: AskOptions = {},
  ): AsyncGenerator<TurnPiece, void, void> {
    const request = toQuestion(message, sending);
    const sent = this.#subscription.followed
      ? this.send(request)
      : this.#toFollow(signal).then(() => this.send(request));
    // The reader gets the error; without a reader it must not become an unhandled rejection.
    sent.catch(() => undefined);
    const pieces = this.turn({ messageId: request.messageId }, signal ? { signal } : {});
    return (async function* answer(): AsyncGenerator<TurnPiece, void, void> {
      await sent;
      yield* pieces;
    })();
  }

  /**
   * Cancels a turn; without an id the one that is running according to the view, otherwise the next; with `all` every turn that runs or waits.
   * If the answer is `cancelling`, a terminal event follows. If the view knows of no such turn, the server chooses; a lost answer is then
   * thrown, because a repeat could hit a later turn.
   */
  async cancel(what: string | CancelRequest = nextOf(this.view)): Promise<CancelReply> {
    const request = typeof what === 'string' ? { turn: what } : what;
    if (Object.keys(request).length > 0) return this.#call('cancel', { ...request, session: this.id });
    await this.#host.connection.whenOnline(this.#host.requestTimeoutMs);
    return this.#host.connection.request('cancel', { session: this.id });
  }

  /** Ends the team's sleep in the running turn, or only in the named one. A lost answer is thrown: a repeat could end the next sleep. */
  async wake(turn?: string): Promise<WakeReply> {
    await this.#host.connection.whenOnline(this.#host.requestTimeoutMs);
    return this.#host.connection.request('wake', { session: this.id, ...(turn && { turn }) });
  }

  /** Has an agent or a person join, a member leave, an agent be paused or resumed: `members({ join: 'billing' })`. */
  members(change: MembersRequest): Promise<MembersReply> {
    return this.#call('members', { ...change, session: this.id });
  }

  /**
   * Makes a new session that has this one's conversation, up to the event `at` or to before the turn of the message `before`, and follows it.
   * With `message` it goes on from there: `fork({ before: 'm3', message: { text: '…' } })` edits an earlier message.
   */
  async fork(request: ForkRequest = {}): Promise<Session> {
    const { id = randomId(), message } = request;
    const next = message && { message: toRequest(message) };
    await this.#call('fork', { ...request, id, ...next, session: this.id });
    return this.#host.follow(id);
  }

  /** What people have to decide upon, as it is known here; the event `view` tells of changes. */
  get approvals(): readonly OpenApproval[] {
    return this.view?.approvals ?? [];
  }

  /**
   * Votes on an approval, which counts for what `approval.hash` names: `approve(session.approvals[0], { by: 'ana' })`. What is decided is
   * answered with the decision. Throws `approval_not_found`, `approval_changed`, `approver_not_allowed`, `session_closed`.
   */
  approve(
    { approval, hash }: Pick<OpenApproval, 'approval' | 'hash'>,
    vote: Omit<VoteRequest, 'vote' | 'hash'>,
  ): Promise<VoteReply> {
    return this.#call('approve', { ...vote, vote: 'approve', approval, hash, session: this.id });
  }

  /** Denies it: one who does is enough. `reason` is told to the agent whose call it is. Throws as `approve`. */
  deny(
    { approval, hash }: Pick<OpenApproval, 'approval' | 'hash'>,
    vote: Omit<VoteRequest, 'vote' | 'hash' | 'data'>,
  ): Promise<VoteReply> {
    return this.#call('approve', { ...vote, vote: 'deny', approval, hash, session: this.id });
  }

  /** The messages that wait for their time, the next one first. */
  async scheduled(): Promise<readonly ScheduledMessage[]> {
    return (await this.#call('scheduled', { session: this.id })).data;
  }

  /** Cancels a message that waits for its time; the receipt says whether it was delivered before. Throws `message_not_found`. */
  unschedule(messageId: string): Promise<Receipt> {
    return this.#call('unschedule', { session: this.id, messageId });
  }

  /** The state of the session's workflow. */
  state(): Promise<SessionState> {
    return this.#call('state', { session: this.id });
  }

  /** The receipt of a message, from the server. */
  receipt(messageId: string): Promise<Receipt> {
    return this.#call('receipt', { session: this.id, messageId });
  }

  /** The way of a message up to the connections that have its answer, and what held it up. Throws `message_not_found`, `session_not_found`. */
  timeline(messageId: string): Promise<Timeline> {
    return this.#call('timeline', { session: this.id, messageId });
  }

  /** Tells whoever follows the session at this moment, as a note; nothing is kept. Throws `rate_limited`, `offline`. */
  async publish(channel: string, data: Json, from?: string): Promise<void> {
    await this.tell('publish', { channel, data, ...(from && { from }) });
  }

  /** For `presenceOf`: a request, sent once, that is not about the log. */
  tell<N extends BesideRequest>(name: N, what: Beside<N>): Promise<SocketRequests[N]['reply']> {
    const request = { ...what, session: this.id } as SocketRequests[N]['request'];
    return this.#host.connection.request(name, request);
  }

  /** Closes the session itself,  /** Closes the session itself, for everybody: it accepts no further messages. To stop following it, use `leave`. */
  async close(): Promise<void> {
    await this.#call('close', { session: this.id });
  }

  /** Opens a closed session again; `open`: it was not closed. Throws `session_closing`, `session_not_stored`. */
  reopen(): Promise<ReopenReply> {
    return this.#call('reopen', { session: this.id });
  }

  /** Stops following; the session goes on. Unsent messages are dropped: their promises fail with `closed`. */
  leave(): void {
    // First: whoever gets the place subscribes at once.
    this.#host.connection.request('unsubscribe', { session: this.id }).catch(() => undefined);
    this.end(new ClientError('closed'), false);
    this.#host.forget(this);
  }

  /** For the client: there is a new connection. */
  online(): void {
    this.#subscription.subscribe();
    this.#outbox.wake();
  }

  /** For the client: subscribe again if the last subscription failed. */
  refresh(): void {
    if (this.#host.connection.online) this.#subscription.refresh();
  }

  /** For the client: the session is over here. `keep`: unsent messages stay in the storage. */
  end(error: Error, keep: boolean): void {
    this.#subscription.end(error);
    this.#outbox.stop(error, keep);
  }

  #toFollow(signal?: AbortSignal): Promise<void> {
    this.refresh();
    return untilFollowed(this.#source, signal);
  }

  #call<N extends SocketRequestName>(
    name: N,
    request: SocketRequests[N]['request'],
  ): Promise<SocketRequests[N]['reply']> {
    return call(this.#host.connection, name, request, this.#host.requestTimeoutMs);
  }
}
