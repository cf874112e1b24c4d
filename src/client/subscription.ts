/**
 * Follows one session: subscribes on each new connection with the replica's cursor, folds the frames, and subscribes again when something is
 * missing.
 *
 * The cursor lives only in memory. After a reload there is no view to resume onto, so a stored cursor could at best bring the events after
 * it; the snapshot, which also has the text of running steps, is one packet and always right.
 */
import { ConvokeError } from '../contracts/public.ts';
import type { SubscribeReply, Delta, SessionEvent, SessionView } from '../contracts/public.ts';
import type { ConnectionEvents } from './connection-events.ts';
import type { Connection } from './connection.ts';
import { asError, failureError } from './errors.ts';
import { codeOf } from './outgoing.ts';
import { Replica } from './replica.ts';
import type { Placed, Places } from './places.ts';
import { channelEvent } from './session-events.ts';
import type { SessionEvents } from './session-events.ts';
import type { Emitter, Unsubscribe } from './emitter.ts';
import { clock, pause, retryDelay } from './timing.ts';

/** The status of a session on this client. */
export interface SessionStatus {
  /**
   * `waiting`: for a connection. `queued`: for a place; the client follows as many sessions as a connection may, and goes on with this one
   * when another is left. `live`: everything arrives as it happens. `failed`: the server refused (tried again on the next connection).
   * `left`: ended, by `leave`, `client.close` or the end of the connection.
   */
  readonly state: 'waiting' | 'queued' | 'subscribing' | 'live' | 'failed' | 'left';
  /** How it became live: missed events were delivered, or the view was replaced. */
  readonly mode?: SubscribeReply['mode'];
  /** Why it failed or ended. */
  readonly error?: Error;
}

/** What comes in of a session. */
type Frame = Exclude<keyof ConnectionEvents, 'status'>;

/** Receives what comes in. */
type Listener = Pick<Emitter<SessionEvents>, 'emit'>;

/** Minimum time between two subscriptions on one connection, ms, so that a faulty server is not asked in a tight loop. */
const RESUBSCRIBE_MS = 250;

export class Subscription implements Placed {
  readonly #session: string;
  readonly #connection: Connection;
  readonly #places: Places;
  readonly #listener: Listener;
  readonly #replica = new Replica();
  readonly #stops: readonly Unsubscribe[];
  #status: SessionStatus = { state: 'waiting' };
  #busy = false;
  /** A refusal of the subscription in progress may be out of date. */
  #again = false;
  /** When the last subscription on this connection was answered, ms of `clock()`. */
  #answeredAt = -Infinity;

