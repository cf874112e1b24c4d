/** Composition of a worker process: orchestrate and execute. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { LogEntry, WorkflowBundleOption } from '@temporalio/worker';
import { createActivities, createScriptedRunner, type AgentRunner } from '../../activities/index.ts';
import { openArchive } from '../archive/index.ts';
import { ConvokeError, RECOVERY, type RunnerName } from '../contracts/index.ts';
import { createLogger, type Logger } from '../telemetry/index.ts';
import type { Config } from './config.ts';
import { serveHealth } from './health.ts';
import { watchInterruptions } from './interruptions.ts';
import { createModels } from './models.ts';
import { openLog } from './redis.ts';
import { stopSignal } from './shutdown.ts';
import { sessionSource } from './source.ts';
import { createTaskWorker } from './task-worker.ts';

/** What `npm run build` makes of the workflows, as seen from the build and from the sources. */
const BUNDLES = ['../../workflow-bundle.js', '../../dist/workflow-bundle.js'];
/** Each poll of a server that is away fails several times a second: told of this often, ms. */
const RETRIES_TOLD_MS = 30_000;

/** Temporal's own lines in our form; they hold no text of messages. */
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
    // Stopping is ours: it has an order.
    shutdownSignals: [],
  });
}

function runnersOf({ models }: Config, logger: Logger): Partial<Record<RunnerName, AgentRunner>> {
  const model = createModels(models, logger);
  return { scripted: createScriptedRunner(), ...(model && { model }) };
}

async function connectTemporal(address: string): Promise<NativeConnection> {
  try {
    // The SDK's default is gzip, which costs 5 % of all CPU; between a worker and its server bandwidth is rarely what is short.
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

/**
 * Works until SIGTERM or SIGINT, then finishes or hands over what runs. Rejects when it cannot start, or when it lost Temporal for good.
 * `ownRunners`: agents of somebody's own, instead of those that the configuration asks for.
 */
export async function runWorker(
  config: Config,
  health?: { port: number; host: string },
  ownRunners?: Partial<Record<RunnerName, AgentRunner>>,
): Promise<void> {
  const stop = stopSignal();
  const logger = createLogger('worker', config.logLevel);
  const runners = ownRunners ?? runnersOf(config, logger);
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
      ...{ log: session.log, source, archive, runners, logger, draining: draining.signal },
    }),
    able: Object.keys(runners).filter((runner) => runner !== 'scripted'),
  });
  const ready = async (): Promise<boolean> => {
    await connection.workflowService.getSystemInfo({});
    return worker.isRunning;
  };
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
    await endWatch();
    session.close();
    await Promise.all([archive.close(), connection.close()]);
  }
}
