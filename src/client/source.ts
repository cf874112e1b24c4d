/** What of a session others in this folder look at, as it is at any time. */
import type { Emitter } from './emitter.ts';
import type { Followed } from './following.ts';
import type { SessionEvents } from './session-events.ts';
import type { Subscription } from './subscription.ts';
import type { TurnSource } from './turn-stream.ts';

export type Source = TurnSource & Followed;

export function sourceOf(
  subscription: Subscription,
  emitter: Emitter<SessionEvents>,
  receipt: TurnSource['receipt'],
): Source {
  return {
    get view() {
      return subscription.view;
    },
    get failure() {
      return subscription.status.error ?? null;
    },
    get followed() {
      return subscription.followed;
    },
    get status() {
      return subscription.status;
    },
    receipt,
    onChange(listener) {
      const stops = [emitter.on('view', listener), emitter.on('status', listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
