/** Composition root of a gateway. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { Client, Connection } from '@temporalio/client';
import type { Erasing } from '../archive/archive.ts';
import { createDelivery } from '../deliver/index.ts';
import type { Delivery } from '../deliver/index.ts';
import { createGateway } from '../gateway/index.ts';
import type { Gateway, GatewayConfig, Supervisor } from '../gateway/index.ts';
import {
  Arrivals,
  createIntake,
  createReopen,
  createSchedules,
  createStoredCalls,
  WayIn,
} from '../ingest/index.ts';
import { LIMITS, openingRoster, RECOVERY, rosterState } from '../contracts/index.ts';
import type { SessionRef } from '../contracts/index.ts';
import { Misses } from '../fair/index.ts';
import type { SessionLog } from '../log/index.ts';
import { Tickets } from '../tenants/index.ts';
import { createLogger, type Metrics, type Spans } from '../telemetry/index.ts';
import {
  consoleLink,
  createScheduleCalls,
  createSessionCalls,
  ingressConnectionOptions,
  requireSetUp,
  shownPayloads,
  workflowLink,
} from '../temporal/index.ts';
import { openAccess } from './access.ts';
import type { Access } from './access.ts';
import { openStore } from './archive.ts';
import type { Config } from './config.ts';
import { openAdapterConnections } from './control.ts';
import { defaultAgents } from './agents.ts';
import { serveFiles } from './files.ts';
import { fairArchive, fairCalls, fairExists, fairLog, fairSource } from './fair.ts';
import { listening } from './listening.ts';
import { measuredIntake } from './measured.ts';
import { Opened } from './opened.ts';
import { Outage } from './outage.ts';
import { openPresence } from './presence.ts';
import { processName } from './process-name.ts';
import { openEraser } from './erasing.ts';
import { openQuota } from './quota.ts';
import { openLog } from './redis.ts';
import type { LogConnections } from './redis.ts';
import { stopSignal } from './shutdown.ts';
import { sessionSource } from './source.ts';
import { supervisorOf } from './supervisor.ts';
import { systemPorts } from './system.ts';
import type { SystemParts } from './system.ts';
import { openTelemetry } from './telemetry.ts';

/** The built page (`npm run build` compiles examples/page). */
const PAGE = fileURLToPath(new URL('../../page', import.meta.url));
/** The built console. Beside the sources of this file are the console's sources instead, and nothing is served. */
const CONSOLE = fileURLToPath(new URL('../../console', import.meta.url));

function builtPages({ devMode }: Pick<Config, 'devMode'>): Pick<GatewayConfig, 'pageDir' | 'consoleDir'> {
  return {
    ...(devMode && existsSync(PAGE) ? { pageDir: PAGE } : {}),
    ...(existsSync(CONSOLE) && !import.meta.url.endsWith('.ts') ? { consoleDir: CONSOLE } : {}),
  };
}

interface GatewayPlace {
  readonly port: number;
  readonly host: string;
  /** Of `convoke dev`, if that has started this process. */
  readonly supervisor?: Supervisor | undefined;
}

export interface OpenGateway {
  readonly port: number;
  /** Drains, then closes everything; called again, it waits for the same end. */
  readonly stop: () => Promise<void>;
}

/**
 * Resolves once it listens; `port` 0 picks a free one. If it cannot start it closes what it has opened and throws `ConfigError`, or
 * `log_unavailable` for an unsuitable Redis.
 */
export async function openGateway(
  config: Config,
  { port, host, supervisor }: GatewayPlace,
): Promise<OpenGateway> {
  const opened = new Opened();
  try {
    const logger = createLogger('gateway', config.logLevel);
    const telemetry = await openTelemetry(config, { role: 'gateway', logger, opened });
    const gateway = await compose(config, { logger, opened, supervisor, ...telemetry });
    const where = { port, host, setting: 'CONVOKE_PORT' };
    const bound = await listening(where, () => gateway.listen(port, host));
    opened.add(gateway, (each) => each.drain());
    logger.info({ port: bound.port, temporal: config.temporal.address }, 'Gateway listens');
    let stopped: Promise<void> | undefined;
    return { port: bound.port, stop: () => (stopped ??= opened.close()) };
  } catch (error) {
    // What cannot be closed is less important than why it did not start.
    await opened.close().catch(() => undefined);
    throw error;
  }
}

