/** What turns wait for, told by workers to gateways through a real Redis. */
import { expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { tellWaits, TurnWaits } from '../../src/quota/index.ts';
import { BegunTurns } from '../../src/quota/turn-waits.ts';
import { eventually } from '../support/process.ts';
import { useRedis } from '../support/commands.ts';

const used = useRedis();

const KEY = 'convoke:{waits}';

/** Of a worker that has begun turns at once all the time, up to this moment. */
function busyUntil(now: number): BegunTurns {
  const turns = new BegunTurns();
  for (let at = now - 20_000; at < now; at += LIMITS.waitsGapMs) turns.add('others', 0, at);
  return turns;
}

function begin(turns: BegunTurns, waitMs: number, now: number, count: number = LIMITS.waitsLeast): void {
  for (let turn = 0; turn < count; turn += 1) turns.add('acme', waitMs, now);
}

test('the median of the newest turns counts, and what is too old is forgotten', () => {
  const turns = busyUntil(0);
  for (let second = 0; second < 4; second += 1) {
    for (const waitMs of [3_000, 2_000, 9_000, 3_000, 2_000, 9_000])
      turns.add('busy', waitMs, second * 1_000);
    for (const waitMs of [10, 20, 9_000, 10, 20, 9_000]) turns.add('quiet', waitMs, second * 1_000);
  }
  expect(turns.waiting(4_000)).toEqual({ busy: { waitMs: 3_000, turnsPerSecond: 6 } });
  expect(turns.waiting(3_000 + LIMITS.waitsKeptMs + 1)).toEqual({});
});

test('a few turns say nothing of the next', () => {
  const turns = busyUntil(0);
  begin(turns, 3_000, 0, LIMITS.waitsLeast - 1);
  expect(turns.waiting(0)).toEqual({});
  begin(turns, 3_000, 0, 1);
  expect(turns.waiting(0)).toHaveProperty('acme.waitMs', 3_000);
});

test('what has waited while no turn could begin has not waited for a worker that has too much to do', () => {
  const turns = busyUntil(0);
  const back = 2 * LIMITS.waitsGapMs;
  begin(turns, back, back);
  begin(turns, 3_000, back + 1_000);
  expect(turns.waiting(back + 1_000)).toEqual({});
  begin(turns, 900, back + 1_000);
  expect(turns.waiting(back + 1_000)).toHaveProperty('acme.waitMs', 900);
});

test('a worker that has just started has made nobody wait', () => {
  const turns = new BegunTurns();
  begin(turns, 3_000, 10_000);
  expect(turns.waiting(10_000)).toEqual({});
});

test('of too many tenants those are told that wait longest', () => {
  const turns = busyUntil(0);
  for (let index = 0; index < LIMITS.waitsTold + 10; index += 1)
    for (let turn = 0; turn < LIMITS.waitsLeast; turn += 1) turns.add(`t${index}`, 1_000 + index, 0);
  const told = Object.keys(turns.waiting(0));
  expect(told).toHaveLength(LIMITS.waitsTold);
  expect(told).not.toContain('t0');
});

test('gateways know what all workers have told, as long as it counts; who does not wait is not told of', async () => {
  const workers = [tellWaits(used.commands), tellWaits(used.commands)];
  const [waits, other] = [new TurnWaits(used.commands), new TurnWaits(used.commands)];
  expect(waits.of('acme')).toBeUndefined();
  await eventually('both have told', async () => {
    workers[0]!.begun('acme', 300);
    workers[1]!.begun('acme', 900);
    workers[1]!.begun('quiet', 5);
    return (await used.commands.hlen(KEY)) === 2;
  });
  expect(await used.commands.pttl(KEY)).toBeGreaterThan(0);
  for (let message = 0; message < 30; message += 1) waits.of('acme');
  for (let message = 0; message < 10; message += 1) other.of('quiet');
  await waits.look();
  await other.look();
  await waits.look();
  expect(other.share).toBeGreaterThan(0.1);
  expect(other.share).toBeLessThan(0.4);
  const { waitMs, turnsPerSecond } = waits.of('acme')!;
  expect(waitMs).toBeGreaterThan(300);
  expect(waitMs).toBeLessThan(900);
  expect(turnsPerSecond).toBeGreaterThan(1);
  expect(waits.of('quiet')).toBeUndefined();
  expect(await used.commands.pttl(KEY)).toBeLessThanOrEqual(LIMITS.waitsKeptMs);
  for (const worker of workers) worker.close();
});
