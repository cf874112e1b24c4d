/** What a follower is doing, and what it reports. */
import type { Position } from '../../contracts/index.ts';

/** The replica may be behind the log: notices wait while it catches up. There is one object per occurrence. */
export interface Behind {
  readonly is: 'behind';
  /** The read that is in progress; everybody who needs one shares it. */
  pass: Promise<void> | null;
  /** Ends the backoff between two attempts. */
  rest: AbortController;
}

export type Phase =
  /** The replica is being made; notices wait. */
  | { readonly is: 'starting' }
  /** Notices go straight into the replica. */
  | { readonly is: 'live' }
  | Behind
  | { readonly is: 'stopped' };

/** True if the log is still in the epoch of `seen` but has lost events that were seen. */
export function lostTail(head: Position, seen: Position): boolean {
  return head.epoch === seen.epoch && head.seq < seen.seq;
}

/** What a follower reports to its owner. */
export interface FollowerEvents {
  /** There has been no watcher for `LIMITS.lingerMs`. */
  idle(): void;
  /** Notices may have been missed: compare positions soon. */
  doubt(): void;
  /** The log cannot be read; the follower retries. */
  failed(error: unknown): void;
}
