/** What the gateway asks of delivery: let a connection watch a session, tell a session's state, page its events. */
import type {
  SubscribeReply,
  Bye,
  Cursor,
  Delta,
  EventPage,
  Position,
  Receipt,
  SessionEvent,
  SessionRef,
  SessionView,
} from '../contracts/index.ts';

/** A connection, as delivery sees it. Calls are synchronous and must not throw. */
export interface Watcher {
  event(event: SessionEvent): void;
  delta(delta: Delta): void;
  /** Forget what you have and take this. */
  reset(snapshot: SessionView): void;
  /** What waits in memory to be sent on this connection. Beyond the limits of a socket, delivery ends the connection. */
  backlog(): { readonly bytes: number; readonly packets: number };
  /** Say goodbye and close the connection, in a way that lets the client connect again and resume. */
  end(code: Bye['code']): void;
}

/** A watcher's place in a session. */
export interface Subscription extends SubscribeReply {
  unsubscribe(): void;
}

export interface Delivery {
  /**
   * Lets a watcher follow a session. `resume`: what the cursor misses is given to the watcher before this resolves. `snapshot`: the answer
   * holds it, and what comes after it is given to the watcher after this resolved. A cursor of another epoch, one that misses more than
   * `LIMITS.ringEvents`, and one that is beyond the end of the log get the snapshot. Throws `session_not_found`, `log_unavailable`, and
   * `worker_unavailable` if there is no log and the workflow cannot be asked.
   */
  subscribe(ref: SessionRef, watcher: Watcher, cursor?: Cursor): Promise<Subscription>;
  /** The session as it is now. Throws `session_not_found`. */
  snapshot(ref: SessionRef): Promise<SessionView>;
  /**
   * Events after a position, oldest first, from the log or the archive. A plain seq means the log as it is now; a position of another
   * epoch (other than its start), or beyond the end, is an `invalid_cursor`. Throws `session_not_found`, `log_unavailable` too.
   */
  page(ref: SessionRef, after: Position | number, limit: number): Promise<EventPage>;
  /** Where a message stands. Throws `message_not_found`, `session_not_found`, and `worker_unavailable` if only the workflow knows. */
  receipt(ref: SessionRef, messageId: string): Promise<Receipt>;
  /** The newest turn of a session that is followed here, if it has ended; null if it runs, or is not known. */
  endedTurn(ref: SessionRef): string | null;
  /** Stops following; watchers are not told. */
  stop(): Promise<void>;
}