interface Parts {
  readonly logger: ReturnType<typeof createLogger>;
  readonly opened: Opened;
  readonly supervisor: Supervisor | undefined;
  readonly metrics: Metrics;
  readonly spans: Spans;
}

/** What readiness asks; the operator hears of it from the log, too. */
function watchTemporal(
  connection: Connection,
  { address, namespace }: Config['temporal'],
  { logger, opened, metrics }: Pick<Parts, 'logger' | 'opened' | 'metrics'>,
): () => Promise<void> {
  const ask = (): Promise<void> =>
    connection.withDeadline(Date.now() + RECOVERY.ingressDeadlineMs, () =>
      requireSetUp({ connection, namespace }),
    );
  const outage = new Outage({
    ...{ what: 'Temporal', where: { temporal: address, namespace }, logger },
    meanwhile: 'this gateway accepts nothing until it is back',
  });
  metrics.read('convoke_up', () => [[{ dependency: 'temporal' }, outage.isGoing ? 0 : 1]]);
  opened.add(outage.watch(ask), (end) => end());
  return ask;
}

function connect(
  config: Config['temporal'],
  parts: Pick<Parts, 'logger' | 'opened' | 'metrics'>,
): { readonly connection: Connection; readonly temporal: () => Promise<void> } {
  const { address, credentials } = config;
  const lazy = Connection.lazy({ address, ...credentials, ...ingressConnectionOptions() });
  const connection = parts.opened.add(lazy, (each) => each.close());
  return { connection, temporal: watchTemporal(connection, config, parts) };
}

async function openAdapter(
  { redisUrl }: Config,
  { session, opened }: { readonly session: LogConnections; readonly opened: Opened },
): Promise<Required<Pick<GatewayConfig, 'adapter' | 'hearers'>>> {
  const connections = await openAdapterConnections(redisUrl, session.outage);
  const { publisher, subscriber, hearers } = opened.add(connections, (each) => each.close());
  return {
    adapter: createShardedAdapter(publisher, subscriber, { channelPrefix: 'convoke:control' }),
    hearers,
  };
}

/** The agents of a session, of which only the log is asked. */
async function agentsIn(log: SessionLog, ref: SessionRef): Promise<readonly string[] | null> {
  const slice = await log.read(ref, { limit: 0 });
  return slice && rosterState(slice.info.roster ?? openingRoster(slice.info.agents)).agents;
}

/** What timelines are told by this gateway. */
function tracing(arrivals: Arrivals): Pick<GatewayConfig, 'name' | 'acceptedAt'> {
  return { name: processName(), acceptedAt: (ref, messageId) => arrivals.acceptedAt(ref, messageId) };
}

function openDelivery(
  deps: Parameters<typeof createDelivery>[0],
  from: {
    readonly shared: Pick<Erasing, 'isErased'>;
    readonly access: Access;
    readonly session: LogConnections;
    readonly opened: Opened;
  },
): Delivery {
  const { shared, access, session, opened } = from;
  const delivery = createDelivery({
    ...deps,
    isErasing: access.isErasing,
    isErased: (ref) => shared.isErased(ref),
    kicks: (ref) => session.presence.kicks(ref),
  });
  access.served.standing.onChange(() => delivery.leaveErasing());
  return opened.add(delivery, (each) => each.stop());
}

