/** Redis connections of a process. */
import { Redis } from 'ioredis';
import { checkEvictionPolicy, connectRedis, createRedisLog, type SessionLog } from '../log/index.ts';
import type { Logger } from '../telemetry/index.ts';

export interface LogConnections {
  readonly log: SessionLog;
  /** Rejects if Redis does not answer. */
  ping(): Promise<unknown>;
  close(): void;
}

/** Tells of a lost connection once, not at every attempt to come back. */
function tellOnce(logger: Logger, what: string): { onError: (error: Error) => void; onReady: () => void } {
  let away = false;
  return {
    onError: (error) => {
      if (!away) logger.warn({ reason: error.message }, `${what}: Redis is away`);
      away = true;
    },
    onReady: () => {
      if (away) logger.info({}, `${what}: Redis is back`);
      away = false;
    },
  };
}

/**
 * The session log with connections of its own. Resolves also while Redis is away: it is disposable, and what needs it says so. Throws
 * `log_unavailable` for a Redis that evicts keys.
 */
export async function openLog(url: string, logger: Logger): Promise<LogConnections> {
  const open = async (what: string): Promise<Redis> => {
    const { onError, onReady } = tellOnce(logger, what);
    const redis = connectRedis(url, onError);
    redis.on('ready', onReady);
    await redis.connect().catch(onError);
    return redis;
  };
  const [commands, subscriber] = await Promise.all([open('session log'), open('notices')]);
  const close = (): void => {
    commands.disconnect();
    subscriber.disconnect();
  };
  try {
    if (commands.status === 'ready') await checkEvictionPolicy(commands);
  } catch (error) {
    close();
    throw error;
  }
  // The next server behind the address may be configured differently.
  commands.on('ready', () => {
    checkEvictionPolicy(commands).catch((error: unknown) => {
      logger.error({ err: error }, 'This Redis loses session logs');
    });
  });
  return { log: createRedisLog({ commands, subscriber }), ping: () => commands.ping(), close };
}

/**
 * A pair of connections for the Socket.IO adapter, which does not look at what its commands answer: they wait for Redis instead of failing.
 * Only control traffic goes through them.
 */
export async function openAdapterConnections(
  url: string,
  logger: Logger,
): Promise<{ readonly publisher: Redis; readonly subscriber: Redis; close(): void }> {
  const { onError, onReady } = tellOnce(logger, 'control traffic');
  const open = (): Redis => {
    const redis = new Redis(url, {
      maxRetriesPerRequest: null,
      retryStrategy: (times) => Math.min(50 * times, 500),
      lazyConnect: true,
    });
    redis.on('error', onError);
    redis.on('ready', onReady);
    return redis;
  };
  const [publisher, subscriber] = [open(), open()];
  await Promise.all([publisher, subscriber].map((redis) => redis.connect().catch(onError)));
  return {
    publisher,
    subscriber,
    close() {
      publisher.disconnect();
      subscriber.disconnect();
    },
  };
}
