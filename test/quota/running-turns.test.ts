/** Turns of a tenant that run at a time, over all workers: places, the line of those that wait, and who is called. On a real Redis. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS, type TenantLimits } from '../../src/contracts/index.ts';
import { connectRedis, type Commands } from '../../src/log/index.ts';
import { createHolders, createUsage, RunningTurns } from '../../src/quota/index.ts';
import { eventually } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';

let redis: TestRedis;
let commands: Commands;
let limits: TenantLimits = { runningTurns: 1 };
/** Sessions that were called, in order; and those that are gone. */
const called: string[] = [];
const gone = new Set<string>();
const workers: RunningTurns[] = [];

beforeAll(async () => {
  redis = await startRedis();
  commands = connectRedis(redis.url, () => undefined);
  await commands.connect();
});

afterEach(async () => {
  for (const each of workers.splice(0)) each.close();
  called.length = 0;
  gone.clear();
  limits = { runningTurns: 1 };
  await commands.flushall();
});

afterAll(async () => {
  commands.disconnect();
  await redis.stop();
});

function worker(ttlMs?: number): RunningTurns {
  const made = new RunningTurns(commands, {
    limitsOf: (tenant) => (tenant === 'acme' ? limits : {}),
    call: async ({ session }) => {
      called.push(session);
      return !gone.has(session);
    },
    ...(ttlMs === undefined ? {} : { ttlMs }),
  });
  workers.push(made);
  return made;
}

const turn = (session: string, tenant = 'acme') => ({ tenant, session, turn: 't1' });
const isCalled = (...sessions: readonly string[]): Promise<void> =>
  eventually(`${sessions.join(', ')} is called`, () => called.join() === sessions.join());

async function used(): Promise<number | undefined> {
  const usage = await createUsage(commands, () => limits, { used: async () => 0 })('acme');
  return usage.find(({ limit }) => limit === 'runningTurns')?.used;
}

describe('places', () => {
  test('are never more than the limit, whichever workers take them at the same time', async () => {
    limits = { runningTurns: 3 };
    const both = [worker(), worker()];
    const entered = await Promise.all(
      Array.from({ length: 12 }, (_, n) => both[n % 2]!.enter(turn(`s${n}`))),
    );
    expect(entered.filter(({ status }) => status === 'entered')).toHaveLength(3);
    expect(await used()).toBe(3);
    expect(await createHolders(commands)('acme')).toHaveLength(3);
  });

  test('cost a tenant without the limit nothing', async () => {
    // safety: scripts are all that it defines; none of them is there to be called
    const nothing = { defineCommand: () => undefined } as unknown as Commands;
    const turns = new RunningTurns(nothing, { limitsOf: () => ({}), call: async () => true });
    workers.push(turns);
    expect(await turns.enter(turn('s1', 'free'))).toEqual({ status: 'entered' });
    turns.leave(turn('s1', 'free'), false);
    turns.forget(turn('s1', 'free'));
  });

  test('stay with their turn when it goes on in another worker, and end by themselves when no worker has it', async () => {
    const crashed = worker(100);
    const other = worker();
    await crashed.enter(turn('s1'));
    // The next execution of the same turn.
    expect(await other.enter(turn('s1'))).toEqual({ status: 'entered' });
    crashed.leave(turn('s1'), true);
    const held = createHolders(commands);
    expect(await held('acme')).toEqual([{ session: 's1', turn: 't1' }]);
    expect(await held('other')).toEqual([]);
    expect(await other.enter(turn('s2'))).toMatchObject({ status: 'waiting', place: 1, used: 1, most: 1 });
    other.leave(turn('s1'), false);
    await isCalled('s2');
    expect(await crashed.enter(turn('s2'))).toMatchObject({ status: 'entered' });
    crashed.close();
    await eventually('it is free', async () => (await other.enter(turn('s3'))).status === 'entered');
  });
});