  constructor(
    session: string,
    { connection, places }: { readonly connection: Connection; readonly places: Places },
    listener: Listener,
  ) {
    this.#session = session;
    this.#connection = connection;
    this.#places = places;
    this.#listener = listener;
    const own = <K extends Frame>(name: K, hear: (frame: ConnectionEvents[K]) => void): Unsubscribe =>
      connection.on(name, (frame) => {
        if (frame.session === session) hear(frame);
      });
    this.#stops = [
      own('event', (event) => this.#event(event)),
      own('delta', (delta) => this.#delta(delta)),
      own('reset', ({ snapshot }) => this.#replace(snapshot)),
      own('note', (note) => listener.emit('note', note)),
      own('ended', ({ code }) => this.#fail(failureError(code))),
      connection.on('status', ({ state }) => {
        if (state === 'offline' || state === 'connecting') this.#set({ state: 'waiting' });
      }),
    ];
  }

  get view(): SessionView | null {
    return this.#replica.view;
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** True if what happens in the session arrives here, at once or after the next reconnect. */
  get followed(): boolean {
    return this.view !== null && !['queued', 'failed', 'left'].includes(this.#status.state);
  }

  /** Subscribes, once there is a place; calls while a subscription is in progress are ignored. */
  subscribe(): void {
    if (this.#busy || this.#status.state === 'left') return;
    if (!this.#places.take(this)) {
      if (this.#wanted()) this.#set({ state: 'queued' });
      return;
    }
    this.#busy = true;
    if (this.#wanted()) this.#set({ state: 'subscribing' });
    void this.#run();
  }

  /** For the places. */
  placed(): void {
    this.subscribe();
  }

  /** Subscribes again if the session was refused, or is about to be: it is there now. */
  refresh(): void {
    if (this.#busy) this.#again = true;
    else if (this.#status.state === 'failed') this.subscribe();
  }

  end(error: Error): void {
    for (const stop of this.#stops) stop();
    this.#set({ state: 'left', error });
    this.#places.leave(this);
  }

  #wanted(): boolean {
    return this.#connection.online && this.#status.state !== 'left';
  }

  #set(status: SessionStatus): void {
    const now = this.#status;
    if (now.state === 'left' || (now.state === status.state && !status.mode && !status.error)) return;
    if (status.state === 'waiting') this.#answeredAt = -Infinity;
    this.#status = status;
    this.#listener.emit('status', status);
  }

  async #run(): Promise<void> {
    const early = this.#answeredAt + RESUBSCRIBE_MS - clock();
    if (early > 0) await pause(early);
    for (let attempt = 0; this.#wanted(); attempt++) {
      this.#set({ state: 'subscribing' });
      const delay = await this.#attempt(attempt);
      if (delay === null) break;
      // Without a connection there is no point in pausing: the loop ends, and the next connection starts over.
      if (this.#wanted()) await pause(delay);
    }
    this.#busy = false;
    this.#again = false;
    // The connection may have come back after the loop saw it gone.
    if (this.#wanted() && this.#status.state === 'waiting') this.subscribe();
  }

  /** One request. Returns null when done, otherwise the pause before the next one, ms. */
  async #attempt(attempt: number): Promise<number | null> {
    const { cursor } = this.#replica;
    try {
      const request = { session: this.#session, ...(cursor ? { cursor } : {}) };
      const reply = await this.#connection.request('subscribe', request);
      this.#answeredAt = clock();
      if (!this.#wanted()) return null;
      if (reply.snapshot) this.#replace(reply.snapshot);
      if (!this.#replica.view)
        throw new ConvokeError('internal', 'The server resumed a session that is unknown here.');
      const settled = this.#replica.settle();
      if (settled || attempt > 1) {
        this.#set({ state: 'live', mode: reply.mode });
        return null;
      }
      // Something is still missing: try once more, then take a snapshot.
      if (attempt === 1) this.#replica.forget();
      return RESUBSCRIBE_MS;
    } catch (thrown) {
      const error = asError(thrown);
      const code = codeOf(error);
      if (code === 'invalid_cursor' && cursor) {
        this.#replica.forget();
        return 0;
      }
      if (code === 'too_many_subscriptions' && this.#places.refused(this)) {
        this.#set({ state: 'queued' });
        return null;
      }
      const delay = retryDelay(error, attempt);
      if (delay === null && this.#again) {
        this.#again = false;
        return 0;
      }
      if (delay !== null) return delay;
      this.#fail(error);
      return null;
    }
  }

  #fail(error: Error): void {
    this.#set({ state: 'failed', error });
    this.#places.leave(this);
  }

  #event(event: SessionEvent): void {
    const outcome = this.#replica.event(event);
    if (outcome === 'behind') this.subscribe();
    if (outcome !== 'applied') return;
    this.#listener.emit('event', event);
    const published = channelEvent(event);
    if (published) {
      this.#listener.emit('channel', published);
      this.#listener.emit(`channel:${published.channel}`, published);
    }
    this.#told();
  }

  #delta(delta: Delta): void {
    const { outcome, added } = this.#replica.delta(delta);
    if (outcome === 'behind') this.subscribe();
    if (!added) return;
    this.#listener.emit('delta', added);
    this.#told();
  }

  #replace(snapshot: SessionView): void {
    const first = this.#replica.view === null;
    this.#replica.replace(snapshot);
    if (!first) this.#listener.emit('reset', snapshot);
    this.#told();
  }

  #told(): void {
    if (this.#replica.view) this.#listener.emit('view', this.#replica.view);
  }
}
