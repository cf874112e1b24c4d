/** What operators are told of the deployment, and how a gateway is drained. */
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { LIMITS, troublesOf } from '../../src/contracts/index.ts';
import type { GatewayStatus, SystemStatus, TenantUsePage, ToldWorker } from '../../src/contracts/index.ts';
import { createAuthenticator } from '../../src/ingest/index.ts';
import { Connections } from '../../src/gateway/connections.ts';
import { createVitals } from '../../src/gateway/edge/vitals.ts';
import type { GatewayConfig } from '../../src/gateway/index.ts';
import { gatewayTopic } from '../../src/gateway/own-status.ts';
import type { GatewayQuestion } from '../../src/gateway/own-status.ts';
import { createReadiness } from '../../src/gateway/readiness.ts';
import { System } from '../../src/gateway/system.ts';
import type { SystemPorts } from '../../src/gateway/system.ts';
import { RefusalCounts } from '../../src/quota/index.ts';
import type { Audit } from '../../src/tenants/index.ts';
import { FakeCalls } from './fake-calls.ts';
import { FakeDelivery, intakeOf, NO_REGISTRY, problemOf, startRig } from './harness.ts';
import type { Rig } from './harness.ts';

type Deed = Parameters<Audit['note']>[0];

const OPERATOR = 'an-operator-of-this-deployment';

const WORKER: ToldWorker = {
  ...{ id: '7@w', version: '1', startedAt: 1, draining: false, toldMsAgo: 10, cached: 2, heapBytes: 1 },
  ...{ queues: ['main', 'main.agent.x'], agents: ['x'], teams: [], tools: [], models: [] },
  ...{ turns: { used: 1, most: 9 }, quick: { used: 0, most: 9 }, tasks: { used: 0, most: 9 } },
  longest: [{ tenant: 'dev', session: 's', turn: 't1', startedAt: Date.now() }],
};

const never = (): Promise<never> => new Promise(() => undefined);

const PORTS: SystemPorts = {
  version: '1',
  workers: async () => [WORKER],
  queues: async (further) =>
    ['main', ...further].map((name) => ({
      ...{ status: 'ok', ms: 1 },
      name,
      kind: 'activity',
      pollers: ['7@w'],
    })),
  redis: async () => ({
    version: '7',
    nodes: 1,
    usedBytes: 1,
    mostBytes: 2,
    policy: 'noeviction',
    clients: 3,
  }),
  temporal: async () => ({ namespace: 'default', version: '1.29' }),
  archive: async () => ({ kind: 'sqlite' }),
  refused: () => [{ tenant: 'dev', refused: 4 }],
};

const rigs: Rig[] = [];
afterAll(async () => {
  await Promise.all(rigs.map(({ gateway }) => gateway.drain()));
});

/** A gateway of which `op` has the answers to an operator. */
/** Without what it says of a machine on which this test runs late. */
function punctual(status: SystemStatus): SystemStatus {
  const isLate = ({ text }: SystemStatus['troubles'][0]): boolean => text.includes('its event loop is');
  return { ...status, troubles: status.troubles.filter((each) => !isLate(each)) };
}

async function start(ports: Partial<SystemPorts> = {}, more: Partial<GatewayConfig> = {}) {
  const authenticator = createAuthenticator({ keys: new Map(), devKey: true, operatorKey: OPERATOR });
  const rig = await startRig({
    ...{
      name: '1@edge',
      intake: intakeOf(new FakeCalls(), { authenticator }),
      system: { ...PORTS, ...ports },
    },
    ...more,
  });
  rigs.push(rig);
  const headers = { authorization: `Bearer ${OPERATOR}` };
  const op = (path: string, method = 'GET') => rig.call(`/v1/admin/${path}`, { method, headers });
  const system = async () => punctual((await (await op('system')).json()) as SystemStatus);
  return { rig, op, system };
}

test('it tells of gateways, workers, task queues and servers; a tenant’s key is refused', async () => {
  const { rig, system } = await start();
  expect(await system()).toMatchObject({
    by: '1@edge',
    gateways: { status: 'ok', asked: 1, data: [{ id: '1@edge', ready: true, draining: false, sessions: 1 }] },
    workers: { status: 'ok', data: [WORKER] },
    queues: { data: [{ name: 'main' }, { name: 'main.agent.x' }] },
    redis: { status: 'ok', server: { policy: 'noeviction' } },
    temporal: { status: 'ok', version: '1.29' },
    archive: { status: 'ok', kind: 'sqlite' },
  });
  expect((await rig.call('/v1/admin/system')).status).toBe(403);
});

