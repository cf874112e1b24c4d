/** The buckets of tenants on a real Redis, compared with a model; and what a gateway does while Redis is away. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import type { Message, TenantLimits } from '../../src/contracts/index.ts';
import { limited, Rates } from '../../src/ingest/index.ts';
import type { Admission } from '../../src/ingest/index.ts';
import { connectRedis, type Commands } from '../../src/log/index.ts';
import { createBuckets, createUsage, Fleet, LocalBuckets } from '../../src/quota/index.ts';
import type { Asked, Buckets, Taken } from '../../src/quota/index.ts';
import { eventually } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';

let redis: TestRedis;
let commands: Commands;
let buckets: Buckets;

beforeAll(async () => {
  redis = await startRedis();
  commands = connectRedis(redis.url, () => undefined);
  await commands.connect();
  buckets = createBuckets(commands);
});

afterAll(async () => {
  commands.disconnect();
  await redis.stop();
});

/** A generator of numbers from 0 to 1 (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** So slow that nothing comes back while a test runs. */
const SLOW: TenantLimits = {
  ...{ messagesPerMinute: 1e-6, messagesBurst: 12 },
  ...{ messageBytesPerMinute: 1e-6, sessionMessagesPerMinute: 1e-6, subjectMessagesPerMinute: 1e-6 },
};
const asked = (messageId: string, more: Partial<Asked> = {}): Asked => ({
  ...{ tenant: 'acme', session: 's', messageId, bytes: 1 },
  ...more,
});
const names = (taken: Taken): unknown =>
  typeof taken === 'string' ? taken : taken.map(({ limit }) => limit).sort();

/** What has been taken of each bucket; a bucket that nothing was taken from is not in it. */
class Model {
  readonly #limits: Readonly<Record<string, number>>;
  readonly #used = new Map<string, number>();
  readonly #counted = new Map<string, readonly (readonly [string, string, number])[]>();

  constructor(limits: Readonly<Record<string, number>>) {
    this.#limits = limits;
  }

