/** Redis connections of a process. */
import type { Redis } from 'ioredis';
import {
  checkServer,
  connectPatiently,
  connectRedis,
  createCatalogs,
  createRedisLog,
  createStalls,
  type Catalogs,
  type SessionLog,
  type Stalls,
} from '../log/index.ts';
import type { Logger } from '../telemetry/index.ts';

/** A full Redis refuses every write; logged at most this often, ms. */
const FULL_TOLD_MS = 30_000;

export interface LogConnections {
  readonly log: SessionLog;
  readonly catalogs: Catalogs;
  readonly stalls: Stalls;
  /** Rejects if Redis does not answer. */
  ping(): Promise<unknown>;
  close(): void;
}

/** Logs a lost connection once, not at every attempt to reconnect. */
function tellOnce(logger: Logger, what: string): { onError: (error: Error) => void; onServing: () => void } {
  let away = false;
  return {
    onError: (error) => {
      if (!away) logger.warn({ reason: error.message }, `${what}: Redis is away`);
      away = true;
    },
    onServing: () => {
      if (away) logger.info({}, `${what}: Redis is back`);
      away = false;
    },
  };
}

/**
 * The session log, with connections of its own. Resolves even while Redis is away, since Redis is disposable and calls that need it fail by
 * themselves. Throws `log_unavailable` for a Redis that evicts keys or is too old.
 */
export async function openLog(url: string, logger: Logger): Promise<LogConnections> {
  const open = async (what: string): Promise<Redis> => {
    const { onError, onServing } = tellOnce(logger, what);
    const redis = connectRedis(url, onError, onServing);
    await redis.connect().catch(onError);
    return redis;
  };
  const [commands, subscriber] = await Promise.all([open('session log'), open('notices')]);
  const close = (): void => {
    commands.disconnect();
    subscriber.disconnect();
  };
  try {
    if (commands.status === 'ready') await checkServer(commands);
  } catch (error) {
    close();
    throw error;
  }
  // After a reconnect, the server behind the address may be configured differently.
  commands.on('ready', () => {
    checkServer(commands).catch((error: unknown) => {
      logger.error({ err: error }, 'This Redis is not suitable for session logs');
    });
  });
  let toldAt = 0;
  const onFull = (): void => {
    if (Date.now() - toldAt < FULL_TOLD_MS) return;
    toldAt = Date.now();
    logger.error({}, 'Redis is full (OOM): steps wait until it has memory again; raise its maxmemory');
  };
  return {
    log: createRedisLog({ commands, subscriber, onFull }),
    catalogs: createCatalogs(commands),
    stalls: createStalls(commands),
    ping: () => commands.ping(),
    close,
  };
}

/**
 * A pair of connections for the Socket.IO adapter, which ignores the results of its commands: they wait for Redis instead of failing. Only
 * control traffic uses them.
 */
export async function openAdapterConnections(
  url: string,
  logger: Logger,
): Promise<{ readonly publisher: Redis; readonly subscriber: Redis; close(): void }> {
  const told = tellOnce(logger, 'control traffic');
  const open = (): Redis => connectPatiently(url, told);
  const [publisher, subscriber] = [open(), open()];
  await Promise.all([publisher, subscriber].map((redis) => redis.connect().catch(told.onError)));
  return {
    publisher,
    subscriber,
    close() {
      publisher.disconnect();
      subscriber.disconnect();
    },
  };
}