test('a part that does not answer, or refuses, is told as unknown with the reason, and holds up no other', async () => {
  const { system } = await start({
    temporal: never,
    queues: never,
    redis: () => Promise.reject(new Error('Connection is closed.')),
  });
  const before = performance.now();
  const { temporal, redis, archive, queues, troubles } = await system();
  expect(performance.now() - before).toBeLessThan(2 * LIMITS.systemAskMs);
  expect(temporal).toMatchObject({ status: 'unknown', reason: 'It has not answered within 1 s.' });
  expect(queues).toMatchObject({ status: 'unknown', data: [] });
  expect(redis).toMatchObject({ status: 'unknown', reason: 'Connection is closed.' });
  expect(archive.status).toBe('ok');
  expect(troubles.map(({ text }) => text.split(':')[0])).toEqual(['Temporal', 'Redis']);
});

test('a gateway tells of itself also while a check of it hangs', async () => {
  const { system } = await start({}, { checks: { temporal: never } });
  const { gateways } = await system();
  expect(gateways.data).toMatchObject([{ ready: false, checks: { temporal: 'timeout' } }]);
});

test('what tenants use, also of those whose keys stand in the environment', async () => {
  const usage = [{ limit: 'messagesPerMinute', most: 60, used: 6, left: 54 }] as const;
  const quota = {
    connect: async () => () => undefined,
    usage: async () => usage,
    waiting: async () => 2,
    holders: async () => [],
  };
  const tenant = {
    id: 'acme',
    name: 'Acme',
    status: 'active',
    limits: {},
    createdAt: 1,
    updatedAt: 1,
  } as const;
  const admin = { ...NO_REGISTRY.admin, tenants: async () => ({ data: [tenant], next: null }) };
  const { op } = await start({}, { quota, admin, environmentTenants: ['dev'] });
  const { data } = (await (await op('usage')).json()) as TenantUsePage;
  expect(data).toMatchObject([
    { tenant: 'dev', limits: usage, waiting: 2, refused: 4, running: 1 },
    { tenant: 'acme', name: 'Acme', state: 'active', refused: 0, running: 0 },
  ]);
});

const notes: Deed[] = [];
afterEach(() => void notes.splice(0));
const AUDIT = { note: (deed: Deed) => void notes.push(deed) };

/** Gateways that are asked over something else than sockets. */
function fleetOf(names: readonly string[]) {
  const members = names.map((name) => {
    const connections = new Connections();
    const readiness = createReadiness({});
    const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const context = { connections, readiness, logger, delivery: new FakeDelivery() };
    const own = { name, version: '1', vitals: createVitals(), refused: () => [] };
    return { connections, topic: gatewayTopic(context, own) };
  });
  const ask = async (question: GatewayQuestion) => {
    const answers: GatewayStatus[] = await Promise.all(members.map(async ({ topic }) => topic.own(question)));
    return { answers, asked: names.length };
  };
  const system = new System({ name: names[0]!, ports: PORTS, fleet: { ask }, audit: AUDIT });
  return { system, members };
}

test('an operator drains a gateway and resumes it, which is audited; the last one is not drained', async () => {
  const { system, members } = fleetOf(['1@a', '2@b']);
  const operator = { tenant: '*' };
  expect(await system.drain(operator, '2@b')).toMatchObject({ id: '2@b', draining: true });
  expect(members.map(({ connections }) => connections.draining)).toEqual([false, true]);
  await expect(system.drain(operator, '1@a')).rejects.toMatchObject({ code: 'last_gateway' });
  await expect(system.drain(operator, '3@c')).rejects.toMatchObject({ code: 'gateway_not_found' });
  expect(punctual(await system.report()).troubles).toMatchObject([{ level: 'warning' }]);
  expect(await system.resume(operator, '2@b')).toMatchObject({ draining: false });
  expect(notes.map(({ action, target }) => [action, target])).toEqual([
    ['gateway.drain', '2@b'],
    ['gateway.resume', '2@b'],
  ]);
  // One that stops for good takes nothing any more.
  members[1]!.connections.refuse();
  expect(await system.resume(operator, '2@b')).toMatchObject({ draining: true });
});

test('the only gateway is not drained', async () => {
  const { op } = await start();
  expect((await problemOf(await op('gateways/1%40edge/drain', 'POST'))).code).toBe('last_gateway');
  expect((await problemOf(await op('gateways/2%40edge/resume', 'POST'))).code).toBe('gateway_not_found');
});

