/** A real Temporal dev server for tests, on free ports, with the settings that `convoke dev` uses. */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { fileSettings, SERVER_ENVIRONMENT, serverSettings } from '../../src/cli/dev/temporal-settings.ts';
import { freePort } from './ports.ts';
import { eventually, startProcess } from './process.ts';
import type { TestProcess } from './process.ts';

export interface TestTemporal {
  readonly address: string;
  readonly port: number;
  /** Of the process that runs now. */
  readonly pid: number;
  /** SIGKILL. With a folder, what it had persisted is there again after `start`. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The file of Temporal's CLI. */
export function temporalCli(): string {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'convoke', 'bin');
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), cache];
  const found = folders.map((folder) => join(folder, 'temporal')).find((file) => existsSync(file));
  if (!found) throw new Error('There is no Temporal CLI: npx convoke setup');
  return found;
}

function flags(port: number, folder: string | undefined): string[] {
  const server = ['server', 'start-dev', '--headless', '--log-level', 'error', '--port', String(port)];
  const file = folder === undefined ? [] : fileSettings(join(folder, 'temporal.db'));
  // A run is deleted once the server has noted that it is done with its end: every 30 s by default.
  const soon = ['transfer', 'visibility', 'timer'].flatMap((queue) => [
    '--dynamic-config-value',
    `history.${queue}ProcessorUpdateAckInterval="200ms"`,
  ]);
  return [...server, ...serverSettings(), ...soon, ...file];
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

async function launch(port: number, folder: string | undefined): Promise<TestProcess> {
  const server = startProcess(temporalCli(), flags(port, folder), SERVER_ENVIRONMENT);
  await eventually('Temporal listens', () => accepts(port));
  const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
  try {
    await eventually('the namespace is there', async () => {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      return true;
    });
  } finally {
    await connection.close();
  }
  return server;
}

/** `folder`: keeps its data there; without it everything is in memory. */
export async function startTemporal(options: { readonly folder?: string } = {}): Promise<TestTemporal> {
  const port = await freePort();
  let server = await launch(port, options.folder);
  const kill = async (): Promise<void> => {
    await server.end('SIGKILL');
  };
  return {
    address: `127.0.0.1:${port}`,
    port,
    get pid() {
      return server.pid;
    },
    kill,
    async start() {
      server = await launch(port, options.folder);
    },
    stop: kill,
  };
}
