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
import { Outage } from './outage.ts';

/** A full Redis refuses every write; logged at most this often, ms. */
const FULL_TOLD_MS = 30_000;

export interface LogConnections {
  readonly log: SessionLog;
  readonly catalogs: Catalogs;
  readonly stalls: Stalls;
  /** Rejects if Redis does not answer. */
  ping(): Promise<unknown>;
  /** Tells the operator. */
  readonly outage: Outage;
  close(): void;
}

/**
 * The session log, with connections of its own. Resolves even while Redis is away, since Redis is disposable and calls that need it fail by
 * themselves. Throws `log_unavailable` for a Redis that evicts keys or is too old.
 */
export async function openLog(url: string, logger: Logger): Promise<LogConnections> {
  const outage = new Outage({
    ...{ what: 'Redis', where: { redis: URL.parse(url)?.host }, logger },
    meanwhile: 'sessions wait for it, and nothing that was accepted is lost',
  });
  let last = new Error('It does not answer.');
  const onError = (error: Error): void => {
    last = error;
    outage.failing(error.message);
  };
  const open = async (): Promise<Redis> => {
    const redis = connectRedis(url, onError);
    await redis.connect().catch(onError);
    return redis;
  };
  const [commands, subscriber] = await Promise.all([open(), open()]);
  // One that takes connections may refuse commands: a password that is missing, a server that still loads.
  const endWatch = outage.watch(async () => {
    if (commands.status !== 'ready' || subscriber.status !== 'ready') throw last;
    await Promise.all([commands.ping(), subscriber.ping()]);
  });
  const close = (): void => {
    endWatch();
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
    outage,
    close,
  };
}

/**
 * A pair of connections for the Socket.IO adapter, which ignores the results of its commands: they wait for Redis instead of failing. Only
 * control traffic uses them.
 */
export async function openAdapterConnections(
  url: string,
  outage: Outage,
): Promise<{ readonly publisher: Redis; readonly subscriber: Redis; close(): void }> {
  const onError = (error: Error): void => outage.failing(error.message);
  const open = (): Redis => connectPatiently(url, { onError });
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
