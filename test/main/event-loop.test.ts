/** The watcher of a process's event loop, on real processes. */
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { RECOVERY } from '../../src/contracts/index.ts';
import { connectRedis, createStalls } from '../../src/log/index.ts';
import { eventually, startProcess, type TestProcess } from '../support/process.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const FILE = fileURLToPath(new URL('./blocking.ts', import.meta.url));
const FOR_EVER = 600_000;
/** A busy machine loads a program slowly, ms. */
const LOADED_MS = 60_000;
const TEST_MS = 120_000;
const PLACE = { tenant: 'acme', session: 's1', turn: 't1', step: 't1.1', agent: 'a' };

let redis: TestRedis;
let commands: ReturnType<typeof connectRedis>;
let child: TestProcess | undefined;

beforeAll(async () => {
  redis = await startRedis();
  commands = connectRedis(redis.url, () => undefined);
  await commands.connect();
});

afterEach(async () => {
  await child?.end('SIGKILL');
  await commands.flushall();
});

afterAll(async () => {
  commands.disconnect();
  await redis.stop();
});

async function blocked(ms: number, ...flags: readonly string[]): Promise<TestProcess> {
  child = startProcess(process.execPath, [...flags, FILE, String(ms)], { REDIS_URL: redis.url });
  const { output } = child;
  await eventually('it begins', () => output().includes('begins'), LOADED_MS);
  return child;
}

const lines = (output: string): readonly Record<string, unknown>[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const stalls = () => createStalls(commands).of(PLACE, PLACE.turn);

test(
  'a process that is blocked for ever ends, says whose code it was, and tells others',
  async () => {
    const { ended, output } = await blocked(FOR_EVER);
    await eventually(
      'others know that it is blocked',
      async () => (await stalls()).includes('blocked'),
      30_000,
    );
    expect(await ended).toBeNull();
    expect(await stalls()).toEqual(['ended']);
    expect(lines(output())).toMatchObject([
      {
        level: 'fatal',
        ...PLACE,
        stack: expect.arrayContaining([expect.stringMatching(/^at block \(.*blocking.ts:/)]),
      },
    ]);
  },
  TEST_MS,
);

test(
  'one that goes on in time is not ended, and what was told is taken back',
  async () => {
    const { output } = await blocked(RECOVERY.stallEndedMs / 2);
    await eventually('it goes on', () => output().includes('goes on'), 30_000);
    await eventually('the operator is told', () => lines(output()).length > 0);
    expect(lines(output())[0]).toMatchObject({ level: 'warn', ...PLACE });
    await eventually('nothing is held against the turn', async () => (await stalls()).length === 0);
  },
  TEST_MS,
);

test(
  'a process that was suspended is not ended',
  async () => {
    const { pid, output } = await blocked(0);
    process.kill(pid, 'SIGSTOP');
    const until = Date.now() + RECOVERY.stallEndedMs + 1_000;
    await eventually('it was suspended for longer than a stall', () => Date.now() > until);
    process.kill(pid, 'SIGCONT');
    await eventually('it goes on', () => output().includes('goes on'), 30_000);
    expect(lines(output())).toEqual([]);
  },
  TEST_MS,
);

test(
  'a process that may be debugged is not ended',
  async () => {
    const { output } = await blocked(RECOVERY.stallEndedMs + 2_000, '--inspect=127.0.0.1:0');
    await eventually('it goes on', () => output().includes('goes on'), 30_000);
    expect(await stalls()).toEqual([]);
  },
  TEST_MS,
);
