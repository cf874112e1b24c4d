import type { Delta, Receipt, SessionEvent, SessionView } from '../contracts/public.ts';
import type { PendingMessage } from './outbox.ts';
import type { SessionStatus } from './subscription.ts';

/** The events of a session. */
export interface SessionEvents {
  /** A durable fact. Each arrives once, in order and without gaps, except across a `reset`. */
  event: SessionEvent;
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
}
