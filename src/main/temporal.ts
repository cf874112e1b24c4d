/** What a worker needs of Temporal's SDK: its runtime, its connection, the workflow bundle. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { LogEntry, WorkflowBundleOption } from '@temporalio/worker';
import { ConvokeError } from '../contracts/index.ts';
import { ConfigError } from '../project/config-error.ts';
import type { createLogger } from '../telemetry/index.ts';

/** The workflow bundle from `npm run build`, relative to the build and to the sources. */
const BUNDLES = ['../../workflow-bundle.js', '../../dist/workflow-bundle.js'];
/** Of gRPC. */
const NOT_FOUND = 5;
/** While the server is away each poll fails several times a second; logged at most this often, ms. */
const RETRIES_TOLD_MS = 30_000;

/**
 * Forwards Temporal's own log lines, which contain no message text. A process has one runtime: if another worker or the program itself has
 * installed one, it stays.
 */
export function installRuntime(logger: ReturnType<typeof createLogger>): void {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
  let toldAt = 0;
  const write = ({ level, message, meta }: LogEntry): void => {
    if (meta?.['target'] === 'temporalio_client::retry') {
      if (Date.now() - toldAt < RETRIES_TOLD_MS) return;
      toldAt = Date.now();
    }
    logger[levels[level]]({ ...meta }, message);
  };
  try {
    Runtime.install({
      logger: new DefaultLogger('INFO', write),
      telemetryOptions: { logging: { forward: {}, filter: 'WARN' } },
      // Whoever runs the worker decides what stops it.
      shutdownSignals: [],
    });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

/** Throws `temporal_unavailable`, and `ConfigError` if the server has no such namespace. */
export async function connectTemporal(address: string, namespace: string): Promise<NativeConnection> {
  let connection: NativeConnection | null = null;
  try {
    // The SDK's default is gzip, which costs 5 % of all CPU; bandwidth between a worker and its server is rarely the bottleneck.
    connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
    // A worker finds out by itself, but then its threads keep the process alive.
    await connection.workflowService.describeNamespace({ namespace });
    return connection;
  } catch (error) {
    await connection?.close();
    if (connection && (error as { code?: unknown }).code === NOT_FOUND)
      throw new ConfigError(
        'TEMPORAL_NAMESPACE',
        `Temporal at ${address} has no namespace "${namespace}": create it with "temporal operator namespace create -n ${namespace}".`,
      );
    throw new ConvokeError('temporal_unavailable', `Temporal does not answer at ${address}.`, {
      cause: error,
    });
  }
}

export function findBundle(): WorkflowBundleOption {
  const files = BUNDLES.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const codePath = files.find((file) => existsSync(file));
  if (codePath === undefined) throw new Error(`There is no workflow bundle ${files[0]}: npm run build`);
  return { codePath };
}
