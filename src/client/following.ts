/** Waiting until a session is followed. */
import { CLIENT_LIMITS, ConvokeError } from '../contracts/public.ts';
import type { Unsubscribe } from './emitter.ts';
import type { SessionStatus } from './subscription.ts';

interface Changing {
  /** Calls back on every change. */
  onChange(listener: () => void): Unsubscribe;
}

export interface Followed extends Changing {
  /** True if what happens in the session arrives here, at once or after the next reconnect. */
  readonly followed: boolean;
  readonly status: SessionStatus;
}

const NO_PLACE = `This client follows ${CLIENT_LIMITS.subscriptionsPerSocket} sessions, as many as it can: leave one, or connect another client.`;

/** Throws `too_many_subscriptions` if there is no place for it, why it cannot be followed otherwise, and the reason of `signal`. */
export async function untilFollowed(session: Followed, signal?: AbortSignal): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    if (session.followed) return;
    const { state, error } = session.status;
    if (state === 'queued') throw new ConvokeError('too_many_subscriptions', NO_PLACE);
    if (error) throw error;
    const change = nextChange(session, signal);
    await change.happened;
    change.stop();
  }
}

/** `happened` resolves with the next change, or when the signal is aborted. */
export function nextChange(
  source: Changing,
  signal?: AbortSignal,
): { readonly happened: Promise<void>; readonly stop: () => void } {
  let stop!: () => void;
  const happened = new Promise<void>((resolve) => {
    const unsubscribe = source.onChange(resolve);
    const aborted = (): void => {
      resolve();
    };
    signal?.addEventListener('abort', aborted);
    stop = () => {
      unsubscribe();
      signal?.removeEventListener('abort', aborted);
    };
  });
  return { happened, stop };
}