async function compose(config: Config, parts: Parts): Promise<Gateway> {
  const { logger, opened, supervisor, metrics, spans } = parts;
  const { namespace, taskQueue } = config.temporal;
  const { connection, temporal } = connect(config.temporal, parts);
  const { archive: shared, seal, converter } = await openStore(config, { logger, opened });
  const client = new Client({ connection, namespace, ...converter });
  const archive = fairArchive(shared, metrics);
  const access = await openAccess(shared.database, config, { logger, opened });
  const session = opened.add(await openLog(config.redisUrl, { ...parts, seal }), (each) => each.close());
  const control = await openAdapter(config, { session, opened });
  const arrivals = new Arrivals(processName());
  const storedOf = archive.stored.bind(archive);
  const sheds = config.sheds === true;
  const tenants = openQuota({ ...access, session, client, config, logger, metrics, opened, sheds });
  const running = createSessionCalls({ ...config, client, taskQueue, weightOf: tenants.weightOf });
  const misses = new Misses(LIMITS.misses);
  const { calls, receipt } = fairCalls(createStoredCalls(running, storedOf), misses, metrics);
  const source = fairSource(sessionSource(client, archive, RECOVERY.answerDeadlineMs), metrics);
  const log = fairLog(session.log, metrics);
  const exists = fairExists(running, archive, misses);
  const known = { archive: shared, log, exists, find: calls.find.bind(calls) };
  const served = await serveFiles(config, { ...known, ...tenants, logger, opened });
  const followed = { log, source, archive, logger, metrics, spans, exists, receipt };
  const delivery = openDelivery(followed, { shared, access, session, opened });
  const agentsOf = agentsIn.bind(null, log);
  const stored = { archive: shared, session, seal, files: served.files?.files };
  const erasing = { ...tenants, ...stored, access, client, taskQueue, calls: running };
  const catalogs = session.catalogs.read.bind(session.catalogs);
  const scheduleCalls = createScheduleCalls({ client, taskQueue });
  const erased = { isErased: shared.isErased.bind(shared), isErasing: access.isErasing };
  return createGateway({
    ...access.served,
    ...served,
    ...openPresence({ ...tenants, ...access, session, delivery, exists, agentsOf, opened }),
    eraser: openEraser({ ...erasing, logger, opened }),
    ...(seal && { showPayloads: shownPayloads.bind(null, seal) }),
    intake: measuredIntake(
      createIntake({
        ...{ calls, ...tenants, arrivals, useFiles: served.useFiles, wayIn: new WayIn(spans, logger) },
        ...{ audit: access.audit, catalogs },
        endedTurns: (ref) => delivery.endedTurns(ref),
        authenticator: access.authenticator,
        defaultAgents: defaultAgents(config),
        ...{ storedOf, ...erased },
        isArchived: async (ref) => (await archive.session(ref)) !== null,
        agentsOf,
        followedAgents: (ref) => delivery.agents(ref),
        past: { log, source, archive },
        reopen: createReopen({ calls, log, source, archive }),
      }),
      metrics,
    ),
    schedules: createSchedules(scheduleCalls, catalogs, { ...tenants, ...erased }),
    ...{ delivery, logger, metrics, ...control, ...tracing(arrivals), tickets: ticketsOf(session, access) },
    ...{ checks: { temporal }, notices: { redis: () => session.ping(), registry: access.check } },
    ...{ origins: config.origins, devMode: config.devMode, supervisor, levels: session.levels },
    ...deploymentOf(config, { client, database: shared.database, session, refused: tenants.refused }),
    ...builtPages(config),
  });
}

function ticketsOf(
  { tickets }: Pick<LogConnections, 'tickets'>,
  { directory }: Pick<Access, 'directory'>,
): Tickets {
  return new Tickets(tickets, (principal) => directory.refuses(principal));
}

/** What operators are told of the deployment, and which tenants have their keys in the environment. */
function deploymentOf(
  config: Config,
  parts: Omit<SystemParts, 'config'>,
): Required<Pick<GatewayConfig, 'system' | 'environmentTenants' | 'linksOf'>> {
  const tenants = new Set([...(config.devMode ? ['dev'] : []), ...config.keys.values()]);
  const { consoleUrl, temporalUi, temporal } = config;
  return {
    system: systemPorts({ ...parts, config }),
    environmentTenants: [...tenants],
    linksOf: (ref) => ({
      ...(consoleUrl !== undefined && { console: consoleLink(consoleUrl, ref.session) }),
      ...(temporalUi !== undefined && { temporal: workflowLink(temporalUi, temporal.namespace, ref) }),
    }),
  };
}

/** Serves until SIGTERM or SIGINT, then drains. Rejects like `openGateway`. */
export async function runGateway(config: Config, port: number, host: string): Promise<void> {
  const asked = stopSignal();
  const supervisor = config.devMode ? supervisorOf(process) : undefined;
  const gateway = await openGateway(config, { port, host, supervisor });
  createLogger('gateway', config.logLevel).info({ signal: await asked }, 'Gateway stops');
  await gateway.stop();
}
