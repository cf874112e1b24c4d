/** What a worker needs of Temporal's SDK: its runtime, its connection, the workflow bundle. */
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { LogEntry, WorkflowBundleOption } from '@temporalio/worker';
import { ConvokeError, isConvokeError } from '../contracts/index.ts';
import type { createLogger } from '../telemetry/index.ts';
import { requireSetUp, temporalRefuses } from '../temporal/index.ts';
import type { MetricsConfig } from './metrics-config.ts';
import { sdkMetrics } from './sdk-metrics.ts';
import type { TemporalConfig } from './temporal-config.ts';

/** The workflow bundle from `npm run build`, relative to the build and to the sources. */
const BUNDLES = ['../../workflow-bundle.js', '../../dist/workflow-bundle.js'];
/** While the server is away each poll fails several times a second; logged at most this often, ms. */
const RETRIES_TOLD_MS = 30_000;

/**
 * Forwards Temporal's own log lines, which contain no message text, and has it count metrics of its own if `config` says where they are told. A process has one runtime: if another worker or the program itself has
 * installed one, it stays.
 */
export async function installRuntime(
  logger: ReturnType<typeof createLogger>,
  config?: MetricsConfig,
): Promise<void> {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
  let toldAt = 0;
  const write = ({ level, message, meta }: LogEntry): void => {
    if (meta?.['target'] === 'temporalio_client::retry') {
      if (Date.now() - toldAt < RETRIES_TOLD_MS) return;
      toldAt = Date.now();
    }
    logger[levels[level]]({ ...meta }, message);
  };
  const metrics = await sdkMetrics(config);
  try {
    Runtime.install({
      logger: new DefaultLogger('INFO', write),
      telemetryOptions: {
        logging: { forward: {}, filter: 'WARN' },
        ...(metrics && { metrics: metrics.options }),
      },
      // Whoever runs the worker decides what stops it.
      shutdownSignals: [],
    });
    metrics?.installed();
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

/** How long a server that has just been started may take until it knows its namespace and search attributes, ms. */
const SET_UP_MS = 5_000;
const SET_UP_PAUSE_MS = 500;

/** Throws `temporal_unavailable`, `temporal_refused`, and `temporal_not_set_up` with the command that mends it. */
export async function connectTemporal({
  address,
  namespace,
  credentials,
}: TemporalConfig): Promise<NativeConnection> {
  let connection: NativeConnection | null = null;
  try {
    // The SDK's default is gzip, which costs 5 % of all CPU; bandwidth between a worker and its server is rarely the bottleneck.
    connection = await NativeConnection.connect({
      address,
      ...credentials,
      grpcCompression: { codec: 'none' },
    });
    // A worker finds out by itself, but then its threads keep the process alive.
    await requireSoon({ connection, namespace });
    return connection;
  } catch (error) {
    await connection?.close();
    throw named(isConvokeError(error) ? error : notConnected(error), address);
  }
}

/** The server of a whole stack that starts has its namespace a moment before its search attributes. */
async function requireSoon(setUp: Parameters<typeof requireSetUp>[0]): Promise<void> {
  const deadline = performance.now() + SET_UP_MS;
  for (;;) {
    try {
      await requireSetUp(setUp);
      return;
    } catch (error) {
      const waits = isConvokeError(error) && error.code === 'temporal_not_set_up';
      if (!waits || performance.now() > deadline) throw error;
    }
    await pause(SET_UP_PAUSE_MS);
  }
}

/** The native connection says only in words what the server has answered to its first call. */
function notConnected(cause: unknown): ConvokeError {
  if (/valid authentication credentials|not have permission/.test(inspect(cause)))
    return temporalRefuses(cause);
  return new ConvokeError('temporal_unavailable', undefined, { cause });
}

/** Whoever starts a worker may know its server, and why it is not reached. */
function named({ code, message, cause }: ConvokeError, address: string): ConvokeError {
  const why = cause instanceof Error && !/refused/i.test(inspect(cause)) ? ` (${cause.message})` : '';
  const sentence =
    code === 'temporal_unavailable' ? `Temporal does not answer at ${address}${why}.` : message;
  return new ConvokeError(code, sentence, { cause });
}

export function findBundle(): WorkflowBundleOption {
  const files = BUNDLES.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const codePath = files.find((file) => existsSync(file));
  if (codePath === undefined) throw new Error(`There is no workflow bundle ${files[0]}: npm run build`);
  return { codePath };
}
