/** One Socket.IO connection: its outgoing buffer and the sessions that it follows. */
import type { DefaultEventsMap, Server, Socket } from 'socket.io';
import { ConvokeError, endsTurn, FRAMES, LIMITS, toProblem } from '../contracts/index.ts';
import type { Subscription, Watcher } from '../deliver/delivery.ts';
import type {
  SubscribeReply,
  Bye,
  Cursor,
  Reader,
  HeardNote,
  Note,
  PresenceReply,
  RenewReply,
  SessionRef,
  SocketFrames,
} from '../contracts/index.ts';
import type { Arrival } from '../ingest/index.ts';
import { allow, readerOf } from '../tenants/index.ts';
import type { Grant, Principal } from '../tenants/index.ts';
import { byeOf } from './connections.ts';
import type { LongConnection } from './connections.ts';
import { Acknowledged, Acknowledging } from './acknowledged.ts';
import type { GatewayContext } from './context.ts';
import { encodeEvent, encoderOf, jsonOf } from './encoded.ts';
import { Bucket } from '../fair/index.ts';
import { Gate } from './gate.ts';
import type { Pipe } from './edge/pipe.ts';
import { SocketPresence } from './socket-presence.ts';

const encodedEvent = encoderOf(FRAMES.event);
const encodedDelta = encoderOf(FRAMES.delta);
const encodedNote = encoderOf(FRAMES.note);

export interface SocketData {
  principal: Principal;
}

export type GatewayServer = Server<DefaultEventsMap, SocketFrames, DefaultEventsMap, SocketData>;
export type GatewaySocket = Socket<DefaultEventsMap, SocketFrames, DefaultEventsMap, SocketData>;

/** The answer to a request, and what to do once it has been sent. */
export interface Answer<T> {
  readonly value: T;
  /** True if the value contains a snapshot. */
  readonly snapshot?: boolean;
  readonly after?: () => void;
}

/** One session that the socket follows. `live` becomes false when it is unsubscribed or replaced, or the socket is gone. */
interface Slot {
  readonly gate: Gate;
  live: boolean;
  subscription?: Subscription;
  /** What it may tell of itself: that somebody types, her device and state. */
  readonly pace: Bucket;
  readonly acknowledged: Acknowledged;
}

interface Serving {
  readonly context: GatewayContext;
  readonly socket: GatewaySocket;
  readonly pipe: Pipe;
}

export class SocketClient implements LongConnection {
  readonly kind = 'socket';
  /** Unanswered requests. */
  inflight = 0;
  readonly #socket: GatewaySocket;
  readonly #context: GatewayContext;
  readonly #slots = new Map<string, Slot>();
  readonly #pipe: Pipe;
  readonly #presence: SocketPresence;
  readonly #acknowledging: Acknowledging;
  #closing = false;
  #reader: Reader;

  constructor({ context, socket, pipe }: Serving) {
    this.#context = context;
    this.#socket = socket;
    this.#pipe = pipe;
    this.#acknowledging = new Acknowledging(pipe);
    this.#reader = readerOf(socket.data.principal);
    this.#presence = new SocketPresence(context.presence, socket.id, (note) => this.#note(note));
  }

  /** As gateways and timelines call the connection. */
  get id(): string {
    return this.#socket.id;
  }

  /** Whose connection it is: of the newest token that was brought. */
  get principal(): Principal {
    return this.#socket.data.principal;
  }

