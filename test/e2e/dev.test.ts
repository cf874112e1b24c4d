/** The one command: `convoke dev` brings everything up, streams a first answer, mends what dies, and leaves nothing behind. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { devPorts } from '../support/ports.ts';
import { eventually, startProcess } from '../support/process.ts';

const COMMAND = fileURLToPath(new URL('../../bin/convoke.mjs', import.meta.url));

interface Listed {
  readonly name: string;
  readonly kind: string;
  readonly pid: number;
  readonly healthy: boolean;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('convoke dev: up, a first answer, a killed worker is back, and all is gone after SIGTERM', async () => {
  const home = await mkdtemp(join(tmpdir(), 'convoke-dev-'));
  const { ui, args } = await devPorts();
  const env = { CONVOKE_HOME: home, OPENAI_BASE_URL: '', OPENAI_API_KEY: '', CONVOKE_MODEL: '' };
  const convoke = async (...args: string[]): Promise<string> => {
    const command = promisify(execFile)(process.execPath, [COMMAND, ...args], {
      env: { ...process.env, ...env },
    });
    return (await command).stdout;
  };
  const list = async (): Promise<Listed[]> => JSON.parse(await convoke('ps', '--json')) as Listed[];
  const dev = startProcess(process.execPath, [COMMAND, 'dev', ...args], env);
  try {
    await eventually('it says what to do next', () => dev.output().includes('Ctrl-C stops'), 60_000);
    expect(dev.output()).toMatch(/first token \d+ ms after sending/);
    expect(dev.output()).toContain(`localhost:${ui}/namespaces/default/workflows/session:dev:`);
    const first = await list();
    expect(first.map(({ kind, healthy }) => `${kind} ${healthy}`).sort()).toEqual([
      'gateway true',
      'redis true',
      'temporal true',
      'worker true',
    ]);
    const worker = first.find(({ kind }) => kind === 'worker')!;
    process.kill(worker.pid, 'SIGKILL');
    await eventually('another worker is well', async () =>
      (await list()).some(({ kind, pid, healthy }) => kind === 'worker' && pid !== worker.pid && healthy),
    );
    expect(await convoke('send', '--open', 'hello', 'Still there?')).toContain('Still there?');
    const last = await list();
    expect(await dev.end('SIGTERM')).toBe(0);
    expect(last.filter(({ pid }) => isAlive(pid))).toEqual([]);
  } catch (error) {
    throw new Error(dev.output(), { cause: error });
  } finally {
    await dev.end('SIGTERM');
    await rm(home, { recursive: true, force: true });
  }
}, 120_000);
