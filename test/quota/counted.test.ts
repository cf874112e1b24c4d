/** What is counted over all gateways and workers: connections, tokens and cost of a day. On a real Redis. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AgentRunner, RunPiece } from '../../activities/index.ts';
import type { LimitUse, TenantLimits } from '../../src/contracts/index.ts';
import { connectRedis, type Commands } from '../../src/log/index.ts';
import { Rates } from '../../src/ingest/index.ts';
import { metered } from '../../src/main/metered.ts';
import { createBuckets, createUsage, Meter, TenantConnections } from '../../src/quota/index.ts';
import type { Settle } from '../../src/quota/index.ts';
import type { Principal } from '../../src/tenants/index.ts';
import { eventually } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';

let redis: TestRedis;
let commands: Commands;
let usage: (tenant: string, limits: TenantLimits) => Promise<readonly LimitUse[]>;

beforeAll(async () => {
  redis = await startRedis();
  commands = connectRedis(redis.url, () => undefined);
  await commands.connect();
  usage = (tenant, limits) => createUsage(commands, () => limits, { used: async () => 0 })(tenant);
});

afterAll(async () => {
  commands.disconnect();
  await redis.stop();
});

const EXCEEDED = { code: 'quota_exceeded' };

describe('connections', () => {
  const limits = { connections: 3 };
  const gateway = (id: string, ttlMs?: number): TenantConnections =>
    new TenantConnections(commands, () => limits, { id, gateways: 2 }, ttlMs);

  test('of all gateways together are never more than the limit, whoever opens them at the same time', async () => {
    const gateways = [gateway('g1'), gateway('g2')];
    const opens = Array.from({ length: 12 }, (_, n) => gateways[n % 2]!.open('acme'));
    const settled = await Promise.allSettled(opens);
    const held = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(held.length).toBeGreaterThan(0);
    expect(held.length).toBeLessThanOrEqual(3);
    for (const each of settled) if (each.status === 'rejected') expect(each.reason).toMatchObject(EXCEEDED);
    while (held.length < 3) held.push(await gateways[0]!.open('acme'));
    await expect(gateways[1]!.open('acme')).rejects.toMatchObject({
      ...EXCEEDED,
      limits: [{ limit: 'connections', most: 3, used: 3, left: 0 }],
    });
    // One that is being refused may be counted for a moment.
    const isTold = async (): Promise<boolean> => (await usage('acme', limits))[0]?.used === 3;
    await eventually('those that are open are told', isTold);
    expect(await usage('acme', limits)).toEqual([{ limit: 'connections', most: 3, used: 3, left: 0 }]);
    // Twice: a socket may tell of its end more than once.
    held[0]!();
    held[0]!();
    await eventually('one is free', async () => (await usage('acme', limits))[0]?.left === 1);
    await gateways[1]!.open('acme');
    await Promise.all(gateways.map((each) => each.close()));
    expect((await usage('acme', limits))[0]?.used).toBe(0);
  });

  test('of a gateway that has crashed end by themselves', async () => {
    const crashed = gateway('g1', 100);
    for (let n = 0; n < 3; n += 1) await crashed.open('crashed');
    await eventually('they are forgotten', () =>
      gateway('g2')
        .open('crashed')
        .then(
          () => true,
          () => false,
        ),
    );
  });
});

test('operations of one subject use up a quarter of the rate, or as much as it may, and leave the rest to others', async () => {
  const by = (tenant: string, subject?: string): Principal => ({
    tenant,
    ...(subject !== undefined && {
      grant: {
        subject,
        id: 't',
        roles: [],
        scopes: ['approve'],
        sessions: ['*'],
        issuedAt: 0,
        expiresAt: 1e13,
      },
    }),
  });
  const allowed = async (limits: TenantLimits, tenant: string, subject?: string): Promise<number> => {
    for (let made = 0; ; made += 1) {
      const taken = ratesOf(limits).takeOperation(by(tenant, subject));
      if (
        !(await taken.then(
          () => true,
          () => false,
        ))
      )
        return made;
    }
  };
  const buckets = createBuckets(commands);
  const ratesOf = (limits: TenantLimits, on = buckets): Rates =>
    new Rates({ limitsOf: () => limits, buckets: on, fleet: { gateways: 1 }, deadlineMs: 10_000 });
  // At once: what comes in ten seconds.
  const limits = { operationsPerMinute: 48 };
  expect(await allowed(limits, 'share', 'ana')).toBe(2);
  await expect(ratesOf(limits).takeOperation(by('share', 'ana'))).rejects.toMatchObject({
    code: 'rate_limited',
    limits: [{ limit: 'subjectOperationsPerMinute', most: 12 }],
  });
  expect(await allowed(limits, 'share', 'bob')).toBe(2);
  expect(await allowed(limits, 'share')).toBe(4);
  expect(await allowed({ ...limits, subjectOperationsPerMinute: 18 }, 'named', 'ana')).toBe(3);
  expect(await allowed({ subjectOperationsPerMinute: 6 }, 'alone', 'ana')).toBe(1);
  // Without a token nothing is to be counted.
  const take = (): Promise<never> => Promise.reject(new Error('asked'));
  await ratesOf({ subjectOperationsPerMinute: 6 }, { ...buckets, take }).takeOperation(by('alone'));
});

describe('tokens and cost of a day', () => {
  test('are what was settled, once for each call, and what is reserved', async () => {
    const limits = { tokensPerDay: 1_000, costMicrosPerDay: 500 };
    const meters = [new Meter(commands), new Meter(commands)];
    const open: { readonly wanted: readonly [number, number]; readonly settle: Settle }[] = [];
    const used = [0, 0];
    let seed = 11;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let step = 0; step < 300; step += 1) {
      const reserved = [0, 1].map((of) => open.reduce((sum, { wanted }) => sum + (wanted[of] ?? 0), 0));
      if (random(2) === 0) {
        const wanted = [random(200), random(120)] as const;
        const fits = [1_000, 500].every((most, of) => {
          const [before, held] = [used[of] ?? 0, reserved[of] ?? 0];
          return before + held < most && (held === 0 || before + held + (wanted[of] ?? 0) <= most);
        });
        const call = meters[step % 2]!.reserve(
          'acme',
          limits,
          { tokens: wanted[0], costMicros: wanted[1] },
          60_000,
        );
        if (fits) open.push({ wanted, settle: await call });
        else await expect(call).rejects.toMatchObject(EXCEEDED);
      } else if (open.length > 0) {
        const [{ settle }] = open.splice(random(open.length), 1) as [(typeof open)[number]];
        const [tokens, costMicros] = [random(20), random(10)];
        await settle({ tokens, costMicros });
        await settle({ tokens, costMicros });
        used[0]! += tokens;
        used[1]! += costMicros;
      }
    }
    for (const { settle } of open) await settle({ tokens: 0, costMicros: 0 });
    const told = await usage('acme', limits);
    expect(told.map((each) => each.used)).toEqual(used);
    expect(told[0]?.backInMs).toBeLessThanOrEqual(86_400_000);
  });

  test('of a worker that has died are given back; a Redis that has lost its data is told what was used', async () => {
    const limits = { tokensPerDay: 100 };
    const meter = new Meter(commands);
    const settle = await meter.reserve('lost', limits, { tokens: 60, costMicros: 0 }, 60_000);
    await settle({ tokens: 60, costMicros: 0 });
    await meter.reserve('lost', limits, { tokens: 50, costMicros: 0 }, 1_000);
    await expect(meter.reserve('lost', limits, { tokens: 1, costMicros: 0 }, 50)).rejects.toMatchObject({
      ...EXCEEDED,
      limits: [{ limit: 'tokensPerDay', most: 100, used: 110, left: 0 }],
    });
    await eventually('it is given back', async () => (await usage('lost', limits))[0]?.used === 60);
    await commands.flushall();
    await meter.reserve('lost', limits, { tokens: 30, costMicros: 0 }, 60_000);
    expect((await usage('lost', limits))[0]?.used).toBe(90);
  });
});

describe('a model call', () => {
  const agent = { name: 'a', runner: 'model', maxTokens: 10 } as const;
  const asked: Parameters<AgentRunner['run']>[0] = {
    ...{ agent, tenant: 'm', session: 's', turn: 't1', step: 't1.1', attempt: 1 },
    signal: new AbortController().signal,
    conversation: [{ role: 'user', text: 'x'.repeat(40) }],
  };
  const says = (...pieces: readonly (RunPiece | Error)[]): AgentRunner => ({
    async *run() {
      for (const piece of pieces) {
        if (piece instanceof Error) throw piece;
        yield piece;
      }
    },
  });
  const heard = async (runner: AgentRunner, tenant = 'm'): Promise<void> => {
    for await (const piece of runner.run({ ...asked, tenant })) expect(piece).toBeDefined();
  };
  const limits = { tokensPerDay: 1_000, costMicrosPerDay: 1_000 };
  const runnerOf = (runner: AgentRunner): AgentRunner =>
    metered(
      { model: runner },
      {
        meter: new Meter(commands),
        limitsOf: (tenant) => (tenant === 'm' ? limits : {}),
        priceOf: () => ({ input: 2, output: 10 }),
      },
    ).model;
  /** Tokens and micros that it counts for. */
  async function used(runner: AgentRunner): Promise<readonly number[]> {
    const before = await usage('m', limits);
    await heard(runnerOf(runner)).catch(() => undefined);
    await eventually('it is settled', async () => (await commands.hlen('convoke:{m}:quota:reserved')) === 0);
    const after = await usage('m', limits);
    return after.map((each, of) => each.used - (before[of]?.used ?? 0));
  }
  const usagePiece = { type: 'usage', usage: { inputTokens: 3, outputTokens: 2 } } as const;

  test('counts what the provider says, also if it fails; else what was shown and said', async () => {
    expect(await used(says(usagePiece, { type: 'text', text: 'hi' }))).toEqual([5, 26]);
    expect(await used(says(usagePiece, new Error('cut')))).toEqual([5, 26]);
    expect(await used(says(new Error('refused')))).toEqual([0, 0]);
    const [tokens] = await used(says({ type: 'text', text: 'eight ch' }));
    expect(tokens).toBeGreaterThanOrEqual(12);
  });

  test('waits with the weight of its tenant', async () => {
    const weights: (number | undefined)[] = [];
    const runner: AgentRunner = {
      async *run({ weight }) {
        weights.push(weight);
        yield { type: 'alive' } as const;
      },
    };
    const limitsOf = (tenant: string): TenantLimits => (tenant === 'heavy' ? { weight: 3 } : {});
    const { model } = metered({ model: runner }, { meter: new Meter(commands), limitsOf });
    await heard(model, 'heavy');
    await heard(model, 'other');
    expect(weights).toEqual([3, undefined]);
  });

  test('is not made if the day’s limit has no room for it, and says when that is back', async () => {
    let runs = 0;
    const runner = runnerOf({
      async *run() {
        runs += 1;
        yield { type: 'alive' } as const;
      },
    });
    const settle = await new Meter(commands).reserve('m', {}, { tokens: 0, costMicros: 0 }, 1_000);
    await settle({ tokens: 1_000, costMicros: 0 });
    await expect(heard(runner)).rejects.toMatchObject({
      ...{ code: 'quota_exceeded', retryable: false, retryAfterMs: expect.any(Number) },
      message: expect.stringContaining('tokensPerDay (1000)'),
    });
    expect(runs).toBe(0);
    await heard(runner, 'free');
    expect(runs).toBe(1);
  });
});
