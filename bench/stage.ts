/** Everything that the figures need, as processes on free ports with a folder of their own: one server pair, and both engines beside it. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { Redis } from 'ioredis';
import { WORKER_ENVIRONMENT } from '../src/cli/dev/specs.ts';
import { freePort } from '../test/support/ports.ts';
import { startRedis, type TestRedis } from '../test/support/redis.ts';
import { startTemporal } from '../test/support/temporal.ts';
import { createBareEngine } from './bare/engine.ts';
import type { Engine } from './engine.ts';
import { createProductEngine } from './product/engine.ts';
import { saying, Service, serving } from './service.ts';

const COMMAND = fileURLToPath(new URL('../bin/convoke.mjs', import.meta.url));
const STAMPING_WORKER = fileURLToPath(new URL('product/stamping-worker.ts', import.meta.url));
const TEAMS_CONFIG = fileURLToPath(new URL('product/teams.config.ts', import.meta.url));
const BARE_WORKER = fileURLToPath(new URL('bare/worker.ts', import.meta.url));
const BARE_GATEWAY = fileURLToPath(new URL('bare/gateway.ts', import.meta.url));
const BARE_WORKFLOWS = fileURLToPath(new URL('bare/workflow.ts', import.meta.url));

/** Each has its name as its key. */
const TENANTS = ['one', 'other'] as const;

export interface Stage {
  readonly product: Engine;
  /** Of its gateway. */
  readonly productUrl: string;
  /** Keys of two of its tenants. */
  readonly tenants: readonly [string, string];
  /** From then on the tenant runs no more turns than that at a time. */
  limitTo(tenant: string, runningTurns: number): Promise<void>;
  readonly bare: Engine;
  /** Of its gateway. */
  readonly bareUrl: string;
  readonly productGateway: Service;
  /** Not started: further gateways, and where they are. */
  readonly secondGateway: Service;
  readonly secondUrl: string;
  readonly thirdGateway: Service;
  readonly thirdUrl: string;
  readonly bareSecondGateway: Service;
  readonly bareSecondUrl: string;
  /** Where their inspectors listen when asked to (SIGUSR1). */
  readonly gatewayInspector: number;
  readonly bareInspector: number;
  readonly productWorker: Service;
  /** Where its inspector listens when asked to (SIGUSR1). */
  readonly productInspector: number;
  /** Not started. */
  readonly secondWorker: Service;
  /** Not started; takes the place of the worker for stamped shapes. */
  readonly stampingWorker: Service;
  /** Not started; takes the place of the worker for teams and tools. */
  readonly teamsWorker: Service;
  /** Not started: a gateway and a worker that seal what they store, with an archive of their own. */
  readonly sealed: Engine;
  readonly sealedGateway: Service;
  readonly sealedWorker: Service;
  readonly bareGateway: Service;
  readonly bareWorker: Service;
  readonly temporal: Client;
  /** The server's process. */
  readonly temporalPid: number;
  readonly redis: Redis;
  readonly redisServer: TestRedis;
  stop(): Promise<void>;
}

interface Servers {
  readonly home: string;
  readonly address: string;
  readonly redisUrl: string;
}

