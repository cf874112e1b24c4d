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

export interface ConnectionTold {
  /** Errors of the connection; commands report their own. */
  readonly onError: (error: Error) => void;
  /** It is connected to a server that takes writes. */
  readonly onServing?: () => void;
}

/**
 * Asks the server for its role every `LIMITS.redisLookMs`, until the connection is closed for good: that makes silence felt where nothing else
 * is asked (a subscriber), and leaves a replica.
 */
export function watch(redis: Redis, { onError, onServing }: ConnectionTold): void {
  const look = async (): Promise<'serving' | 'replica' | 'unknown'> => {
    try {
      const isReplica = /^role:slave/m.test(await redis.info('replication'));
      return isReplica ? 'replica' : 'serving';
    } catch (error) {
      // Whoever forbids INFO has answered.
      return /^(NOPERM|ERR)/.test((error as Error).message) ? 'serving' : 'unknown'; // safety: ioredis rejects with errors
    }
  };
  redis.on('error', onError);
  redis.on('ready', () => {
    void look().then((role) => role === 'serving' && onServing?.());
  });
  const timer = setInterval(() => {
    if (redis.status !== 'ready') return;
    void look().then((role) => {
      if (role !== 'replica' || redis.status !== 'ready') return;
      onError(new Error('the server is a replica, which takes no writes'));
      redis.disconnect(true);
    });
  }, LIMITS.redisLookMs).unref();
  redis.on('end', () => clearInterval(timer));
}
