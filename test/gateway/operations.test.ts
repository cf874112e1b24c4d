/** Requests that start or change something count, over HTTP and over a socket; all others do not. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ConvokeError } from '../../src/contracts/index.ts';
import type { LimitUse } from '../../src/contracts/index.ts';
import { createEraser, createSchedules, Rates } from '../../src/ingest/index.ts';
import { Erasures, createRegistry } from '../../src/tenants/index.ts';
import type { Principal } from '../../src/tenants/index.ts';
import type { ScheduleCalls } from '../../src/temporal/index.ts';
import { FakeCalls } from './fake-calls.ts';
import { ask, connected, intakeOf, problemOf, startRig } from './harness.ts';
import type { Rig } from './harness.ts';

const USED: readonly LimitUse[] = [
  { limit: 'operationsPerMinute', most: 60, windowMs: 60_000, used: 10, left: 0, backInMs: 900 },
];

let rig: Rig;
let taken = 0;
let isUsedUp = false;
const calls = new FakeCalls();

const nothing = async (): Promise<void> => undefined;
const gone = (): Promise<never> => Promise.reject(new ConvokeError('archive_unavailable'));
const SCHEDULES: ScheduleCalls = {
  create: async (_tenant, request) => ({ ...request, paused: false, next: [] }),
  list: async () => ({ data: [], next: null }),
  ...{ pause: nothing, resume: nothing, remove: nothing, trigger: nothing },
};

beforeAll(async () => {
  const rates = new Rates({
    limitsOf: () => ({ operationsPerMinute: 60 }),
    buckets: {
      take: async () => {
        if (isUsedUp) return USED;
        taken += 1;
        return 'fresh';
      },
      giveBack: nothing,
    },
    fleet: { gateways: 1 },
  });
  const takeOperation = (by: Principal): Promise<void> => rates.takeOperation(by);
  const database = { create: gone, read: gone, write: gone };
  rig = await startRig({
    intake: intakeOf(calls, { takeOperation }),
    schedules: createSchedules(SCHEDULES, async () => [], { takeOperation }),
    eraser: createEraser({
      ...{
        erasures: new Erasures(database),
        registry: createRegistry(database),
        exists: gone,
        takeOperation,
      },
      places: {
        archive: { erase: gone, sessionsOf: gone, closedBefore: gone },
        log: gone,
        temporal: { runs: gone, schedules: gone, sessions: gone },
      },
    }),
  });
});
afterAll(() => rig.gateway.drain());
beforeEach(() => {
  [taken, isUsedUp] = [0, false];
});

const SCHEDULE = { id: 'daily', cron: '0 8 * * *', session: 's', message: { text: 'hi' } };
const VOTE = { vote: 'deny', by: 'ana', hash: 'h' };

const OPERATIONS: readonly (readonly [string, string, object?])[] = [
  ['POST', '/v1/sessions', { id: 's1' }],
  ['POST', '/v1/sessions/s/fork', {}],
  ['POST', '/v1/sessions/s/cancel', {}],
  ['POST', '/v1/sessions/s/wake', {}],
  ['POST', '/v1/sessions/s/members', { leave: 'a' }],
  ['POST', '/v1/sessions/s/approvals/t1.1.c1', VOTE],
  ['POST', '/v1/sessions/s/reopen'],
  ['POST', '/v1/sessions/s/erase'],
  ['DELETE', '/v1/sessions/s/scheduled/m'],
  ['DELETE', '/v1/sessions/s'],
  ['POST', '/v1/schedules', SCHEDULE],
  ['POST', '/v1/schedules/daily/pause'],
  ['POST', '/v1/schedules/daily/resume'],
  ['POST', '/v1/schedules/daily/trigger'],
  ['DELETE', '/v1/schedules/daily'],
];

function over(method: string, path: string, body?: object): Promise<Response> {
  return rig.call(path, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
}

test.each(OPERATIONS)('%s %s counts once, and is refused with when to come back', async (...request) => {
  await over(...request);
  expect(taken).toBe(1);
  isUsedUp = true;
  const refused = await over(...request);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(refused.headers.get('ratelimit-policy')).toBe('"operationsPerMinute";q=60;w=60');
  expect(refused.headers.get('ratelimit')).toBe('"operationsPerMinute";r=0;t=1');
  expect(await problemOf(refused)).toMatchObject({
    ...{ code: 'rate_limited', retryable: true, retryAfterMs: 900, limits: USED },
  });
});

test('a repeat of an open counts, and what is refused reaches nobody', async () => {
  const open = (): Promise<Response> => rig.post('/v1/sessions', {}, { 'Idempotency-Key': 'again' });
  expect((await open()).status).toBe(201);
  expect((await open()).headers.get('idempotency-replayed')).toBe('true');
  expect(taken).toBe(2);
  isUsedUp = true;
  const before = calls.opened.length;
  expect((await open()).status).toBe(429);
  expect(calls.opened).toHaveLength(before);
});

test.each<readonly [string, string, object?]>([
  ['POST', '/v1/sessions/s/messages', { messageId: 'm', text: 'hi' }],
  ['GET', '/v1/sessions/s'],
  ['GET', '/v1/sessions'],
  ['GET', '/v1/sessions/s/scheduled'],
  ['GET', '/v1/sessions/s/approvals'],
  ['GET', '/v1/schedules'],
  // Not valid, and not the tenant's.
  ['POST', '/v1/sessions', { id: '' }],
  ['POST', '/v1/schedules', { ...SCHEDULE, cron: 1 }],
])('%s %s %j does not count', async (...request) => {
  isUsedUp = true;
  expect((await over(...request)).status).not.toBe(429);
  expect(taken).toBe(0);
});

test('over a socket: the same problem', async () => {
  const socket = await connected(rig.socket());
  isUsedUp = true;
  const requests = [
    ['open', {}],
    ['fork', { session: 's' }],
    ['close', { session: 's' }],
    ['createSchedule', SCHEDULE],
    ['changeSchedule', { id: 'daily', act: 'trigger' }],
  ] as const;
  for (const [name, request] of requests)
    expect(await ask(socket, name, request)).toMatchObject({
      ok: false,
      problem: { code: 'rate_limited', retryable: true, retryAfterMs: 900, limits: USED },
    });
  socket.disconnect();
});