describe('the line', () => {
  test('is served in the order in which turns began to wait; the next one is called when a place is free', async () => {
    const both = [worker(), worker()];
    await both[0]!.enter(turn('s0'));
    const waits = [];
    for (const n of [1, 2, 3]) waits.push(await both[n % 2]!.enter(turn(`s${n}`)));
    expect(waits.map((each) => each.status === 'waiting' && each.place)).toEqual([1, 2, 3]);
    both[0]!.leave(turn('s0'), false);
    await isCalled('s1');
    // Who comes in between waits behind the others, although there is a place.
    expect(await both[0]!.enter(turn('s4'))).toMatchObject({ status: 'waiting', place: 4, used: 0 });
    expect(await both[1]!.enter(turn('s2'))).toMatchObject({ status: 'waiting', place: 2 });
    expect(await both[1]!.enter(turn('s1'))).toMatchObject({ status: 'entered', since: expect.any(Number) });
  });

  test('lets the next one in if a turn waits no more, or its session is gone', async () => {
    const turns = worker();
    for (const session of ['s0', 's1', 's2', 's3']) await turns.enter(turn(session));
    turns.forget(turn('s1'));
    gone.add('s2');
    turns.leave(turn('s0'), false);
    await eventually('the last one is called', () => called.includes('s3'));
    expect(called).toEqual(['s2', 's3']);
    expect(await turns.enter(turn('s3'))).toMatchObject({ status: 'entered' });
  });

  test('keeps the place of a turn that knows since when it waits, also if Redis has lost its data', async () => {
    const turns = worker();
    await turns.enter(turn('s0'));
    const first = await turns.enter(turn('s1'));
    await turns.enter(turn('s2'));
    const { since } = first as { readonly since: number }; // safety: it waits
    await commands.flushall();
    limits = { runningTurns: 0 };
    await turns.enter(turn('s2'));
    expect(await turns.enter(turn('s1'), since)).toMatchObject({ status: 'waiting', place: 1, since });
    expect(await turns.enter(turn('s2'))).toMatchObject({ status: 'waiting', place: 2 });
  });

  test('moves on when the limit becomes higher, and ends with it', async () => {
    const turns = worker();
    for (const session of ['s0', 's1', 's2', 's3']) await turns.enter(turn(session));
    limits = { runningTurns: 3 };
    expect(await turns.enter(turn('s1'))).toMatchObject({ status: 'entered' });
    await isCalled('s2');
    limits = {};
    expect(await turns.enter(turn('s3'), 5)).toEqual({ status: 'entered', since: 5 });
  });

  test('is called as soon as its tenant may go on, with a limit or without one', async () => {
    limits = { runningTurns: 0 };
    const turns = worker();
    const sessions = Array.from({ length: LIMITS.placeCalls + 2 }, (_, n) => `s${n}`);
    const waits = [];
    for (const session of sessions) waits.push(await turns.enter(turn(session)));
    expect(waits[0]).toMatchObject({ status: 'waiting', most: 0, used: 0, place: 1 });
    turns.look('acme');
    limits = { runningTurns: 1 };
    turns.look('acme');
    await isCalled('s0');
    limits = {};
    turns.look('acme');
    await eventually('as many as are called at once', () => called.length === LIMITS.placeCalls);
    // Each that comes makes room for another one.
    for (const session of sessions.slice(0, 2)) {
      expect(await turns.enter(turn(session), 5)).toEqual({ status: 'entered', since: 5 });
    }
    await eventually('all are called', () => new Set(called).size === sessions.length);
  });

  test('is asked less and less often, the less often the more wait before', async () => {
    const turns = worker();
    await turns.enter(turn('s0'));
    const now = Date.now();
    const againIn = async (session: string, waitedMs: number): Promise<number> => {
      const each = await turns.enter(turn(session), now - waitedMs);
      return each.status === 'waiting' ? each.againInMs : 0;
    };
    const { placeLeastMs, placeEachMs, placeMostMs } = LIMITS;
    for (const [session, waitedMs, ms] of [
      ['s1', 3_600_000, placeEachMs],
      ['s2', 3_500_000, 2 * placeEachMs],
      ['s3', 30_000, 30_000],
      ['s4', 0, placeLeastMs],
    ] as const) {
      const again = await againIn(session, waitedMs);
      expect(again).toBeGreaterThanOrEqual(0.75 * ms);
      expect(again).toBeLessThanOrEqual(1.25 * ms + 500);
    }
    for (let n = 5; n < 12; n += 1) await turns.enter(turn(`s${n}`), now - 3_000_000);
    expect(await againIn('s20', 2_000_000)).toBeLessThanOrEqual(1.25 * placeMostMs);
    expect(1.25 * placeMostMs).toBeLessThan(LIMITS.placeForgetMs);
  });
});

test('while Redis is away nobody begins uncounted', async () => {
  const away = connectRedis(`redis://127.0.0.1:1`, () => undefined);
  const turns = new RunningTurns(away, { limitsOf: () => limits, call: async () => true });
  workers.push(turns);
  await expect(turns.enter(turn('s1'))).rejects.toMatchObject({ code: 'log_unavailable' });
  turns.leave(turn('s1'), false);
  away.disconnect();
});
