/** Composition root of a worker process: orchestrate and execute. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { LogEntry, WorkflowBundleOption } from '@temporalio/worker';
import {
  createActivities,
  createScriptedRunner,
  type ActivityDeps,
  type AgentRunner,
} from '../../activities/index.ts';
import { openArchive } from '../archive/index.ts';
import { ConvokeError, RECOVERY, type Catalog, type RunnerName } from '../contracts/index.ts';
import type { Project } from '../project/project.ts';
import { createLogger, type Logger } from '../telemetry/index.ts';
import { announce } from './announce.ts';
import type { Config } from './config.ts';
import { serveHealth } from './health.ts';
import { watchInterruptions } from './interruptions.ts';
import { createModels } from './models.ts';
import { partsOf } from './project.ts';
import { openLog } from './redis.ts';
import { stopSignal } from './shutdown.ts';
import { sessionSource } from './source.ts';
import { createTaskWorker } from './task-worker.ts';

/** The workflow bundle from `npm run build`, relative to the build and to the sources. */
const BUNDLES = ['../../workflow-bundle.js', '../../dist/workflow-bundle.js'];
/** While the server is away each poll fails several times a second; logged at most this often, ms. */
const RETRIES_TOLD_MS = 30_000;

/** Forwards Temporal's own log lines, which contain no message text. */
function installRuntime(logger: ReturnType<typeof createLogger>): void {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
  let toldAt = 0;
  const write = ({ level, message, meta }: LogEntry): void => {
    if (meta?.['target'] === 'temporalio_client::retry') {
      if (Date.now() - toldAt < RETRIES_TOLD_MS) return;
      toldAt = Date.now();
    }
    logger[levels[level]]({ ...meta }, message);
  };
  Runtime.install({
    logger: new DefaultLogger('INFO', write),
    telemetryOptions: { logging: { forward: {}, filter: 'WARN' } },
    // We stop in an order of our own.
    shutdownSignals: [],
  });
}

function runnersOf({ models }: Config, logger: Logger): Partial<Record<RunnerName, AgentRunner>> {
  const model = createModels(models, logger);
  return { scripted: createScriptedRunner(), ...(model && { model }) };
}

async function connectTemporal(address: string): Promise<NativeConnection> {
  try {
    // The SDK's default is gzip, which costs 5 % of all CPU; bandwidth between a worker and its server is rarely the bottleneck.
    return await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
  } catch (error) {
    throw new ConvokeError('temporal_unavailable', `Temporal does not answer at ${address}.`, {
      cause: error,
    });
  }
}

function findBundle(): WorkflowBundleOption {
  const files = BUNDLES.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const codePath = files.find((file) => existsSync(file));
  if (codePath === undefined) throw new Error(`There is no workflow bundle ${files[0]}: npm run build`);
  return { codePath };
}

const NOTHING: Catalog = { agents: {}, teams: [], tools: [] };

/** Runners that every worker has, or whose agents are looked up by name. */
const EVERYWHERE: ReadonlySet<string> = new Set(['scripted', 'code', 'http']);

/** What a program that runs a worker may put in the place of the defaults. */
export interface WorkerParts extends Partial<
  Pick<ActivityDeps, 'runners' | 'teams' | 'tools' | 'configured' | 'suspendAfterMs'>
> {
  /** What it has and other workers may not, besides its kinds of agents. */
  readonly able?: readonly string[];
  /** What gateways are told of it. */
  readonly catalog?: Catalog;
  close?(): Promise<void>;
}

/** The parts of a worker with this configuration. Throws `ConfigError`. */
function partsFor(config: Config, project: Project, logger: Logger): WorkerParts {
  const { runners, ...parts } = partsOf(project, config.models, logger);
  return { ...parts, runners: { ...runnersOf(config, logger), ...runners } };
}

/**
 * Runs until SIGTERM or SIGINT, then finishes or hands over its running work. Rejects if it cannot start or has lost Temporal for good.
 * `own`: a configuration's agents and teams, or runners, teams and times instead of the defaults.
 */
export async function runWorker(
  config: Config,
  health?: { port: number; host: string },
  own: Project | WorkerParts = {},
): Promise<void> {
  const stop = stopSignal();
  const logger = createLogger('worker', config.logLevel);
  const given = 'agents' in own ? partsFor(config, own, logger) : own;
  const { runners = runnersOf(config, logger), able = [], catalog = NOTHING, ...parts } = given;
  installRuntime(logger);
  const { address, namespace, taskQueue } = config.temporal;
  const [connection, session, archive] = await Promise.all([
    connectTemporal(address),
    openLog(config.redisUrl, logger),
    openArchive(config.archiveUrl),
  ]);
  const client = new Client({ connection, namespace });
  const source = sessionSource(client, archive, RECOVERY.queryDeadlineMs);
  const draining = new AbortController();
  const worker = await createTaskWorker({
    ...{ connection, namespace, taskQueue, workflowBundle: findBundle() },
    activities: createActivities({
      ...{ ...parts, log: session.log, source, archive, runners, logger, draining: draining.signal },
    }),
    able: [...Object.keys(runners).filter((runner) => !EVERYWHERE.has(runner)), ...able],
  });
  const ready = async (): Promise<boolean> => {
    await connection.workflowService.getSystemInfo({});
    return worker.isRunning;
  };
  const endAnnouncing = await announce(session.catalogs, catalog);
  const endHealth = health ? await serveHealth(health.port, health.host, ready) : () => undefined;
  void stop.then((signal) => {
    logger.info({ signal }, 'Worker stops');
    draining.abort();
    worker.shutdown();
  });
  const endWatch = watchInterruptions({ client, taskQueue, log: session.log, source, archive, logger });
  logger.info({ temporal: address, taskQueue }, 'Worker polls');
  try {
    await worker.run();
  } finally {
    endHealth();
    endAnnouncing();
    await endWatch();
    session.close();
    await Promise.all([given.close?.(), archive.close(), connection.close()]);
  }
}
