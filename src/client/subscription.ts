/**
 * Follows one session: subscribes on each connection with the cursor of what is here, folds the frames, and subscribes again when it sees
 * that something is missing.
 *
 * The cursor lives in memory only. After a reload there is no view to resume onto, so a stored cursor could at best bring the events
 * after it; the snapshot, which has the text of running steps too, is one packet and always right.
 */
import { ConvokeError } from '../contracts/public.ts';
import type { SubscribeReply, Delta, SessionEvent, SessionView } from '../contracts/public.ts';
import type { Connection } from './connection.ts';
import { asError } from './errors.ts';
import { Replica } from './replica.ts';
import { pause, retryDelay } from './timing.ts';

/** Where a session stands on this client. */
export interface SessionStatus {
  /**
   * `waiting`: for a connection. `live`: everything is here as it happens. `failed`: the server does not let it be followed (tried again
   * on the next connection). `left`: over, by `leave`, `client.close` or the end of the connection.
   */
  readonly state: 'waiting' | 'subscribing' | 'live' | 'failed' | 'left';
  /** How it became live: what was missed came as events, or the view was replaced. */
  readonly mode?: SubscribeReply['mode'];
  /** Why it failed or is over. */
  readonly error?: Error;
}

/** Who is told of what comes in. */
interface Listener {
  emit(name: 'event', event: SessionEvent): void;
  emit(name: 'delta', delta: Delta): void;
  emit(name: 'view' | 'reset', view: SessionView): void;
  emit(name: 'status', status: SessionStatus): void;
}

/** Least time between two subscriptions on one connection, ms: a faulty server must not be asked in a tight loop. */
const RESUBSCRIBE_MS = 250;

export class Subscription {
  readonly #session: string;
  readonly #connection: Connection;
  readonly #listener: Listener;
  readonly #replica = new Replica();
  readonly #stops: readonly (() => void)[];
  #status: SessionStatus = { state: 'waiting' };
  #busy = false;
  /** When the last subscription on this connection was answered, ms since the Unix epoch. */
  #answeredAt = 0;

  constructor(session: string, connection: Connection, listener: Listener) {
    this.#session = session;
    this.#connection = connection;
    this.#listener = listener;
    this.#stops = [
      connection.on('event', (event) => {
        if (event.session === session) this.#event(event);
      }),
      connection.on('delta', (delta) => {
        if (delta.session === session) this.#delta(delta);
      }),
      connection.on('reset', (frame) => {
        if (frame.session === session) this.#replace(frame.snapshot);
      }),
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

  /** Subscribes, once however often it is called meanwhile. */
  subscribe(): void {
    if (this.#busy || this.#status.state === 'left') return;
    this.#busy = true;
    void this.#run();
  }

  end(error: Error): void {
    for (const stop of this.#stops) stop();
    this.#set({ state: 'left', error });
  }

  #wanted(): boolean {
    return this.#connection.online && this.#status.state !== 'left';
  }

  #set(status: SessionStatus): void {
    const now = this.#status;
    if (now.state === 'left' || (now.state === status.state && !status.mode && !status.error)) return;
    if (status.state === 'waiting') this.#answeredAt = 0;
    this.#status = status;
    this.#listener.emit('status', status);
  }

  async #run(): Promise<void> {
    const early = this.#answeredAt + RESUBSCRIBE_MS - Date.now();
    if (early > 0) await pause(early);
    for (let attempt = 0; this.#wanted(); attempt++) {
      this.#set({ state: 'subscribing' });
      const delay = await this.#attempt(attempt);
      if (delay === null) break;
      // Without a connection there is nothing to pause for: the loop ends, the next connection begins anew.
      if (this.#wanted()) await pause(delay);
    }
    this.#busy = false;
    // The connection may have come back after the loop saw it gone.
    if (this.#wanted() && this.#status.state === 'waiting') this.subscribe();
  }

  /** One request. Null when that is all; else ms to the next. */
  async #attempt(attempt: number): Promise<number | null> {
    const { cursor } = this.#replica;
    try {
      const request = { session: this.#session, ...(cursor ? { cursor } : {}) };
      const reply = await this.#connection.request('subscribe', request);
      this.#answeredAt = Date.now();
      if (!this.#wanted()) return null;
      if (reply.snapshot) this.#replace(reply.snapshot);
      if (!this.#replica.view) throw new ConvokeError('internal', 'The server resumed what was not here.');
      const settled = this.#replica.settle();
      if (settled || attempt > 1) {
        this.#set({ state: 'live', mode: reply.mode });
        return null;
      }
      // What was seen in passing is still missing: once more, and then from a snapshot.
      if (attempt === 1) this.#replica.forget();
      return RESUBSCRIBE_MS;
    } catch (thrown) {
      const error = asError(thrown);
      if ('code' in error && error.code === 'invalid_cursor' && cursor) {
        this.#replica.forget();
        return 0;
      }
      const delay = retryDelay(error, attempt);
      if (delay === null) this.#set({ state: 'failed', error });
      return delay;
    }
  }

  #event(event: SessionEvent): void {
    const outcome = this.#replica.event(event);
    if (outcome === 'behind') this.subscribe();
    if (outcome !== 'applied') return;
    this.#listener.emit('event', event);
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
