import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChildNews, ChildSpec } from '../../src/cli/dev/child.ts';
import { isAlive } from '../../src/cli/dev/identity.ts';
import { Stack } from '../../src/cli/dev/stack.ts';
import type { ProcessKind } from '../../src/cli/dev/state.ts';
import { freePort } from '../support/ports.ts';
import { eventually } from '../support/process.ts';

const FAKE = fileURLToPath(new URL('fake.mjs', import.meta.url));
const PACE = { firstMs: 20, maxMs: 80, stableMs: 60_000 };

let folder: string;
let journal: string;
let news: (ChildNews & { name: string })[];
let stack: Stack;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'convoke-cli-'));
  journal = join(folder, 'journal');
  news = [];
  stack = new Stack({
    tell: (name, each) => news.push({ name, ...each }),
    changed: () => undefined,
    pace: PACE,
  });
});

afterEach(async () => {
  stack.kill();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

const lines = (): readonly string[] => readFileSync(journal, 'utf8').trim().split('\n');

async function spec(name: string, kind: ProcessKind, mode?: string): Promise<ChildSpec> {
  const port = await freePort();
  return {
    name,
    kind,
    command: process.execPath,
    args: [FAKE, name, String(port), journal, ...(mode ? [mode] : [])],
    env: process.env,
    port,
    probe: { kind: 'http', url: `http://127.0.0.1:${port}/readyz` },
    log: join(folder, `${name}.log`),
    stopMs: 300,
  };
}

function pidOf(name: string): number {
  return stack.processes.find((each) => each.name === name)?.identity?.pid ?? 0;
}

describe('the processes of a stack', () => {
  it('are ready when their start resolves, and known with their port and process', async () => {
    const worker = await spec('worker-1', 'worker');
    await stack.start(worker);
    expect(lines()).toEqual(['worker-1 ready']);
    expect(stack.processes).toMatchObject([{ name: 'worker-1', kind: 'worker', port: worker.port }]);
    expect(isAlive(stack.processes[0]!.identity!)).toBe(true);
  });

  it('are started again after they were killed, with longer pauses while it goes on', async () => {
    await stack.start(await spec('worker-1', 'worker'));
    for (const round of [1, 2, 3, 4]) {
      process.kill(pidOf('worker-1'), 'SIGKILL');
      await eventually('it is back', () => news.filter(({ what }) => what === 'back').length === round);
    }
    const pauses = news.flatMap((each) => (each.what === 'ended' ? [each.againInMs] : []));
    expect(pauses).toEqual([20, 40, 80, 80]);
    expect(news[0]).toMatchObject({ name: 'worker-1', how: 'signal SIGKILL' });
    expect(lines().filter((line) => line === 'worker-1 ready')).toHaveLength(5);
  });

  it('say why they did not start, and where their log is', async () => {
    const broken = await spec('redis', 'redis', 'broken');
    await expect(stack.start(broken)).rejects.toMatchObject({
      code: 'start_failed',
      message: `redis did not start (exit code 3): no such database See ${broken.log}`,
    });
    await expect(stack.start({ ...broken, name: 'x', command: '/does/not/exist' })).rejects.toMatchObject({
      code: 'start_failed',
    });
  });

  it('are stopped in their order: gateways, workers, servers', async () => {
    for (const [name, kind] of [
      ['temporal', 'temporal'],
      ['worker-1', 'worker'],
      ['gateway-1', 'gateway'],
      ['redis', 'redis'],
    ] as const) {
      await stack.start(await spec(name, kind));
    }
    const identities = stack.processes.map(({ identity }) => identity!);
    await Promise.all([stack.stop(), stack.stop()]);
    const ended = lines().filter((line) => line.endsWith('ended'));
    expect(ended.slice(0, 2)).toEqual(['gateway-1 ended', 'worker-1 ended']);
    expect(ended.slice(2).sort()).toEqual(['redis ended', 'temporal ended']);
    expect(lines().filter((line) => line.endsWith('SIGTERM'))).toHaveLength(4);
    expect(identities.some(isAlive)).toBe(false);
    expect(news).toEqual([]);
  });

  it('are killed when they do not end in their time', async () => {
    await stack.start(await spec('worker-1', 'worker', 'stubborn'));
    const identity = stack.processes[0]!.identity!;
    await stack.stop();
    expect(lines()).toEqual(['worker-1 ready', 'worker-1 SIGTERM']);
    expect(isAlive(identity)).toBe(false);
  });

  it('have a process group of their own: Ctrl-C in the terminal does not reach them', async () => {
    await stack.start(await spec('worker-1', 'worker'));
    const pid = pidOf('worker-1');
    // Signal 0 reaches a group of that number only if there is one.
    expect(() => process.kill(-pid, 0)).not.toThrow();
  });

  it('are replaced without a gap: the old one is asked to stop when the new one is ready', async () => {
    await stack.start(await spec('worker-1', 'worker'));
    const before = pidOf('worker-1');
    const next = await spec('worker-1', 'worker');
    await stack.replace(next);
    expect(lines()).toEqual(['ready', 'ready', 'SIGTERM', 'ended'].map((what) => `worker-1 ${what}`));
    expect(stack.processes).toMatchObject([{ name: 'worker-1', port: next.port }]);
    expect(pidOf('worker-1')).not.toBe(before);
    process.kill(pidOf('worker-1'), 'SIGKILL');
    await eventually('the new one is watched', () => news.some(({ what }) => what === 'back'));
  });

  it('go on when what should replace them does not start', async () => {
    const old = await spec('worker-1', 'worker');
    await stack.start(old);
    const identity = stack.processes[0]!.identity!;
    await expect(stack.replace(await spec('worker-1', 'worker', 'broken'))).rejects.toMatchObject({
      code: 'start_failed',
    });
    expect(stack.processes).toMatchObject([{ name: 'worker-1', port: old.port }]);
    expect(isAlive(identity)).toBe(true);
    expect(news).toEqual([]);
  });

  it('are not started once the stack stops', async () => {
    await stack.stop();
    await stack.start(await spec('worker-1', 'worker'));
    expect(stack.processes).toEqual([]);
  });
});
