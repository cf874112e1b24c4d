/** Who hears which session. One sharded subscription for each session, whatever the number of listeners. */
import type { Redis } from 'ioredis';
import type { Delta, SessionRef } from '../contracts/index.ts';
import type { LogListener } from './log.ts';
import { logKeys } from './keys.ts';
import { loggedEvent } from './replies.ts';

export interface Subscriptions {
  add(ref: SessionRef, listener: LogListener): Promise<() => Promise<void>>;
}

/** Splits off the first `count` words; the last element is the rest, which may hold spaces. */
function words(message: string, count: number): string[] {
  const found: string[] = [];
  let from = 0;
  for (let index = 0; index < count; index += 1) {
    const space = message.indexOf(' ', from);
    if (space < 0) return found;
    found.push(message.slice(from, space));
    from = space + 1;
  }
  found.push(message.slice(from));
  return found;
}

/**
 * Hands a notice to listeners: `E epoch seq json`, `D epoch step attempt offset text`, `R epoch`. Anybody who can publish on the channel
 * can write anything: what does not parse is dropped, and the position check finds what was missed.
 */
function dispatch(session: string, message: string, listeners: ReadonlySet<LogListener>): void {
  const kind = message[0];
  const body = message.slice(2);
  try {
    if (kind === 'E') {
      const [epoch = '', seq = '', json = ''] = words(body, 2);
      const event = loggedEvent(Number(seq), json);
      for (const listener of listeners) listener.event(Number(epoch), event);
    } else if (kind === 'D') {
      const [epoch = '', step = '', attempt = '', offset = '', text = ''] = words(body, 4);
      const delta: Delta = { session, step, attempt: Number(attempt), offset: Number(offset), text };
      for (const listener of listeners) listener.delta(Number(epoch), delta);
    } else if (kind === 'R') {
      for (const listener of listeners) listener.epoch(Number(body));
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}

export function createSubscriptions(redis: Redis): Subscriptions {
  const channels = new Map<string, { session: string; listeners: Set<LogListener> }>();
  let wasReady = false;

  redis.on('smessage', (channel: string, message: string) => {
    const found = channels.get(channel);
    if (found) dispatch(found.session, message, found.listeners);
  });
  redis.on('ready', () => {
    if (wasReady) void resubscribe();
    wasReady = true;
  });

  // ioredis subscribes again by itself, but says `ready` before that is done: a notice in between would be missed.
  async function resubscribe(): Promise<void> {
    const names = [...channels.keys()];
    try {
      await Promise.all(names.map((name) => redis.ssubscribe(name)));
    } catch {
      return; // the connection broke again: the next `ready` repeats this
    }
    for (const name of names) {
      for (const listener of channels.get(name)?.listeners ?? []) listener.reconnected();
    }
  }

  return {
    async add(ref, listener) {
      const { channel } = logKeys(ref);
      const entry = channels.get(channel) ?? { session: ref.session, listeners: new Set() };
      channels.set(channel, entry);
      entry.listeners.add(listener);
      const remove = async (): Promise<void> => {
        entry.listeners.delete(listener);
        if (entry.listeners.size > 0 || channels.get(channel) !== entry) return;
        channels.delete(channel);
        await redis.sunsubscribe(channel).catch(() => undefined); // a broken connection has no subscriptions
      };
      try {
        await redis.ssubscribe(channel);
      } catch (error) {
        await remove();
        throw error;
      }
      return remove;
    },
  };
}
