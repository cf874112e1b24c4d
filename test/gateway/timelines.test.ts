/** The route of a timeline, who is told what of it, and what is asked of other gateways. */
import { EventEmitter } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import type { GatewayTrace, LoggedEvent, Timeline } from '../../src/contracts/index.ts';
import { FleetAsk } from '../../src/gateway/fleet-ask.ts';
import { waterfall } from '../../src/cli/commands/trace.ts';
import { readTimeline, traceTopic } from '../../src/gateway/timelines.ts';
import type { TimelineSources, TraceQuestion } from '../../src/gateway/timelines.ts';
import type { Principal, Scope } from '../../src/tenants/index.ts';
import { FakeDelivery, KEY, startRig } from './harness.ts';
import type { Rig } from './harness.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ name: '1@edge', acceptedAt: () => 2 });
});
afterAll(() => rig.gateway.drain());

async function timeline(messageId: string): Promise<Response> {
  const headers = { Authorization: `Bearer ${KEY}` };
  return fetch(`${rig.url}/v1/sessions/s/messages/${messageId}/timeline`, { headers });
}

test('the route tells stages, gateways and connections; of an unknown message that it is not there', async () => {
  const told = (await (await timeline('m')).json()) as Timeline;
  expect(told.spans.map(({ name }) => name)).toEqual([
    ...['admission', 'signal', 'task', 'queue', 'push', 'acknowledge'],
  ]);
  expect(told).toMatchObject({ status: 'accepted', gateways: { asked: 1, answered: 1 } });
  expect((await timeline('other')).status).toBe(404);
});

