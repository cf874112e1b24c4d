/** Which sessions components use: a session is left once nobody has used it for a moment. */
import type { Client } from '../client.ts';
import type { Session } from '../session.ts';
import type { Unsubscribe } from '../emitter.ts';

/** A component that is replaced by another one, and React's strict mode, come back sooner, ms. */
const LINGER_MS = 5_000;

interface Held {
  readonly session: Session;
  users: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const clients = new WeakMap<Client, Map<string, Held>>();

function heldOf(client: Client, id: string): Held {
  const all = clients.get(client) ?? new Map<string, Held>();
  clients.set(client, all);
  const known = all.get(id);
  // The application may have left it by itself.
  if (known?.session.status.state !== 'left' && known) return known;
  const held: Held = { session: client.session(id), users: known?.users ?? 0, timer: undefined };
  all.set(id, held);
  return held;
}

function linger(client: Client, id: string, held: Held): void {
  clearTimeout(held.timer);
  held.timer = setTimeout(() => {
    if (held.users > 0) return;
    clients.get(client)?.delete(id);
    held.session.leave();
  }, LINGER_MS);
}

/** The session, for a component that is being rendered: if it never appears, the session is left again. */
export function peek(client: Client, id: string): Session {
  const held = heldOf(client, id);
  if (held.users === 0 && held.timer === undefined) linger(client, id, held);
  return held.session;
}

/** Keeps the session followed until the returned function is called. */
export function hold(client: Client, id: string): Unsubscribe {
  const held = heldOf(client, id);
  clearTimeout(held.timer);
  held.users += 1;
  return () => {
    held.users -= 1;
    if (held.users === 0) linger(client, id, held);
  };
}
