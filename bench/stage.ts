/** Everything that the figures need, as processes on free ports with a folder of their own: one server pair, and both engines beside it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { Redis } from 'ioredis';
import { freePort } from '../test/support/ports.ts';
import { eventually, startProcess, type TestProcess } from '../test/support/process.ts';
import { startRedis } from '../test/support/redis.ts';
import { startTemporal } from '../test/support/temporal.ts';
import { createBareEngine } from './bare/engine.ts';
import type { Engine } from './engine.ts';
import { createProductEngine } from './product/engine.ts';

const COMMAND = fileURLToPath(new URL('../bin/convoke.mjs', import.meta.url));
const STAMPING_WORKER = fileURLToPath(new URL('product/stamping-worker.ts', import.meta.url));
const BARE_WORKER = fileURLToPath(new URL('bare/worker.ts', import.meta.url));
const BARE_GATEWAY = fileURLToPath(new URL('bare/gateway.ts', import.meta.url));
const BARE_WORKFLOWS = fileURLToPath(new URL('bare/workflow.ts', import.meta.url));

/** A process that can be ended and started again. */
export class Service {
  readonly #start: () => Promise<TestProcess>;
  #process: TestProcess | null = null;

  constructor(start: () => Promise<TestProcess>) {
    this.#start = start;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Resolves once it says that it is ready. */
  async start(): Promise<void> {
    this.#process = await this.#start();
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    await this.#process?.end(signal);
    this.#process = null;
  }
}

export interface Stage {
  readonly product: Engine;
  readonly bare: Engine;
  readonly productGateway: Service;
  readonly productWorker: Service;
  /** Not started. */
  readonly secondWorker: Service;
  /** Not started; takes the place of the worker for stamped shapes. */
  readonly stampingWorker: Service;
  readonly bareGateway: Service;
  readonly bareWorker: Service;
  readonly temporal: Client;
  /** The server's process. */
  readonly temporalPid: number;
  readonly redis: Redis;
  stop(): Promise<void>;
}

interface Servers {
  readonly home: string;
  readonly address: string;
  readonly redisUrl: string;
}

type Environment = Readonly<Record<string, string>>;

/** A process that answers `/readyz`. */
async function serving(args: readonly string[], port: number, env: Environment): Promise<TestProcess> {
  const started = startProcess(process.execPath, args, env);
  await ready(started, args, async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
  return started;
}

/** A process that says `ready`. */
async function saying(args: readonly string[]): Promise<TestProcess> {
  const started = startProcess(process.execPath, args);
  await ready(started, args, () => started.output().includes('ready'));
  return started;
}

async function ready(
  started: TestProcess,
  args: readonly string[],
  ask: () => Promise<boolean> | boolean,
): Promise<void> {
  try {
    await eventually('it is ready', ask);
  } catch (error) {
    await started.end('SIGKILL');
    throw new Error(`${args.join(' ')}: ${started.output()}`, { cause: error });
  }
}

async function productServices({ home, address, redisUrl }: Servers) {
  const [gateway, first, second, stamping] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const env = {
    TEMPORAL_ADDRESS: address,
    REDIS_URL: redisUrl,
    CONVOKE_HOME: home,
    CONVOKE_DEV: '1',
    CONVOKE_LOG_LEVEL: 'warn',
  };
  const worker = (port: number): Service =>
    new Service(() => serving([COMMAND, 'worker', '--health-port', String(port)], port, env));
  return {
    product: createProductEngine(`http://127.0.0.1:${gateway}`),
    productGateway: new Service(() => serving([COMMAND, 'gateway', '--port', String(gateway)], gateway, env)),
    productWorker: worker(first),
    secondWorker: worker(second),
    stampingWorker: new Service(() => serving([STAMPING_WORKER, String(stamping)], stamping, env)),
  };
}

async function bareServices({ home, address, redisUrl }: Servers) {
  const port = await freePort();
  const bundle = join(home, 'bare-workflows.js');
  const { code } = await bundleWorkflowCode({
    workflowsPath: BARE_WORKFLOWS,
    logger: new DefaultLogger('ERROR'),
  });
  await writeFile(bundle, code);
  return {
    bare: createBareEngine(`http://127.0.0.1:${port}`),
    bareGateway: new Service(() => saying([BARE_GATEWAY, address, redisUrl, String(port)])),
    bareWorker: new Service(() => saying([BARE_WORKER, address, redisUrl, bundle])),
  };
}

/** Starts everything but what says otherwise. Needs `npm run build`. */
export async function startStage(): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'convoke-bench-'));
  const [temporal, redisServer] = await Promise.all([startTemporal({ folder: home }), startRedis()]);
  const servers: Servers = { home, address: temporal.address, redisUrl: redisServer.url };
  const connection = await Connection.connect({ address: temporal.address });
  const redis = new Redis(redisServer.url);
  const services = { ...(await productServices(servers)), ...(await bareServices(servers)) };
  const all = Object.values(services).filter((service) => service instanceof Service);
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((service) => service.end('SIGKILL')));
    redis.disconnect();
    await connection.close();
    await Promise.all([temporal.stop(), redisServer.stop()]);
    await rm(home, { recursive: true, force: true });
  };
  try {
    const { productGateway, productWorker, bareGateway, bareWorker } = services;
    await Promise.all(
      [productGateway, productWorker, bareGateway, bareWorker].map((service) => service.start()),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...services, temporal: new Client({ connection }), temporalPid: temporal.pid, redis, stop };
}