test('what an operator should look at: errors first', async () => {
  const { system } = await start();
  const told = await system();
  const queue = { ...told.queues.data[0]!, backlog: 5, oldestMs: 60_000 };
  const troubles = troublesOf({
    ...told,
    gateways: { ...told.gateways, asked: 2 },
    workers: {
      ...told.workers,
      data: [{ ...WORKER, turns: { used: 9, most: 9 }, longest: [{ ...WORKER.longest[0]!, startedAt: 5 }] }],
    },
    queues: { ...told.queues, data: [queue, { ...queue, pollers: [] }] },
    redis: { ...told.redis, server: { ...told.redis.server!, usedBytes: 2 } },
  });
  // A second may have passed since.
  const sentences = troubles.map(
    ({ level, text }) => `${level}: ${text.replace(/longest for 4\d s/, 'longest for 40 s')}`,
  );
  expect(sentences).toEqual([
    'error: Redis is 100 % full: raise its maxmemory.',
    'error: Task queue main (activity): 5 tasks wait and no worker polls it.',
    'warning: 1 of 2 gateways have not answered: look at their logs and /readyz.',
    'warning: Task queue main (activity): 5 tasks wait, the oldest for 60 s: add workers.',
    'warning: Worker 7@w has all 9 slots in use: add workers.',
    expect.stringMatching(/^warning: Turn t1 of dev\/s has run for \d+ min on worker 7@w\.$/),
  ]);
});

test('who is missing, what is slow and who waits is told with its cause', async () => {
  const at = Date.now();
  const ago = (seconds: number): number => at - seconds * 1_000;
  const busy = {
    ...WORKER,
    lacked: [{ needs: 'agent.auditor', times: 11, lastAt: ago(20) }],
    waiting: [
      { tenant: 'brook', session: 'cedar', turn: 't9', since: ago(40), most: 1, until: at + 1_000 },
      { tenant: 'brook', session: 'old', turn: 't1', since: ago(90), most: 1, until: ago(60) },
    ],
    endpoints: [
      { provider: 'south', calls: 9, failed: 0, firstMs: 20_100 },
      { provider: 'north', calls: 4, failed: 3 },
      { provider: 'east', calls: 2, failed: 2 },
    ],
    longest: [
      {
        ...{ tenant: 'acme', session: 'oak', turn: 't1', startedAt: ago(240) },
        doing: { agent: 'archivist', tool: 'records', startedAt: ago(235) },
      },
      { tenant: 'acme', session: 'fir', turn: 't2', startedAt: ago(100) },
    ],
  };
  const gone = {
    ...{ ...WORKER, id: '8@w', queues: ['main', 'main.agent.auditor'], agents: ['auditor'] },
    ...{ longest: [], toldMsAgo: 200_000 },
  };
  const { system } = await start({ workers: async () => [busy], gone: async () => [gone] });
  const { troubles, workers } = await system();
  expect(workers.gone).toMatchObject([{ id: '8@w', agents: ['auditor'] }]);
  // A second may have passed since.
  const told = troubles.map(
    ({ level, text }) => `${level}: ${text.replace(/longest for 4\d s/, 'longest for 40 s')}`,
  );
  expect(told).toEqual([
    'error: No worker has agent auditor, and turns that need it fail: 11 turns in the last 5 min. Worker 8@w had it, and has been gone for 3 min. Start a worker that has it.',
    'error: Model endpoint north fails: 3 of the last 4 calls of worker 7@w. See the log of that worker.',
    'warning: Model endpoint south is slow: 20 s until the first token, the median of the last 9 calls of worker 7@w.',
    'warning: Tenant brook runs as many turns as it may (runningTurns 1): 1 turn of cedar waits, the longest for 40 s.',
    'warning: Turn t1 of acme/oak has run for 4 min on worker 7@w: tool records of agent archivist, for 4 min.',
    'warning: Worker 8@w has told nothing for 3 min: it was killed, or is cut off from Redis. It had auditor.',
  ]);
  expect(troubles).toContainEqual(expect.objectContaining({ tenant: 'acme', session: 'oak' }));
  // A worker that has it has come.
  const able = { ...WORKER, id: '9@w', queues: ['main', 'main.agent.auditor'], longest: [] };
  const mended = await start({ workers: async () => [busy, able] });
  expect(JSON.stringify((await mended.system()).troubles)).not.toContain('auditor');
});

test('refusals are counted over a minute, and bounded', () => {
  const counts = new RefusalCounts();
  for (let at = 0; at < 120; at += 1) counts.add('loud', at * 1_000);
  counts.add('quiet', 119_000);
  const [loud, quiet] = counts.top(119_500);
  expect([loud?.tenant, quiet]).toEqual(['loud', { tenant: 'quiet', refused: 1 }]);
  expect(loud?.refused).toBeGreaterThan(45);
  expect(loud?.refused).toBeLessThanOrEqual(61);
  for (let index = 0; index < 2 * LIMITS.metricTenantsSeen; index += 1) counts.add(`t${index}`, 119_600);
  expect(counts.top(119_700)).toHaveLength(LIMITS.refusedTenants);
  expect(counts.top(300_000)).toEqual([]);
});