async function productServices({ home, address, redisUrl }: Servers) {
  const ports = await Promise.all(Array.from({ length: 9 }, () => freePort()));
  const [gateway = 0, first = 0, second = 0, stamping = 0, inspector = 0, teams = 0, gatewayInspector = 0] =
    ports;
  const [secondGateway = 0, thirdGateway = 0] = ports.slice(7);
  const limits = join(home, 'limits.json');
  await writeFile(limits, '{}');
  const env = {
    TEMPORAL_ADDRESS: address,
    REDIS_URL: redisUrl,
    CONVOKE_HOME: home,
    CONVOKE_DEV: '1',
    CONVOKE_KEYS: TENANTS.map((name) => `${name}=${name}`).join(','),
    CONVOKE_LOG_LEVEL: 'warn',
    CONVOKE_LIMITS: limits,
  };
  const workerEnv = { ...WORKER_ENVIRONMENT, ...env };
  const worker = (port: number, ...flags: readonly string[]): Service =>
    new Service(() => serving([...flags, COMMAND, 'worker', '--health-port', String(port)], port, workerEnv));
  const further = (port: number): Service =>
    new Service(() => serving([COMMAND, 'gateway', '--port', String(port)], port, env));
  return {
    secondGateway: further(secondGateway),
    secondUrl: `http://127.0.0.1:${secondGateway}`,
    thirdGateway: further(thirdGateway),
    thirdUrl: `http://127.0.0.1:${thirdGateway}`,
    product: createProductEngine(`http://127.0.0.1:${gateway}`),
    productUrl: `http://127.0.0.1:${gateway}`,
    tenants: TENANTS,
    limitTo: async (tenant: string, runningTurns: number): Promise<void> => {
      await writeFile(limits, JSON.stringify({ tenants: { [tenant]: { runningTurns } } }));
      // Read again within a second.
      await pause(2_000);
    },
    productGateway: new Service(() =>
      serving(
        [`--inspect-port=127.0.0.1:${gatewayInspector}`, COMMAND, 'gateway', '--port', String(gateway)],
        gateway,
        env,
      ),
    ),
    gatewayInspector,
    productWorker: worker(first, `--inspect-port=127.0.0.1:${inspector}`),
    productInspector: inspector,
    secondWorker: worker(second),
    teamsWorker: new Service(() =>
      serving([COMMAND, 'worker', '--health-port', String(teams)], teams, {
        ...workerEnv,
        CONVOKE_CONFIG: TEAMS_CONFIG,
      }),
    ),
    stampingWorker: new Service(() => serving([STAMPING_WORKER, String(stamping)], stamping, workerEnv)),
  };
}

/** The product once more, with keys: another task queue and archive, or the other half would meet what it cannot open. */
async function sealedServices({ home, address, redisUrl }: Servers) {
  const [gateway, health] = await Promise.all([freePort(), freePort()]);
  const env = {
    TEMPORAL_ADDRESS: address,
    REDIS_URL: redisUrl,
    CONVOKE_HOME: join(home, 'sealed'),
    CONVOKE_TASK_QUEUE: 'sealed',
    CONVOKE_DEV: '1',
    CONVOKE_LOG_LEVEL: 'warn',
    CONVOKE_SEAL_KEYS: 'bench=env:BENCH_KEY',
    BENCH_KEY: randomBytes(32).toString('base64'),
  };
  return {
    sealed: createProductEngine(`http://127.0.0.1:${gateway}`),
    sealedGateway: new Service(() => serving([COMMAND, 'gateway', '--port', String(gateway)], gateway, env)),
    sealedWorker: new Service(() =>
      serving([COMMAND, 'worker', '--health-port', String(health)], health, {
        ...WORKER_ENVIRONMENT,
        ...env,
      }),
    ),
  };
}

async function bareServices({ home, address, redisUrl }: Servers) {
  const [port, bareInspector, second] = await Promise.all([freePort(), freePort(), freePort()]);
  const bundle = join(home, 'bare-workflows.js');
  const { code } = await bundleWorkflowCode({
    workflowsPath: BARE_WORKFLOWS,
    logger: new DefaultLogger('ERROR'),
  });
  await writeFile(bundle, code);
  return {
    bare: createBareEngine(`http://127.0.0.1:${port}`),
    bareUrl: `http://127.0.0.1:${port}`,
    bareInspector,
    bareSecondGateway: new Service(() => saying([BARE_GATEWAY, address, redisUrl, String(second)])),
    bareSecondUrl: `http://127.0.0.1:${second}`,
    bareGateway: new Service(() =>
      saying([`--inspect-port=127.0.0.1:${bareInspector}`, BARE_GATEWAY, address, redisUrl, String(port)]),
    ),
    bareWorker: new Service(() => saying([BARE_WORKER, address, redisUrl, bundle], WORKER_ENVIRONMENT)),
  };
}

/** Starts everything but what says otherwise. Needs `npm run build`. */
export async function startStage(): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'convoke-bench-'));
  const [temporal, redisServer] = await Promise.all([startTemporal({ folder: home }), startRedis()]);
  const servers: Servers = { home, address: temporal.address, redisUrl: redisServer.url };
  const connection = await Connection.connect({ address: temporal.address });
  const redis = new Redis(redisServer.url);
  // One of the figures takes its server away; it comes back by itself.
  redis.on('error', () => undefined);
  const services = {
    ...(await productServices(servers)),
    ...(await sealedServices(servers)),
    ...(await bareServices(servers)),
  };
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
  const { pid: temporalPid } = temporal;
  return { ...services, temporal: new Client({ connection }), temporalPid, redis, redisServer, stop };
}