  take({ session, messageId, from, bytes }: Asked): unknown {
    const id = `${session} ${messageId}`;
    if (this.#counted.has(id)) return 'counted';
    const wants: readonly (readonly [string, string, number])[] = [
      ['messagesPerMinute', '', 1],
      ['messageBytesPerMinute', '', bytes],
      ['sessionMessagesPerMinute', session, 1],
      ...(from === undefined ? [] : ([['subjectMessagesPerMinute', from, 1]] as const)),
    ];
    const refused = wants.filter(([limit, of, cost]) => {
      const [used, most] = [this.#used.get(limit + of) ?? 0, this.#limits[limit] ?? 0];
      return cost > 0 && used + cost > Math.max(most, cost);
    });
    if (refused.length > 0) return refused.map(([limit]) => limit).sort();
    for (const [limit, of, cost] of wants)
      this.#used.set(limit + of, (this.#used.get(limit + of) ?? 0) + cost);
    this.#counted.set(id, wants);
    return 'fresh';
  }

  giveBack({ session, messageId }: Asked): void {
    const id = `${session} ${messageId}`;
    for (const [limit, of, cost] of this.#counted.get(id) ?? [])
      this.#used.set(limit + of, (this.#used.get(limit + of) ?? 0) - cost);
    this.#counted.delete(id);
  }
}

test('takes from all buckets of a message or from none, once for each message, and gives back the same', async () => {
  const bursts = { messagesPerMinute: 12, messageBytesPerMinute: 1 };
  const model = new Model({ ...bursts, sessionMessagesPerMinute: 1, subjectMessagesPerMinute: 1 });
  const random = randomOf(7);
  const one = (of: readonly string[]): string => of[Math.floor(random() * of.length)] ?? '';
  for (let step = 0; step < 600; step += 1) {
    const messageId = one(['m1', 'm2', 'm3', 'm4']);
    const sender = { m1: 'ada', m2: 'a:b}', m3: 'ada' }[messageId];
    const message = asked(messageId, {
      session: one(['s1', 's2', 's3', 's4', 's5', 's6']),
      // Without bytes, and with more than a bucket holds.
      bytes: random() < 0.7 ? 0 : 5,
      ...(sender !== undefined && { from: sender }),
    });
    if (random() < 0.4) {
      model.giveBack(message);
      await buckets.giveBack(message);
    } else {
      expect(names(await buckets.take(SLOW, message))).toEqual(model.take(message));
    }
  }
});

test('what is used comes back at the rate of the limit, and a refusal says when', async () => {
  // One each 60 ms, two at once.
  const limits = { messagesPerMinute: 1_000, messagesBurst: 2 };
  const tenant = 'fast';
  const first = await Promise.all(
    ['m1', 'm2', 'm3'].map((id) => buckets.take(limits, asked(id, { tenant }))),
  );
  // Three in less than 60 ms, if the machine is not too busy: otherwise one has come back.
  const refused = first.find((each) => typeof each !== 'string');
  if (refused) expect(refused).toMatchObject([{ limit: 'messagesPerMinute', most: 1_000, used: 2, left: 0 }]);
  await eventually(
    'another one',
    async () => (await buckets.take(limits, asked('m4', { tenant }))) === 'fresh',
  );
  expect(await commands.pttl('convoke:{fast}:quota:messages')).toBeGreaterThan(0);
});

const quiet: Admission = { admit: async () => 'ok', giveBack: async () => undefined };
const message = (messageId: string): Message => ({
  messageId,
  parts: [{ type: 'text', text: 'hi' }],
  receivedAt: 1,
});

test('a tenant without limits costs no call; a message that is refused or held after all is not counted', async () => {
  let calls = 0;
  const counting: Buckets = {
    take: async (...given) => {
      calls += 1;
      return buckets.take(...given);
    },
    giveBack: async (given) => buckets.giveBack(given),
  };
  let answer: Awaited<ReturnType<Admission['admit']>> = 'held';
  const admission = limited(
    { ...quiet, admit: async () => answer },
    new Rates({
      limitsOf: (tenant) =>
        tenant === 'small' ? { messagesPerMinute: 1e-6, messagesBurst: 1 } : { waitingMessages: 3 },
      ...{ buckets: counting, fleet: { gateways: 1 }, deadlineMs: 10_000 },
    }),
  );
  await admission.admit({ tenant: 'free', session: 's' }, message('m'));
  expect(calls).toBe(0);
  const ref = { tenant: 'small', session: 's' };
  expect(await admission.admit(ref, message('m1'))).toBe('held');
  answer = 'ok';
  await admission.admit(ref, message('m2'));
  // Sent again it is neither counted nor, as its session has it, made up for.
  answer = 'held';
  await admission.admit(ref, message('m2'));
  await expect(admission.admit(ref, message('m3'))).rejects.toMatchObject({
    code: 'rate_limited',
    limits: [{ limit: 'messagesPerMinute', left: 0, windowMs: 60_000 }],
  });
  await admission.giveBack(ref, message('m2'));
  await admission.admit(ref, message('m4'));
});

describe('operations', () => {
  const one = { operationsPerMinute: 6 };
  /** A gateway's rates. */
  const ratesOf = (limits: TenantLimits, calls: unknown[] = []): Rates =>
    new Rates({
      limitsOf: (tenant) => (tenant === 'free' ? { messagesPerMinute: 60 } : limits),
      buckets: {
        ...buckets,
        take: (...given) => {
          calls.push(given);
          return buckets.take(...given);
        },
      },
      ...{ fleet: { gateways: 2 }, deadlineMs: 10_000 },
    });

  test('are counted over all gateways, each request anew, apart from messages', async () => {
    const tenant = 'ops';
    const calls: unknown[] = [];
    const gateways = [ratesOf({ operationsPerMinute: 12 }), ratesOf({ operationsPerMinute: 12 }, calls)];
    await gateways[0]!.takeOperation({ tenant });
    await gateways[1]!.takeOperation({ tenant });
    const refused = {
      code: 'rate_limited',
      limits: [{ limit: 'operationsPerMinute', most: 12, windowMs: 60_000, used: 2, left: 0 }],
    };
    for (const rates of gateways)
      await expect(rates.takeOperation({ tenant })).rejects.toMatchObject(refused);
    expect(await buckets.take({ messagesPerMinute: 6 }, asked('m', { tenant }))).toBe('fresh');
    const limits = { operationsPerMinute: 12, messagesPerMinute: 6 };
    const usage = await createUsage(commands, () => limits, { used: async () => 0 })(tenant);
    expect(usage).toMatchObject([
      { limit: 'messagesPerMinute', used: 1, left: 0 },
      { limit: 'operationsPerMinute', most: 12, used: 2, left: 0 },
    ]);
    expect(usage[1]!.backInMs).toBeGreaterThan(1_000);
    expect(calls).toHaveLength(2);
    const keys = await commands.keys('convoke:{ops}:quota:operation*');
    expect(keys).toHaveLength(3);
    for (const key of keys) expect(await commands.pttl(key)).toBeGreaterThan(0);
  });

  test('a command that is sent to Redis twice takes once', async () => {
    const operation = { tenant: 'twice', operation: 'o1' };
    expect(await buckets.take(one, operation)).toBe('fresh');
    expect(await buckets.take(one, operation)).toBe('counted');
    expect(names(await buckets.take(one, { ...operation, operation: 'o2' }))).toEqual([
      'operationsPerMinute',
    ]);
  });

  test('a tenant without the limit costs no call, whatever other limits it has', async () => {
    const calls: unknown[] = [];
    await ratesOf(one, calls).takeOperation({ tenant: 'free' });
    expect(calls).toEqual([]);
  });

  test('while Redis is away each gateway lets in its share', async () => {
    await redis.kill();
    const rates = ratesOf({ operationsPerMinute: 24 });
    const taken = await Promise.allSettled([1, 2, 3, 4].map(() => rates.takeOperation({ tenant: 'away' })));
    expect(taken.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(taken[2]).toMatchObject({ reason: { code: 'rate_limited' } });
    await redis.start();
  });
});

test('gateways know how many they are, and each lets in its share while Redis is away', async () => {
  const fleets = [new Fleet(commands), new Fleet(commands)];
  await eventually('both are known', () => fleets[0]?.gateways !== undefined && fleets[1]?.gateways === 2);
  const admission = limited(
    quiet,
    new Rates({
      limitsOf: () => ({ messagesPerMinute: 60, messagesBurst: 10 }),
      ...{ buckets, fleet: fleets[1] ?? { gateways: 2 }, deadlineMs: 10_000 },
    }),
  );
  for (const fleet of fleets) fleet.close();
  await redis.kill();
  const sends = Array.from({ length: 12 }, (_, n) =>
    admission.admit({ tenant: 'away', session: 's' }, message(`m${n}`)),
  );
  const settled = await Promise.allSettled(sends);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  for (const each of settled)
    if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'rate_limited' });
  await redis.start();
});

test('a share lets in one message at least, and gives back nothing too early', () => {
  const local = new LocalBuckets();
  const limits = { messagesPerMinute: 60 };
  const take = (id: string, now: number): Taken => local.take(limits, asked(id), 100, now);
  expect(take('m1', 0)).toBe('fresh');
  expect(take('m2', 1_000)).toMatchObject([{ backInMs: 99_000 }]);
  expect(take('m3', 99_999)).not.toBe('fresh');
  expect(take('m4', 100_000)).toBe('fresh');
});

test('a share that is used up stays so, however many others are asked for', () => {
  const local = new LocalBuckets();
  const limits = { messagesPerMinute: 1e9, sessionMessagesPerMinute: 6 };
  const take = (session: string): Taken => local.take(limits, { ...asked('m'), session }, 1, 0);
  expect(take('mine')).toBe('fresh');
  expect(take('mine')).not.toBe('fresh');
  for (let n = 0; n < LIMITS.awayBuckets + 10; n += 1)
    local.take({ messagesPerMinute: 600 }, { ...asked('m'), tenant: `t${n}` }, 1, 0);
  expect(take('mine')).not.toBe('fresh');
});
