/** A real Redis for tests: empty, on a free port, without persistence, gone afterwards. */
import { freePort } from './ports.ts';
import { eventually, startProcess } from './process.ts';
import type { TestProcess } from './process.ts';

const READY = 'Ready to accept connections';

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** SIGKILL: connections break, all data is gone. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>;
  /** SIGSTOP: connections stay, nothing is answered, until `thaw`. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  stop(): Promise<void>;
}

async function launch(port: number, more: readonly string[]): Promise<TestProcess> {
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  // A replica copies through memory: a file would be what the next server in this folder starts with.
  const replica = ['--repl-diskless-load', 'swapdb', '--repl-diskless-sync-delay', '0'];
  const server = startProcess('redis-server', [...flags, ...replica, ...more]);
  await eventually('Redis is ready', () => server.output().includes(READY));
  return server;
}

/** `more`: of the command line, which may have to name the port. */
export async function startRedis(
  more: readonly string[] | ((port: number) => readonly string[]) = [],
): Promise<TestRedis> {
  const port = await freePort();
  const flags = typeof more === 'function' ? more(port) : more;
  let server = await launch(port, flags);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill: async () => {
      await server.end('SIGKILL');
    },
    async start() {
      server = await launch(port, flags);
    },
    freeze: async () => {
      process.kill(server.pid, 'SIGSTOP');
    },
    thaw: async () => {
      process.kill(server.pid, 'SIGCONT');
    },
    stop: async () => {
      await server.end('SIGKILL');
    },
  };
}
