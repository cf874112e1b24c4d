/** Redis connections as the log needs them: nothing waits without bound, nothing is lost silently. */
import { Redis } from 'ioredis';
import { ConvokeError, LIMITS } from '../contracts/index.ts';
import { watch, watchedOptions, type ConnectionTold } from './watch.ts';

/**
 * A connection whose commands fail at once while Redis is away and after `LIMITS.redisTimeoutMs` while it is silent; after `redisSilenceMs` it
 * is replaced. ioredis re-sends what was in flight after a reconnect; the scripts allow for that.
 */
export function connectRedis(
  url: string,
  onError: ConnectionTold['onError'],
  onServing?: ConnectionTold['onServing'],
): Redis {
  const redis = new Redis(url, {
    ...watchedOptions(),
    enableOfflineQueue: false,
    commandTimeout: LIMITS.redisTimeoutMs,
    connectTimeout: LIMITS.redisTimeoutMs,
    maxRetriesPerRequest: 1,
    retryStrategy: (times) => Math.min(50 * times, 500),
    keepAlive: 10_000,
    autoResubscribe: false, // `subscriptions.ts` does, and knows what has been given up meanwhile
    lazyConnect: true,
  });
  watch(redis, { onError, ...(onServing && { onServing }) });
  return redis;
}

/** The same for those who ignore the results of their commands (the Socket.IO adapter): these wait for Redis instead of failing. */
export function connectPatiently(url: string, { onError, onServing }: ConnectionTold): Redis {
  const redis = new Redis(url, {
    ...watchedOptions(),
    connectTimeout: LIMITS.redisTimeoutMs,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(50 * times, 500),
    lazyConnect: true,
  });
  watch(redis, { onError, ...(onServing && { onServing }) });
  return redis;
}

/** The first with sharded channels and their commands in scripts. Valkey tells the version of Redis that it stands for. */
const OLDEST_REDIS = 7;

/** Refuses a Redis on which sessions would lose their logs, or that lacks what the log needs. What a server does not tell is taken to be right. */
export async function checkServer(redis: Redis): Promise<void> {
  await checkVersion(redis);
  await checkEvictionPolicy(redis);
}

async function checkVersion(redis: Redis): Promise<void> {
  const info = await redis.info('server').catch(() => '');
  const version = /^redis_version:((\d+)\S*)/m.exec(info);
  if (version && Number(version[2]) < OLDEST_REDIS) {
    throw new ConvokeError(
      'log_unavailable',
      `Redis ${version[1]} is too old; use Redis ${OLDEST_REDIS} or newer, or Valkey.`,
    );
  }
}

/** Under `allkeys-*` and `volatile-*` policies sessions would lose their logs without an error. Managed servers forbid CONFIG. */
async function checkEvictionPolicy(redis: Redis): Promise<void> {
  let policy: string | undefined;
  try {
    const reply = (await redis.config('GET', 'maxmemory-policy')) as string[] | Record<string, string>;
    policy = Array.isArray(reply) ? reply[1] : reply['maxmemory-policy'];
  } catch {
    return;
  }
  if (policy !== undefined && policy !== 'noeviction') {
    throw new ConvokeError(
      'log_unavailable',
      `Redis evicts keys (maxmemory-policy ${policy}); set it to noeviction: redis-cli CONFIG SET maxmemory-policy noeviction`,
    );
  }
}
