import type {
  Delta,
  EventData,
  Note,
  Position,
  Receipt,
  SessionEvent,
  SessionView,
} from '../contracts/public.ts';
import type { PendingMessage } from './outbox.ts';
import type { SessionStatus } from './subscription.ts';

/** What the application has published on a channel, or a direct message that this client may read. */
export type ChannelEvent = EventData['channel.published'] & {
  /** When it got its place, ms since the Unix epoch. */
  readonly at: number;
  readonly position: Position;
};

/** The events of a session. */
export interface SessionEvents {
  /** A durable fact. Each arrives once, in order and without gaps, except across a `reset`. */
  event: SessionEvent;
  /** Those of them that the application has published, on whatever channel. A view holds none. */
  channel: ChannelEvent;
  /** On one channel: `session.on('channel:orders', …)`. */
  [channel: `channel:${string}`]: ChannelEvent;
  /** New text, or new reasoning if `part` says so, without anything already delivered. A higher `attempt` withdraws what came before. */
  delta: Delta;
  /** The view has changed, for any reason. */
  view: SessionView;
  /** The view was replaced: whatever a listener has accumulated from events and deltas is incomplete. */
  reset: SessionView;
  status: SessionStatus;
  /** A message sent from here has made progress, or was refused (status `rejected`, with a code). */
  receipt: Receipt;
  /** The list of unsent messages has changed. */
  pending: readonly PendingMessage[];
  /** Something beside the log: see `Session.publish` and `presenceOf`. It can be lost, and is not repeated after a reconnect. */
  note: Note;
}

/** Null for an event that is none of a channel, or that this client may not read. */
export function channelEvent({ type, data, at, epoch, seq }: SessionEvent): ChannelEvent | null {
  if (type !== 'channel.published' || 'withheld' in data) return null;
  return { ...data, at, position: { epoch, seq } };
}
