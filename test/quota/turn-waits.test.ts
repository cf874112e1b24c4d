/** What turns wait for, told by workers to gateways through a real Redis. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { connectRedis, type Commands } from '../../src/log/index.ts';
import { tellWaits, TurnWaits } from '../../src/quota/index.ts';
import { BegunTurns } from '../../src/quota/turn-waits.ts';
import { eventually } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';

let redis: TestRedis;
let commands: Commands;

beforeAll(async () => {
  redis = await startRedis();
  commands = connectRedis(redis.url, () => undefined);
  await commands.connect();
});

afterAll(async () => {
  commands.disconnect();
  await redis.stop();
});

const KEY = 'convoke:{waits}';

test('the median of the newest turns counts, and what is too old is forgotten', () => {
  const turns = new BegunTurns();
  for (let second = 0; second < 4; second += 1) {
    for (const waitMs of [3_000, 2_000, 9_000]) turns.add('busy', waitMs, second * 1_000);
    for (const waitMs of [10, 20, 9_000]) turns.add('quiet', waitMs, second * 1_000);
  }
  expect(turns.waiting(4_000)).toEqual({ busy: { waitMs: 3_000, turnsPerSecond: 3 } });
  expect(turns.waiting(3_000 + LIMITS.waitsKeptMs + 1)).toEqual({});
});

test('a few turns say nothing of the next', () => {
  const turns = new BegunTurns();
  for (let turn = 1; turn < LIMITS.waitsLeast; turn += 1) turns.add('acme', 3_000, 0);
  expect(turns.waiting(0)).toEqual({});
  turns.add('acme', 3_000, 0);
  expect(turns.waiting(0)).toHaveProperty('acme.waitMs', 3_000);
});

test('turns that have waited for Redis have not waited for a worker', () => {
  const turns = new BegunTurns();
  turns.away(7_000);
  for (let turn = 0; turn < LIMITS.waitsLeast; turn += 1) turns.add('acme', 5_000, 11_000);
  expect(turns.waiting(11_000)).toEqual({});
  for (let turn = 0; turn < LIMITS.waitsLeast; turn += 1) turns.add('acme', 3_000, 11_000);
  expect(turns.waiting(11_000)).toHaveProperty('acme.waitMs', 3_000);
});

test('of too many tenants those are told that wait longest', () => {
  const turns = new BegunTurns();
  for (let index = 0; index < LIMITS.waitsTold + 10; index += 1)
    for (let turn = 0; turn < LIMITS.waitsLeast; turn += 1) turns.add(`t${index}`, 1_000 + index, 0);
  const told = Object.keys(turns.waiting(0));
  expect(told).toHaveLength(LIMITS.waitsTold);
  expect(told).not.toContain('t0');
});

test('gateways know what all workers have told, as long as it counts; who does not wait is not told of', async () => {
  const workers = [tellWaits(commands), tellWaits(commands)];
  const [waits, other] = [new TurnWaits(commands), new TurnWaits(commands)];
  expect(waits.of('acme')).toBeUndefined();
  for (let turn = 0; turn < 10; turn += 1) {
    workers[0]!.begun('acme', 1_000);
    workers[1]!.begun('acme', 3_000);
    workers[1]!.begun('quiet', 5);
  }
  await eventually('both have told', async () => (await commands.hlen(KEY)) === 2);
  expect(await commands.pttl(KEY)).toBeGreaterThan(0);
  for (let message = 0; message < 30; message += 1) waits.of('acme');
  for (let message = 0; message < 10; message += 1) other.of('quiet');
  await waits.look();
  await other.look();
  await waits.look();
  expect(other.share).toBeGreaterThan(0.1);
  expect(other.share).toBeLessThan(0.4);
  const { waitMs, turnsPerSecond } = waits.of('acme')!;
  expect(waitMs).toBeGreaterThan(1_000);
  expect(waitMs).toBeLessThan(3_000);
  expect(turnsPerSecond).toBeGreaterThan(1);
  expect(waits.of('quiet')).toBeUndefined();
  expect(await commands.pttl(KEY)).toBeLessThanOrEqual(LIMITS.waitsKeptMs);
  for (const worker of workers) worker.close();
});
