/** What workers tell of themselves, in a real Redis. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jsonBytes, LIMITS, type WorkerStatus } from '../../src/contracts/index.ts';
import { connectRedis, createWorkerRows } from '../../src/log/index.ts';
import { fitting } from '../../src/main/tell-worker.ts';
import { eventually } from '../support/process.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, () => undefined);
  await redis.connect();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const worker = (id: string): WorkerStatus => ({
  ...{ id, version: '1', startedAt: 1, draining: false, cached: 0, heapBytes: 1, longest: [] },
  ...{ queues: ['main'], agents: [], teams: [], tools: [], models: [] },
  ...{ turns: { used: 0, most: 9 }, quick: { used: 0, most: 9 }, tasks: { used: 0, most: 9 } },
});

test('each is told as it was told last, and forgotten when it ends', async () => {
  const rows = createWorkerRows(redis);
  await Promise.all([rows.tell(worker('b')), rows.tell(worker('a'))]);
  await rows.tell({ ...worker('a'), draining: true });
  expect((await rows.read()).map(({ id, draining }) => [id, draining])).toEqual([
    ['a', true],
    ['b', false],
  ]);
  await rows.forget('a');
  expect((await rows.read()).map(({ id }) => id)).toEqual(['b']);
  expect(await redis.pttl('convoke:{workers}')).toBeGreaterThan(0);
});

test('one that has not told for long is not told, and is removed by the next that does', async () => {
  const rows = createWorkerRows(redis, 40, 40);
  await rows.tell(worker('gone'));
  await eventually('it is too old', async () => (await rows.read()).length === 0);
  await rows.tell(worker('here'));
  expect((await rows.read()).map(({ id }) => id)).toEqual(['here']);
  expect(await redis.hkeys('convoke:{workers}')).not.toContain('gone');
});

test('one that ended without a word is told as gone, with what it had; one that ended by itself is not', async () => {
  const rows = createWorkerRows(redis, 40);
  await Promise.all([rows.tell({ ...worker('killed'), agents: ['auditor'] }), rows.tell(worker('stopped'))]);
  await rows.forget('stopped');
  await eventually('it is gone', async () => (await rows.gone()).some(({ id }) => id === 'killed'));
  expect((await rows.gone()).find(({ id }) => id === 'killed')).toMatchObject({ agents: ['auditor'] });
  expect((await rows.gone()).map(({ id }) => id)).not.toContain('stopped');
  expect((await rows.read()).map(({ id }) => id)).not.toContain('killed');
});

test('what one tells is bounded, however many names it has', () => {
  const names = Array.from({ length: 64 }, (_, index) => `${index}`.padEnd(64, 'x'));
  const told = { ...worker('a'), agents: names, teams: names, tools: names, models: names };
  const long = { ...told, queues: names.map((name) => name.padEnd(300, 'y')) };
  for (const each of [told, long]) expect(jsonBytes(fitting(each))).toBeLessThanOrEqual(LIMITS.workerBytes);
  expect(fitting({ ...worker('a'), agents: ['x'] }).agents).toEqual(['x']);
});
