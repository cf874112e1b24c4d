/** A real Redis for tests: empty, on a free port, without persistence, gone afterwards. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { freePort } from './ports.ts';

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

async function launch(port: number): Promise<ChildProcess> {
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    // The listener stays: a pipe that nobody reads would hold the server up.
    server.stdout.on('data', (chunk: Buffer) => {
      if (said.includes(READY)) return;
      said += chunk.toString();
      if (said.includes(READY)) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => {
      reject(new Error(`Redis ended: ${said}`));
    });
  });
  return server;
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.kill(signal);
  await gone;
}

export async function startRedis(): Promise<TestRedis> {
  const port = await freePort();
  let server = await launch(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill: () => end(server, 'SIGKILL'),
    async start() {
      server = await launch(port);
    },
    freeze: async () => void server.kill('SIGSTOP'),
    thaw: async () => void server.kill('SIGCONT'),
    stop: () => end(server, 'SIGKILL'),
  };
}
