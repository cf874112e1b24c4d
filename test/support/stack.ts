/** The whole product for tests, as a user runs it: Temporal, Redis, workers and gateways, each a process that can be killed. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';
import { eventually, startProcess } from './process.ts';
import type { TestProcess } from './process.ts';
import { startRedis } from './redis.ts';
import type { TestRedis } from './redis.ts';
import { startTemporal } from './temporal.ts';
import type { TestTemporal } from './temporal.ts';

const COMMAND = fileURLToPath(new URL('../../bin/convoke.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/src/main/convoke.js', import.meta.url));

/** The key of the tenant `other`, besides the key `dev` of the tenant `dev`. */
export const OTHER_KEY = 'key-of-other';

/** What Node says first. */
const INSPECTOR = /Debugger listening on (ws:\S+)/;

/** A busy machine starts several processes slowly, ms. */
const START_MS = 90_000;

/** Of what a process has said, in an error. */
const TOLD_CHARS = 4_000;

/** A worker or a gateway. */
export class Role {
  readonly port: number;
  readonly #args: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #cwd: string | undefined;
  #process: TestProcess | null = null;
  #inspector: string | undefined;
  /** Earlier ones. */
  readonly #gone: TestProcess[] = [];

  constructor(port: number, args: readonly string[], env: Readonly<Record<string, string>>, cwd?: string) {
    this.port = port;
    this.#args = args;
    this.#env = env;
    this.#cwd = cwd;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Of the process that runs now, if it was started with `--inspect`. */
  get inspector(): string | undefined {
    return this.#inspector;
  }

  output(): string {
    return [...this.#gone, ...(this.#process ? [this.#process] : [])].map((each) => each.output()).join('');
  }

  /** Starts it anew whenever it ends by itself. */
  supervise(): void {
    const watched = this.#process;
    void watched?.ended.then(async () => {
      if (this.#process !== watched) return;
      this.#process = null;
      this.#gone.push(watched);
      // What goes wrong here is seen by whoever waits for it.
      await this.start().catch(() => undefined);
      this.supervise();
    });
  }

  /** Resolves once it says that it is ready. One that ends before is started again, as its supervisor would. */
  async start(): Promise<void> {
    let running: TestProcess | null = null;
    const launch = (): void => {
      if (running) this.#gone.push(running);
      const launched = startProcess(process.execPath, this.#args, this.#env, this.#cwd);
      this.#process = running = launched;
      void launched.ended.then(() => {
        if (isStarting && this.#process === launched) launch();
      });
    };
    let isStarting = true;
    launch();
    try {
      const ready = async (): Promise<boolean> => (await fetch(`${this.url}/readyz`)).ok;
      await eventually(`${this.#args.join(' ')} is ready`, ready, START_MS);
      this.#inspector = INSPECTOR.exec(this.#process?.output() ?? '')?.[1];
    } catch (error) {
      throw new Error(`${String(error)}\n${this.output().slice(-TOLD_CHARS)}`, { cause: error });
    } finally {
      isStarting = false;
    }
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const ending = this.#process;
    if (!ending) return null;
    this.#process = null;
    this.#gone.push(ending);
    return ending.end(signal);
  }
}

export interface Stack {
  readonly temporal: TestTemporal;
  readonly redis: TestRedis;
  readonly gateways: readonly Role[];
  readonly workers: readonly Role[];
  /** Of the gateways, as clients find them. */
  readonly urls: readonly string[];
  /** The folder of its state: `temporal.db`, and `archive.db` unless the archive is elsewhere. */
  readonly home: string;
  /** A further worker, in a folder, with further environment, of another program perhaps; it is not started yet. */
  worker(cwd: string, env: Readonly<Record<string, string>>, file?: string): Promise<Role>;
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly gateways?: number;
  readonly workers?: number;
  /** File of a program that takes the place of `convoke worker`; its argument is the port of its health checks. */
  readonly workerFile?: string;
  /** Further environment of workers and gateways. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further environment of the gateways. */
  readonly gatewayEnv?: Readonly<Record<string, string>>;
  /** Further environment of each worker, in their order. */
  readonly workerEnv?: readonly Readonly<Record<string, string>>[];
  /**
   * The port at which a process (`gateway 1`, `worker 2`) finds a server that listens on that port, or clients find a gateway: that of a proxy
   * between the two.
   */
  readonly wire?: (from: string, to: string, port: number) => Promise<number>;
}

function roles(
  ports: readonly number[],
  make: (port: number) => readonly string[],
  envs: readonly Readonly<Record<string, string>>[],
): readonly Role[] {
  return ports.map((port, index) => new Role(port, make(port), envs[index]!));
}

const direct = async (_from: string, _to: string, port: number): Promise<number> => port;

function workerArgs(port: number, file: string | undefined): readonly string[] {
  return file ? [file, String(port)] : [COMMAND, 'worker', '--health-port', String(port)];
}

/** Starts everything on free ports with state in a temporary folder. Needs `npm run build`. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  if (!existsSync(BUILT)) throw new Error('The product is not built: npm run build');
  const home = await mkdtemp(join(tmpdir(), 'convoke-stack-'));
  const { gateways = 1, workers = 1 } = options;
  const [temporal, redis] = await Promise.all([startTemporal({ folder: home }), startRedis()]);
  const env = {
    TEMPORAL_ADDRESS: temporal.address,
    REDIS_URL: redis.url,
    CONVOKE_HOME: home,
    CONVOKE_DEV: '1',
    CONVOKE_KEYS: `${OTHER_KEY}=other`,
    ...options.env,
  };
  const ports = await Promise.all(Array.from({ length: gateways + workers }, () => freePort()));
  const gateway = (port: number): readonly string[] => [COMMAND, 'gateway', '--port', String(port)];
  const { workerFile, workerEnv = [], wire = direct } = options;
  const worker = (port: number): readonly string[] => workerArgs(port, workerFile);
  /** Environments of so many processes of a kind. */
  const wired = (
    kind: string,
    count: number,
    more: (index: number) => Readonly<Record<string, string>> | undefined,
  ): Promise<readonly Readonly<Record<string, string>>[]> =>
    Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const name = `${kind} ${index + 1}`;
        const TEMPORAL_ADDRESS = `127.0.0.1:${await wire(name, 'temporal', temporal.port)}`;
        const REDIS_URL = `redis://127.0.0.1:${await wire(name, 'redis', redis.port)}`;
        return { ...env, TEMPORAL_ADDRESS, REDIS_URL, ...more(index) };
      }),
    );
  const [gatewayEnvs, workerEnvs] = await Promise.all([
    wired('gateway', gateways, () => options.gatewayEnv),
    wired('worker', workers, (index) => workerEnv[index]),
  ]);
  const all = {
    gateways: roles(ports.slice(0, gateways), gateway, gatewayEnvs),
    workers: [...roles(ports.slice(gateways), worker, workerEnvs)],
  };
  const urls = await Promise.all(
    all.gateways.map(
      async ({ port }, index) => `http://127.0.0.1:${await wire('clients', `gateway ${index + 1}`, port)}`,
    ),
  );
  const stop = async (): Promise<void> => {
    await Promise.all([...all.gateways, ...all.workers].map((role) => role.end('SIGKILL')));
    await Promise.all([temporal.stop(), redis.stop()]);
    await rm(home, { recursive: true, force: true });
  };
  try {
    await Promise.all([...all.gateways, ...all.workers].map((role) => role.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ temporal, redis, ...all, urls, home, stop },
    async worker(cwd, more, file = workerFile) {
      const port = await freePort();
      const role = new Role(port, workerArgs(port, file), { ...env, ...more }, cwd);
      all.workers.push(role);
      return role;
    },
  };
}