  /** Asks for another token. */
  renew(expiresInMs: number): void {
    if (!this.#closing) this.#socket.emit(FRAMES.renew, { expiresInMs: Math.round(expiresInMs) });
  }

  /** Goes on with another token's principal, and ends what that may not follow. */
  goOnAs(principal: Principal & { readonly grant: Grant }): RenewReply {
    this.#socket.data.principal = principal;
    this.#reader = readerOf(principal);
    // What came late must not be kept.
    if (this.#socket.connected) this.#context.connections.add(this, principal.grant);
    const ended = [...this.#slots.keys()].flatMap((session) => {
      try {
        allow(principal, 'watch', session);
        return [];
      } catch (error) {
        this.unsubscribe(session);
        return [{ session, code: toProblem(error).code }];
      }
    });
    return { expiresAt: principal.grant.expiresAt, ended };
  }

  /** A key or token that was brought is not valid. Resolves when that may be answered. */
  refused(): Promise<void> {
    const { peers, refusals } = this.#context;
    return refusals.slow(peers.of(this.#socket.request.socket));
  }

  /** Sends an answer. */
  reply(send: () => void, snapshot: boolean): void {
    if (snapshot) this.#pipe.snapshot(send);
    else send();
  }

  backlog(): { readonly bytes: number; readonly packets: number } {
    return this.#pipe.backlog();
  }

  /** True if more is buffered than one socket may have. */
  get overfull(): boolean {
    const { bytes, packets } = this.backlog();
    return bytes > LIMITS.socketBytes || packets > LIMITS.socketPackets;
  }

  /** Follows a session; called again, it starts over. Throws `too_many_subscriptions`, `session_not_found`. */
  async subscribe(ref: SessionRef, cursor?: Cursor): Promise<Answer<SubscribeReply>> {
    const { session } = ref;
    this.#drop(session);
    if (this.#slots.size >= LIMITS.subscriptionsPerSocket) {
      throw new ConvokeError(
        'too_many_subscriptions',
        'Unsubscribe from another session first, or open another socket.',
      );
    }
    const pace = new Bucket(LIMITS.presencePace, performance.now());
    const slot: Slot = { gate: new Gate(), live: true, pace, acknowledged: new Acknowledged() };
    this.#slots.set(session, slot);
    try {
      slot.subscription = await this.#context.delivery.subscribe(ref, this.#watcher(session, slot), cursor);
    } catch (error) {
      if (this.#slots.get(session) === slot) this.unsubscribe(session);
      throw error;
    }
    if (!slot.live) {
      slot.subscription.unsubscribe();
      throw new ConvokeError('invalid_request', 'A later request for this session replaced this one.');
    }
    const { mode, position, snapshot } = slot.subscription;
    const value = { mode, position, ...(snapshot === undefined ? {} : { snapshot }) };
    return {
      value,
      snapshot: snapshot !== undefined,
      after: () => {
        this.#pipe.catchUp(() => slot.gate.open());
        this.#acknowledging.sent(slot.acknowledged, position.seq);
      },
    };
  }

  /** Somebody types, joins or changes. Throws `invalid_request` unless the session is followed, and `rate_limited` for one that never rests. */
  tells(session: string): void {
    const waitMs = this.#followed(session).pace.take(1, performance.now());
    if (waitMs > 0) {
      const detail = 'Say this every few seconds at most.';
      throw new ConvokeError('rate_limited', detail, { retryAfterMs: Math.ceil(waitMs) });
    }
  }

  /** Asks to be present, or to be told who is. Throws what `tells` does, `presence_full`, `log_unavailable`. */
  async present(arrival: Arrival): Promise<PresenceReply> {
    this.tells(arrival.ref.session);
    return this.#presence.ask(arrival);
  }

  unsubscribe(session: string): void {
    this.#presence.leave(session);
    this.#drop(session);
  }

  #followed(session: string): Slot {
    const slot = this.#slots.get(session);
    if (slot) return slot;
    throw new ConvokeError('invalid_request', 'Subscribe to the session first.');
  }

  /** A subscription ends; another one may take its place. */
  #drop(session: string): void {
    const slot = this.#slots.get(session);
    if (!slot) return;
    this.#slots.delete(session);
    slot.live = false;
    slot.subscription?.unsubscribe();
  }

  /** The socket is gone. */
  gone(): void {
    for (const session of [...this.#slots.keys()]) this.unsubscribe(session);
    this.#acknowledging.stop();
  }

  bye(bye: Bye): void {
    if (!this.#closing) this.#socket.emit(FRAMES.bye, bye);
  }

  /**
   * Closes the transport, so that the client connects again: a `socket.disconnect()` would tell it not to. What is buffered is sent
   * first, unless the client does not read.
   */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#pipe.end();
  }

  end(code: Bye['code']): void {
    this.bye(byeOf(code));
    this.close();
  }

  /** Sends once the answer to the subscription has been sent. */
  #pass(slot: Slot, send: () => void): void {
    if (!slot.live) return;
    slot.gate.pass(() => {
      if (slot.live && !this.#closing) send();
    });
  }

  #hears(note: HeardNote): void {
    const { session } = note;
    if (note.kind === 'kicked') {
      if (note.subject === this.principal.grant?.subject) this.#kicked(session);
    } else if (note.kind !== 'present' && (note.kind === 'published' || this.#presence.hears(session))) {
      // They may be lost, and must not cut off a client that is slow.
      const { bytes, packets } = this.#pipe.backlog();
      if (bytes < LIMITS.socketBytes / 2 && packets < LIMITS.socketPackets / 2) this.#note(note);
    }
  }

  #note(note: Note & { readonly session: string }): void {
    const slot = this.#slots.get(note.session);
    if (slot) this.#pass(slot, () => this.#pipe.write(encodedNote(note)));
  }

  #kicked(session: string): void {
    if (!this.#slots.has(session)) return;
    this.unsubscribe(session);
    if (!this.#closing) this.#socket.emit(FRAMES.ended, { session, code: 'kicked' });
  }

  #watcher(session: string, slot: Slot): Watcher {
    const pass = (send: () => void): void => this.#pass(slot, send);
    const reader = (): Reader => this.#reader;
    return {
      get reader() {
        return reader();
      },
      subject: this.principal.grant?.subject,
      note: (note) => this.#hears(note),
      connection: { id: this.#socket.id, kind: 'socket', acknowledged: slot.acknowledged },
      event: (event) =>
        pass(() => {
          this.#pipe.write(encodedEvent(event));
          // Not for each: once a second at most, and while nothing is asked no client has to answer.
          if (endsTurn(event.type)) this.#acknowledging.sent(slot.acknowledged, event.seq);
        }),
      delta: (delta) => pass(() => this.#pipe.write(encodedDelta(delta))),
      reset: (snapshot) =>
        pass(() => {
          const json = `{"session":${JSON.stringify(session)},"snapshot":${jsonOf(snapshot)}}`;
          this.#pipe.outgoing.snapshot(() => this.#pipe.write(encodeEvent(FRAMES.reset, json)));
        }),
      backlog: () => {
        const { bytes, packets } = this.#pipe.backlog();
        return { bytes, packets: packets + slot.gate.held };
      },
      end: (code) => this.end(code),
    };
  }
}
