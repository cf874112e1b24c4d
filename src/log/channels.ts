/** Sharded channels of one server: whoever hears one hears it again after the connection was lost. */
import type { Redis } from 'ioredis';

export interface Channels {
  /** Resolves once nothing that is published later can be missed. */
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  onMessage(hear: (channel: string, message: Buffer) => void): void;
  /** These are heard again: what was published meanwhile may have been missed. */
  onAgain(hear: (channels: readonly string[]) => void): void;
}

/** True for an answer that says: another node of the cluster serves this. */
export function isMoved(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('MOVED ');
}

/** `redis` must not subscribe again by itself (`autoResubscribe: false`). */
export function channelsOn(redis: Redis): Channels {
  const names = new Set<string>();
  const tell: ((channels: readonly string[]) => void)[] = [];
  let wasReady = redis.status === 'ready';
  redis.on('ready', () => {
    if (wasReady) void resubscribe();
    wasReady = true;
  });

  // Told when the subscriptions stand again: a message in between would be missed.
  async function resubscribe(): Promise<void> {
    const again: string[] = [];
    try {
      await Promise.all(
        [...names].map(async (name) => {
          try {
            await redis.ssubscribe(name);
            again.push(name);
          } catch (error) {
            // Its slot is another node's by now: whoever knows the cluster subscribes there.
            if (!isMoved(error)) throw error;
          }
        }),
      );
    } catch {
      if (redis.status === 'ready') redis.disconnect(true); // it did not answer in time
      return; // the next `ready` repeats this
    }
    for (const hear of tell) hear(again.filter((name) => names.has(name)));
  }

  return {
    async subscribe(channel) {
      names.add(channel);
      await redis.ssubscribe(channel);
    },
    async unsubscribe(channel) {
      names.delete(channel);
      await redis.sunsubscribe(channel).catch(() => undefined); // a broken connection has no subscriptions
    },
    onMessage: (hear) =>
      void redis.on('smessageBuffer', (channel: Buffer, message: Buffer) =>
        hear(channel.toString(), message),
      ),
    onAgain: (hear) => void tell.push(hear),
  };
}
