/** Redis connections of a process. */
import { redisNodes, type Seal } from '../contracts/index.ts';
import {
  checkServer,
  connectChannels,
  connectCommands,
  createCatalogs,
  createLevels,
  createPresenceRows,
  createRedisLog,
  createStalls,
  createTicketRows,
  createWorkerRows,
  type Catalogs,
  type Commands,
  type PresenceRows,
  type SessionLog,
  type Stalls,
  type TicketRows,
  type Levels,
  type WorkerRows,
} from '../log/index.ts';
import { NO_METRICS, type Logger, type Metrics } from '../telemetry/index.ts';
import { followLevel, type Levelled } from './log-level.ts';
import { measuredLog } from './measured.ts';
import { Outage } from './outage.ts';

/** A full Redis refuses every write; logged at most this often, ms. */
const FULL_TOLD_MS = 30_000;

export interface LogConnections {
  readonly log: SessionLog;
  readonly catalogs: Catalogs;
  readonly stalls: Stalls;
  readonly levels: Levels;
  readonly tickets: TicketRows;
  readonly presence: PresenceRows;
  readonly workers: WorkerRows;
  /** For what else is kept there. */
  readonly commands: Commands;
  /** Rejects if Redis does not answer. */
  ping(): Promise<unknown>;
  /** Tells the operator. */
  readonly outage: Outage;
  close(): void;
}

interface Parts {
  /** Logs more or less when an operator wants that. */
  readonly logger: Logger & Levelled;
  /** Null: what sessions say is not sealed. */
  readonly seal: Seal | null;
  readonly metrics?: Metrics;
}

/**
 * The session log, with connections of its own. Resolves even while Redis is away, since Redis is disposable and calls that need it fail by
 * themselves. Throws `log_unavailable` for a Redis that evicts keys or is too old.
 */
export async function openLog(
  url: string,
  { logger, seal, metrics = NO_METRICS }: Parts,
): Promise<LogConnections> {
  const hosts = redisNodes(url).urls.map((each) => URL.parse(each)?.host);
  const outage = new Outage({
    ...{ what: 'Redis', where: { redis: hosts.join(',') }, logger },
    meanwhile: 'sessions wait for it, and nothing that was accepted is lost',
  });
  let last = new Error('It does not answer.');
  const onError = (error: Error): void => {
    last = error;
    outage.failing(error.message);
  };
  metrics.read('convoke_up', () => [[{ dependency: 'redis' }, outage.isGoing ? 0 : 1]]);
  const commands = connectCommands(url, onError);
  const notices = connectChannels(url, commands, onError);
  await Promise.all([commands.connect(), notices.connect()].map((each) => each.catch(onError)));
  // One that takes connections may refuse commands: a password that is missing, a server that still loads.
  const endWatch = outage.watch(async () => {
    if (commands.status !== 'ready' || !notices.isReady()) throw last;
    await commands.ping();
  });
  const levels = createLevels(commands);
  const endLevel = followLevel(levels, logger);
  const close = (): void => {
    endLevel();
    void endWatch();
    commands.disconnect();
    notices.close();
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
  const onFull = fullTeller(logger);
  return {
    log: measuredLog(createRedisLog({ commands, subscriber: notices.channels, seal, onFull }), metrics),
    catalogs: createCatalogs(commands),
    levels,
    stalls: createStalls(commands),
    tickets: createTicketRows(commands),
    presence: createPresenceRows(commands),
    workers: createWorkerRows(commands),
    commands,
    ping: () => commands.ping(),
    outage,
    close,
  };
}

/** Tells the operator, seldom. */
function fullTeller(logger: Logger): () => void {
  let toldAt = 0;
  return () => {
    if (Date.now() - toldAt < FULL_TOLD_MS) return;
    toldAt = Date.now();
    logger.error({}, 'Redis is full (OOM): steps wait until it has memory again; raise its maxmemory');
  };
}
