/** A session in a component, and parts of it that are drawn anew only when they change. */
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { SessionView } from '../../contracts/public.ts';
import type { PendingMessage } from '../outbox.ts';
import type { Session } from '../session.ts';
import type { SessionStatus } from '../subscription.ts';
import { FrameStore } from './frame-store.ts';
import { hold, peek } from './held.ts';
import { useClient } from './provider.ts';

export interface SessionNow {
  readonly session: Session;
  /** Null until the first snapshot. Text of running steps grows in it, at most once a frame. */
  readonly view: SessionView | null;
  readonly status: SessionStatus;
  /** Messages that the server has not answered yet. */
  readonly pending: readonly PendingMessage[];
  /** Why it cannot be followed, such as `session_not_found`. */
  readonly error: Error | undefined;
}

type Store = FrameStore<SessionNow>;

const stores = new WeakMap<Session, Store>();

function now(session: Session): SessionNow {
  const { view, status, pending } = session;
  return { session, view, status, pending, error: status.error };
}

function storeOf(session: Session): Store {
  const known = stores.get(session);
  if (known) return known;
  const store = new FrameStore<SessionNow>({
    read: () => now(session),
    listen: (changed) => {
      const stops = (['view', 'status', 'pending'] as const).map((name) => session.on(name, changed));
      return () => {
        for (const stop of stops) stop();
      };
    },
  });
  stores.set(session, store);
  return store;
}

/**
 * Follows a session while a component uses it, and a moment longer; several components share one subscription. By its id, from the client of
 * `ConvokeProvider`; a `Session` that is passed is the application's own, and is not left. The component is not drawn anew: the other hooks
 * take what this one returns.
 */
export function useFollowed(of: string | Session): Session {
  const client = useClient();
  const session = typeof of === 'string' ? peek(client, of) : of;
  useEffect(() => (typeof of === 'string' ? hold(client, of) : undefined), [client, of]);
  return session;
}

/** Follows a session as `useFollowed` does, with all that is known of it: the component is drawn anew with each change. */
export function useSession(of: string | Session): SessionNow {
  const store = storeOf(useFollowed(of));
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

/** True for the same value, or lists and objects of one level with the same values. */
function alike(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return false;
  const [left, right] = [Object.entries(one), Object.entries(other)];
  return (
    left.length === right.length && left.every(([key, value]) => Object.is(value, Reflect.get(other, key)))
  );
}

/**
 * A part of what is known of a session: the component is drawn anew only when the part changes, compared one level deep. `select` is a
 * function of its own outside of the component, or one of `useCallback`.
 */
export function useSelected<T>(session: Session, select: (now: SessionNow) => T): T {
  const store = storeOf(session);
  const get = useMemo(() => {
    let last: { readonly of: SessionNow; readonly value: T } | undefined;
    return (): T => {
      const of = store.get();
      if (last?.of === of) return last.value;
      const value = select(of);
      last = { of, value: last && alike(last.value, value) ? last.value : value };
      return last.value;
    };
  }, [store, select]);
  return useSyncExternalStore(store.subscribe, get, get);
}
