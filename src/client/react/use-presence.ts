/** Who is in a session, who types, and how far each has read. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { PresenceReply, PresenceRequest } from '../../contracts/public.ts';
import { asError } from '../errors.ts';
import { presenceOf } from '../presence.ts';
import type { Presence } from '../presence.ts';
import type { Session } from '../session.ts';
import { FrameStore } from './frame-store.ts';

export interface PresenceNow extends PresenceReply {
  /** Subjects of others who type. */
  readonly typing: readonly string[];
  /** Call it at each key: the others are told that somebody types here. */
  readonly type: (on?: boolean) => void;
  /** Call it when the end of the conversation is on the screen, or with the `seq` of the last event that was seen. */
  readonly read: (seq?: number) => void;
  /** Why this client is not present: `presence_full`, `forbidden`, … */
  readonly error: Error | undefined;
}

type Now = Omit<PresenceNow, 'error'>;

interface Attended {
  readonly presence: Presence;
  readonly store: FrameStore<Now>;
}

const sessions = new WeakMap<Session, Attended>();

function attended(session: Session): Attended {
  const known = sessions.get(session);
  if (known) return known;
  const presence = presenceOf(session);
  const [type, read] = [(on?: boolean) => presence.type(on), (seq?: number) => presence.read(seq)];
  const store = new FrameStore<Now>({
    read: () => ({ ...presence.list, typing: presence.typing, type, read }),
    listen: (changed) => presence.on('change', changed),
  });
  const made = { presence, store };
  sessions.set(session, made);
  return made;
}

/**
 * Is present in the session, also after a reconnect, until the session is left; with `observe` it is only told who is. With an API key say
 * `from`. Several components of a session share one presence: the request of the last one counts.
 */
export function usePresence(session: Session, request: PresenceRequest = {}): PresenceNow {
  const { presence, store } = attended(session);
  const [error, setError] = useState<Error>();
  const asked = JSON.stringify(request);
  useEffect(() => {
    let isOver = false;
    presence.join(JSON.parse(asked) as PresenceRequest).then(
      () => isOver || setError(undefined),
      (thrown: unknown) => isOver || setError(asError(thrown)),
    );
    return () => {
      isOver = true;
    };
  }, [presence, asked]);
  const now = useSyncExternalStore(store.subscribe, store.get, store.get);
  return { ...now, error };
}
