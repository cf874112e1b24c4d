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

/** A busy machine starts several processes slowly, ms. */
const START_MS = 90_000;

/** A worker or a gateway. */
export class Role {
  readonly port: number;
  readonly #args: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #cwd: string | undefined;
  #process: TestProcess | null = null;
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

  /** Resolves once it says that it is ready. */
  async start(): Promise<void> {
    this.#process = startProcess(process.execPath, this.#args, this.#env, this.#cwd);
    try {
      const ready = async (): Promise<boolean> => (await fetch(`${this.url}/readyz`)).ok;
      await eventually(`${this.#args.join(' ')} is ready`, ready, START_MS);
    } catch (error) {
      throw new Error(`${String(error)}\n${this.output()}`, { cause: error });
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
  /** Of the gateways. */
  readonly urls: readonly string[];
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
}

function roles(
  ports: readonly number[],
  make: (port: number) => readonly string[],
  envOf: (index: number) => Readonly<Record<string, string>>,
): readonly Role[] {
  return ports.map((port, index) => new Role(port, make(port), envOf(index)));
}

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
  const { workerFile, workerEnv = [] } = options;
  const worker = (port: number): readonly string[] => workerArgs(port, workerFile);
  const all = {
    gateways: roles(ports.slice(0, gateways), gateway, () => ({ ...env, ...options.gatewayEnv })),
    workers: [...roles(ports.slice(gateways), worker, (index) => ({ ...env, ...workerEnv[index] }))],
  };
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
    ...{ temporal, redis, ...all, urls: all.gateways.map((role) => role.url), stop },
    async worker(cwd, more, file = workerFile) {
      const port = await freePort();
      const role = new Role(port, workerArgs(port, file), { ...env, ...more }, cwd);
      all.workers.push(role);
      return role;
    },
  };
}
