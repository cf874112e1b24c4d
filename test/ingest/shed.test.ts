/** Load shedding, before a real log: who floods the engine is refused early, and nobody else. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import type { Message, SessionRef } from '../../src/contracts/index.ts';
import { createAdmission, shedding } from '../../src/ingest/index.ts';
import type { Admission } from '../../src/ingest/index.ts';
import { connectRedis, createRedisLog } from '../../src/log/index.ts';
import type { TurnWait } from '../../src/quota/index.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';

let redis: TestRedis;
let admission: Admission;
let close: () => void;
let waits: Record<string, TurnWait> = {};
const told: (readonly [tenant: string, waitMs: number | null])[] = [];

beforeAll(async () => {
  redis = await startRedis();
  const [commands, subscriber] = [1, 2].map(() => connectRedis(redis.url, () => undefined));
  await Promise.all([commands!.connect(), subscriber!.connect()]);
  const log = createRedisLog({ commands: commands!, subscriber: subscriber! });
  admission = shedding(
    createAdmission(log, 10_000),
    { share: 1, of: (tenant) => waits[tenant] },
    (tenant, wait) => told.push([tenant, wait?.waitMs ?? null]),
  );
  close = () => {
    commands!.disconnect();
    subscriber!.disconnect();
  };
});

beforeEach(() => {
  waits = {};
});

afterAll(async () => {
  close();
  await redis.stop();
});

const message = (messageId: string, more: Partial<Message> = {}): Message => ({
  ...{ messageId, parts: [{ type: 'text', text: 'x' }], receivedAt: 1, ...more },
});

/** Ids of those of so many messages that are let in, and the refusals of the others. */
async function sent(
  ref: SessionRef,
  count: number,
): Promise<{ readonly ok: number; readonly refused: unknown[] }> {
  const sends = Array.from({ length: count }, (_, index) => admission.admit(ref, message(`m${index}`)));
  const results = await Promise.allSettled(sends);
  const refused = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  return { ok: count - refused.length, refused };
}

const overloaded = { code: 'overloaded', retryAfterMs: expect.any(Number) };

test('while turns begin soon, nothing is refused', async () => {
  expect((await sent({ tenant: 'calm', session: 's' }, 60)).ok).toBe(60);
});

test('while turns wait, fewer messages of a session do: the last one is answered within the bound', async () => {
  const tenant = 'slow';
  waits = { slow: { waitMs: LIMITS.turnWaitMs / 20, turnsPerSecond: 10 } };
  const { ok, refused } = await sent({ tenant, session: 'one' }, 8);
  expect(ok).toBe(5);
  for (const each of refused) expect(each).toMatchObject(overloaded);
  expect((await sent({ tenant, session: 'two' }, 5)).ok).toBe(5);
  // What waits already is no further message.
  await admission.admit({ tenant, session: 'one' }, message('m0'));
});

test('that it refuses is told once, and that it has ended', async () => {
  const ref = { tenant: 'told', session: 's' };
  waits = { told: { waitMs: LIMITS.turnWaitMs / 20, turnsPerSecond: 10 } };
  await sent(ref, 5);
  expect(told.filter(([tenant]) => tenant === 'told')).toEqual([]);
  await sent(ref, 20);
  waits = {};
  await sent(ref, 20);
  expect(told.filter(([tenant]) => tenant === 'told')).toEqual([
    ['told', LIMITS.turnWaitMs / 20],
    ['told', null],
  ]);
});

test('a limit of the tenant that is lower goes on counting, and is told as what it is', async () => {
  waits = { slow: { waitMs: LIMITS.turnWaitMs / 20, turnsPerSecond: 10 } };
  const ref = { tenant: 'slow', session: 'limited' };
  const limits = { waitingMessages: 1 };
  await admission.admit(ref, message('m0'), limits);
  await expect(admission.admit(ref, message('m1'), limits)).rejects.toMatchObject({ code: 'inbox_full' });
});

test('a message that has no room in its session costs the others of its tenant nothing', async () => {
  waits = { full: { waitMs: LIMITS.turnWaitMs, turnsPerSecond: 0 } };
  const full = { tenant: 'full', session: 'full' };
  await admission.admit(full, message('m0'));
  for (let again = 0; again < 3 * LIMITS.shedBurst; again += 1)
    await expect(admission.admit(full, message('m1'))).rejects.toMatchObject(overloaded);
  const others = await Promise.all(
    Array.from({ length: 8 }, (_, index) => sent({ tenant: 'full', session: `s${index}` }, 1)),
  );
  expect(others.map(({ ok }) => ok)).toEqual(Array(8).fill(1));
});

test('a tenant whose turns wait too long sends as much as is begun, and never nothing; others do not notice', async () => {
  waits = { flood: { waitMs: 20 * LIMITS.turnWaitMs, turnsPerSecond: 0 } };
  const letIn = await Promise.all(
    Array.from({ length: 100 }, (_, index) => sent({ tenant: 'flood', session: `s${index}` }, 1)),
  );
  const ok = letIn.reduce((sum, each) => sum + each.ok, 0);
  expect(ok).toBeGreaterThanOrEqual(LIMITS.shedBurst);
  expect(ok).toBeLessThan(LIMITS.shedBurst + 10);
  const asked = letIn.flatMap(({ refused }) => refused as { readonly retryAfterMs: number }[]);
  for (const each of asked) expect(each).toMatchObject(overloaded);
  // Spread, so that they do not come back at one moment.
  const moments = asked.map(({ retryAfterMs }) => retryAfterMs);
  expect(Math.max(...moments)).toBeGreaterThan(1.5 * Math.min(...moments));
  const ref = { tenant: 'flood', session: 'new' };
  await admission.admit(ref, message('a1', { answers: 't1.1' }));
  await admission.admit(ref, message('c1', { channel: 'news' }));
  // Whether there is a question nobody knows here: who calls all that it sends an answer gets no more than its share.
  const answers = await Promise.allSettled(
    Array.from({ length: 100 }, (_, n) => admission.admit(ref, message(`a${n}`, { answers: 't1.1' }))),
  );
  const refused = answers.flatMap((each) => (each.status === 'rejected' ? [each.reason as object] : []));
  expect(100 - refused.length).toBeGreaterThanOrEqual(LIMITS.shedBurst - 1);
  expect(100 - refused.length).toBeLessThan(LIMITS.shedBurst + 10);
  for (const each of refused) expect(each).toMatchObject(overloaded);
  expect((await sent({ tenant: 'other', session: 's' }, 60)).ok).toBe(60);
  waits = {};
  expect((await sent({ tenant: 'flood', session: 'later' }, 60)).ok).toBe(60);
});