test('for people it fits 80 columns', async () => {
  const told = (await (await timeline('m')).json()) as Timeline;
  const long = 'x'.repeat(64);
  const spans = told.spans.map((span) => ({
    ...span,
    step: `t1.1.${long}`,
    process: long,
    by: [long, '\u001b[2J'],
  }));
  const text = waterfall({ ...told, messageId: long, session: long, spans }, (_style, shown) => shown);
  expect(text).not.toContain('\u001b');
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

const QUESTION: TraceQuestion = { tenant: 'dev', session: 's', messageId: 'm', seq: 1 };
const trace = (gateway: string): GatewayTrace => ({ gateway, connections: [] });

/** Gateways that hear each other. `silent`: further ones, which hear and do not answer. */
function fleet(names: readonly string[], silent = 0) {
  const channel = new EventEmitter();
  return names.map((name) => {
    const own = new EventEmitter();
    const server = {
      on: (event: string, hear: (...args: unknown[]) => void) => own.on(event, hear),
      of: () => ({ adapter: { channel: 'control' } }),
      serverSideEmit: (event: string, ...args: unknown[]) => channel.emit('all', own, event, args),
    };
    channel.on('all', (from: EventEmitter, event: string, args: unknown[]) => {
      if (from !== own) own.emit(event, ...args);
    });
    type Given = ConstructorParameters<typeof FleetAsk<TraceQuestion, GatewayTrace>>[0];
    const hearers = async (): Promise<number> => names.length + silent;
    return {
      ask: new FleetAsk(
        server as unknown as Given,
        traceTopic(() => trace(name)),
        hearers,
      ),
      server,
      own,
    };
  });
}

test('all gateways are asked, and it is not waited longer than for the last of them', async () => {
  const [one] = fleet(['a', 'b', 'c']);
  const { answers, asked } = await one!.ask.ask(QUESTION);
  expect(answers.map(({ gateway }) => gateway).sort()).toEqual(['a', 'b', 'c']);
  expect(asked).toBe(3);
});

test('one that does not answer in time is missing, and that is told', async () => {
  const [one] = fleet(['a', 'b'], 1);
  const before = performance.now();
  expect(await one!.ask.ask(QUESTION)).toMatchObject({ answers: [{}, {}], asked: 3 });
  expect(performance.now() - before).toBeGreaterThanOrEqual(LIMITS.fleetAskMs - 5);
});

test('what is neither a question nor an answer is dropped', async () => {
  const [one] = fleet(['a', 'b']);
  for (const event of ['trace:ask', 'trace:told'])
    for (const args of [
      [],
      [1, {}],
      ['id', null],
      ['id', { tenant: '*' }],
      ['id', { gateway: 1, connections: [] }],
    ])
      one!.own.emit(event, ...args);
  expect((await one!.ask.ask(QUESTION)).asked).toBe(2);
});

test('of a direct message only those are told whom it concerns', async () => {
  const published = {
    ...{ id: 'message:m', type: 'channel.published', seq: 1, at: 3, cause: 'm', stamps: { ingest: 1 } },
    data: { messageId: 'm', channel: 'direct', parts: [], from: 'ana', to: ['ben'] },
  } as const;
  const delivery = Object.assign(new FakeDelivery(), {
    story: async () => ({ events: [published], newest: 1, truncated: false }),
  });
  const own = { ask: async () => ({ answers: [trace('1@edge')], asked: 1 }) };
  const asks = (subject: string): Promise<Timeline> => {
    const grant = {
      subject,
      sessions: ['*'],
      scopes: ['watch'],
      roles: [],
      id: 'i',
      issuedAt: 0,
      expiresAt: 9,
    } as const;
    const asked = { ref: { tenant: 'dev', session: 's' }, messageId: 'm' };
    return readTimeline({ delivery, fleet: own }, { tenant: 'dev', grant }, asked);
  };
  await expect(asks('eve')).rejects.toMatchObject({ code: 'message_not_found' });
  const hers = await asks('ben');
  expect(hers.status).toBe('published');
  expect(JSON.stringify(hers)).not.toContain('@edge');
});

describe('while a turn goes on', () => {
  const at = Date.now() - 9_000;
  const begun = [
    {
      ...{ id: 'message:m', type: 'message.accepted', seq: 1, at, cause: 'm', turn: 't1' },
      data: { messageId: 'm', parts: [], queued: false },
    },
    { id: 'started', type: 'turn.started', seq: 2, at, turn: 't1', data: { messageIds: ['m'] } },
  ] as const;

  const read = (
    events: readonly object[],
    sources: Partial<TimelineSources>,
    principal: Principal = { tenant: 'dev' },
  ): Promise<Timeline> => {
    const delivery = Object.assign(new FakeDelivery(), {
      story: async () => ({ events: events as readonly LoggedEvent[], newest: 2, truncated: false }),
    });
    const alone = { ask: async () => ({ answers: [], asked: 1 }) };
    const asked = { ref: { tenant: 'dev', session: 's' }, messageId: 'm' };
    return readTimeline({ delivery, fleet: alone, ...sources }, principal, asked);
  };

  test('and no worker has taken it up, what it needs of one is told', async () => {
    const turn = { tenant: 'dev', session: 's', turn: 't1', needs: 'agent.auditor', at: at + 1_000 };
    const others = [
      { ...turn, session: 'other', needs: 'agent.other' },
      { ...turn, tenant: 'acme', needs: 'agent.foreign' },
      { ...turn, needs: 'team.earlier', at },
    ];
    const workers = async () => [
      { id: '7@w', handedOver: [turn] },
      { id: '8@w', handedOver: others },
    ];
    const told = await read(begun, { workers });
    expect(told.spans[told.longest!]).toMatchObject({
      ...{ name: 'able', reason: 'worker', needs: 'agent.auditor', turn: 't1' },
    });
    expect(told.spans[told.longest!]).not.toHaveProperty('endedAt');
    const unknown = await read(begun, { workers: () => Promise.reject(new Error('Redis is away.')) });
    expect(unknown.spans.at(-2)).toMatchObject({ name: 'start', reason: 'worker' });
  });

  test('and waits for a place, the turns that have one are told to operators, of sessions that they may see', async () => {
    const data = { limit: 'runningTurns', most: 2, used: 2, place: 1 };
    const waiting = [...begun, { id: 'w', type: 'quota.waiting', seq: 3, at: at + 10, turn: 't1', data }];
    const places = [
      { session: 'oak', turn: 't7' },
      { session: 's-2', turn: 't2' },
    ];
    const asked: string[] = [];
    const holders = async (tenant: string) => {
      asked.push(tenant);
      return places;
    };
    const heldFor = async (principal?: Principal): Promise<unknown> =>
      (await read(waiting, { holders }, principal)).spans.find(({ name }) => name === 'place')?.holders;
    const grant = (scopes: readonly Scope[]): Principal => ({
      tenant: 'dev',
      grant: {
        ...{ subject: 'ann', sessions: ['s*'], scopes, roles: [], id: 'i' },
        issuedAt: 0,
        expiresAt: 9,
      },
    });
    expect(await heldFor()).toEqual(places);
    expect(await heldFor(grant(['watch', 'operate']))).toEqual(places.slice(1));
    expect(await heldFor(grant(['watch']))).toBeUndefined();
    expect(asked).toEqual(['dev', 'dev']);
    const away = await read(waiting, { holders: () => Promise.reject(new Error('Redis is away.')) });
    expect(away.spans.find(({ name }) => name === 'place')).not.toHaveProperty('holders');
    // Nobody waits for a place: nobody is asked.
    await read(begun, { holders });
    expect(asked).toHaveLength(2);
  });
});
