/** What the gateway needs from delivery: letting a connection watch a session, snapshots, pages of events, receipts. */
import type {
  BusySession,
  SubscribeReply,
  Bye,
  Cursor,
  Delta,
  EventPage,
  HeardNote,
  Position,
  Reader,
  Receipt,
  SessionEvent,
  SessionRef,
  SessionView,
  TracedConnection,
} from '../contracts/index.ts';
import type { Pushed } from './follow/pushes.ts';
import type { MessageStory } from './read/story.ts';

/** What timelines tell of a connection. */
export interface WatchingConnection extends Omit<TracedConnection, 'subject'> {
  /** What its client has, as far as it says so. Remembered for a while when the connection is gone: it must not hold the connection. */
  readonly acknowledged?: {
    /** When the client had the event with this `seq`, and all before it: ms since the Unix epoch; undefined: that is not known. */
    at(seq: number): number | undefined;
  };
}

/** A connection, as delivery sees it. Its methods are synchronous and must not throw. */
export interface Watcher {
  /** Who is told; asked for each event, since a connection may go on with another token. Absent: nobody who reads direct messages. */
  readonly reader?: Reader;
  /** Whose it is, if a session token says so. */
  readonly subject?: string | undefined;
  /** How timelines name it; absent: they do not. */
  readonly connection?: WatchingConnection;
  event(event: SessionEvent): void;
  delta(delta: Delta): void;
  /** Something beside the log, in the order in which it was heard. Also that a subject was removed: whose watcher it is stops watching. */
  note?(note: HeardNote): void;
  /** Notes may have been missed. */
  missed?(): void;
  /** Discard everything and take this snapshot. */
  reset(snapshot: SessionView): void;
  /** What is buffered for this connection. Beyond the limits of a socket, delivery ends the connection. */
  backlog(): { readonly bytes: number; readonly packets: number };
  /** Say goodbye and close the connection so that the client can reconnect and resume. */
  end(code: Bye['code']): void;
}

/** A watcher's subscription to a session. */
export interface Subscription extends SubscribeReply {
  unsubscribe(): void;
}

export interface DeliveryLoad {
  /** Followed sessions. */
  readonly sessions: number;
  /** The busiest of them first. */
  readonly busiest: readonly BusySession[];
}

/** A session that is being erased is none: `session_not_found`, also while something of it is left. */
export interface Delivery {
  /**
   * Lets a watcher follow a session. `resume`: the watcher gets what the cursor has missed before this resolves. `snapshot`: the answer holds
   * the snapshot, and the watcher gets what follows after this has resolved. A cursor of another epoch, one that has missed more than
   * `LIMITS.ringEvents`, and one beyond the end of the log get the snapshot. Throws `session_not_found`, `kicked`, `log_unavailable`, and
   * `worker_unavailable` if there is no log and the workflow cannot be asked.
   */
  subscribe(ref: SessionRef, watcher: Watcher, cursor?: Cursor): Promise<Subscription>;
  /** The session as it is now. Throws `session_not_found`. */
  snapshot(ref: SessionRef): Promise<SessionView>;
  /**
   * Events after a position, oldest first, from the log or the archive. A plain seq refers to the current epoch. Throws `invalid_cursor` for
   * a position of another epoch (other than its start) or beyond the end, and `session_not_found`, `log_unavailable`. `reader`: who asks.
   */
  page(ref: SessionRef, after: Position | number, limit: number, reader?: Reader): Promise<EventPage>;
  /**
   * The receipt of a message. `reader`: who asks; a direct message between others is none. Throws `message_not_found`, `session_not_found`, and
   * `worker_unavailable` if only the workflow could tell.
   */
  receipt(ref: SessionRef, messageId: string, reader?: Reader): Promise<Receipt>;
  /** The events that a message's timeline is made of. Null: there is no such message. Throws `session_not_found`, `log_unavailable`, `archive_unavailable`. */
  story(ref: SessionRef, messageId: string): Promise<MessageStory | null>;
  /** What this gateway remembers of having sent an event; null: nothing. */
  pushed(ref: SessionRef, seq: number): Pushed | null;
  /**
   * Of a session that is followed here: its newest turn, if it has ended. Where turns run side by side, all of the newest that have. None if they
   * are not known.
   */
  endedTurns(ref: SessionRef): readonly string[];
  /** Where a session stands that is followed here; null if that is not known. */
  position(ref: SessionRef): Position | null;
  /** The agents of a session that is followed here; null if they are not known. */
  agents(ref: SessionRef): readonly string[] | null;
  /** Ends what is followed of sessions that are being erased: ask when there may be others. */
  leaveErasing(): void;
  /** What is followed here, for operators. */
  load(): DeliveryLoad;
  /** Stops following; watchers are not notified. */
  stop(): Promise<void>;
}
