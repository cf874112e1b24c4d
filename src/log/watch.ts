/**
 * What a connection does not notice by itself: a server that is silent while the connection stays open (a peer that is frozen, a network that
 * drops packets), and a master that has been demoted while the address leads to another one by now.
 */
import type { Redis, RedisOptions } from 'ioredis';
import { LIMITS } from '../contracts/index.ts';

/** Options of every connection. One that is silent for `LIMITS.redisSilenceMs` after a command is destroyed, and made anew. */
export function watchedOptions(): Pick<RedisOptions, 'socketTimeout' | 'reconnectOnError'> {
  let reconnectedAt = -Infinity;
  return {
    socketTimeout: LIMITS.redisSilenceMs,
    /** The address may lead to the new master by now; if it does not, not every refused write is a reason to look again. */
    reconnectOnError: ({ message }) => {
      if (!message.startsWith('READONLY')) return false;
      if (performance.now() - reconnectedAt < LIMITS.redisLookMs) return false;
      reconnectedAt = performance.now();
      return true;
    },
  };
}

/**
 * Asks the server for its role every `LIMITS.redisLookMs`, until the connection is closed for good: that makes silence felt where nothing else
 * is asked (a subscriber), and leaves a replica.
 */
export function watch(redis: Redis, onError: (error: Error) => void): void {
  everyLook(redis, async () => {
    // Whoever forbids INFO has answered.
    const info = await redis.info('replication').catch(() => '');
    if (!/^role:slave/m.test(info) || redis.status !== 'ready') return;
    onError(new Error('the server is a replica, which takes no writes'));
    redis.disconnect(true);
  });
}

/** The same for a connection to a node of a cluster, which tells by itself that it takes no writes: only silence is to be noticed. */
export function watchNode(redis: Redis): void {
  everyLook(redis, async () => {
    await redis.ping().catch(() => undefined);
  });
}

function everyLook(redis: Redis, look: () => Promise<void>): void {
  const timer = setInterval(() => {
    if (redis.status === 'ready') void look();
  }, LIMITS.redisLookMs).unref();
  redis.on('end', () => clearInterval(timer));
}
