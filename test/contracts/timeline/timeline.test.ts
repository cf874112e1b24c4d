import { describe, expect, test } from '@jest/globals';
import { publicTimeline, timelineOf } from '../../../src/contracts/index.ts';
import type { GatewayTrace, LoggedEvent, Timeline, TimelineSpan } from '../../../src/contracts/index.ts';
import { accepted, ended, GATEWAY, logged, started, step, stepEnd, WORKER } from './events.ts';

const NOW = 10_000;

function told(events: readonly LoggedEvent[], gateways?: readonly GatewayTrace[]): Timeline {
  const timeline = timelineOf('s', events, 'm', { now: NOW, ...(gateways && { gateways }) });
  if (!timeline) throw new Error('no such message');
  return timeline;
}

const named = ({ spans }: Timeline, name: string): TimelineSpan | undefined =>
  spans.find((span) => span.name === name);
const longest = ({ spans, longest: index = -1 }: Timeline): TimelineSpan | undefined => spans[index];

/** One turn of one agent. */
const TURN = logged(
  accepted(),
  started(120),
  step(150),
  stepEnd(400, { stamps: { execute: 150, first: 300, last: 390 } }),
  ended(400),
);

describe('a plain turn', () => {
  test('is told stage by stage', () => {
    const timeline = told(TURN);
    expect(timeline).toMatchObject({ status: 'completed', turn: 't1', from: 100, until: 400, ms: 300 });
    expect(timeline.spans.map(({ name, ms }) => [name, ms])).toEqual([
      ['admission', 5],
      ['task', 15],
      ['start', 30],
      ['answer', 150],
      ['tokens', 90],
      ['finish', 10],
    ]);
    expect(longest(timeline)).toMatchObject({
      name: 'answer',
      reason: 'provider',
      step: 't1.1',
      process: WORKER,
    });
  });

  test('names what was measured by two clocks', () => {
    const { spans } = told(TURN);
    expect(spans.filter(({ crossesHosts }) => crossesHosts).map(({ name }) => name)).toEqual([
      'task',
      'start',
    ]);
  });

  test('is told as far as it has come', () => {
    const timeline = told(TURN.slice(0, 3));
    expect(timeline).toMatchObject({ status: 'running' });
    const open = named(timeline, 'attempt');
    expect(open).toMatchObject({ startedAt: 150, ms: NOW - 150, process: WORKER });
    expect(open).not.toHaveProperty('endedAt');
  });

  test('that no worker takes waits for one', () => {
    expect(longest(told(TURN.slice(0, 2)))).toMatchObject({ name: 'start', reason: 'worker', ms: NOW - 120 });
  });

  test('of an earlier version has a named gap for what was not stamped', () => {
    expect(named(told(logged(accepted({ stamps: {} }))), 'unstamped')).toMatchObject({ kind: 'gap' });
  });
});

describe('waits have a reason', () => {
  test('a quota', () => {
    const waits = [
      { reason: 'quota', from: 10, until: 100, code: 'rate_limited', limit: 'messagesPerMinute', times: 3 },
    ] as const;
    const timeline = told(logged(accepted({ waits })));
    expect(named(timeline, 'refused')).toMatchObject({
      ...{ reason: 'quota', ms: 90, limit: 'messagesPerMinute', times: 3 },
      cause: { code: 'rate_limited' },
    });
    expect(timeline.from).toBe(10);
  });

  test('the queue, and the turns that were before it', () => {
    const events = logged(
      accepted({ turn: 't3', data: { messageId: 'm', parts: [], queued: true } }),
      ended(500, 't1'),
      ended(900, 't2'),
      started(910, 't3'),
    );
    expect(named(told(events), 'queue')).toMatchObject({ reason: 'queue', ms: 790, behind: ['t1', 't2'] });
    expect(named(told(events.slice(0, 1)), 'queue')).not.toHaveProperty('endedAt');
    expect(told(events.slice(0, 1)).status).toBe('queued');
  });

  test('the time that it was to be delivered at', () => {
    const events = logged(
      accepted({ type: 'message.scheduled', data: { messageId: 'm', parts: [], deliverAt: 800 } }),
      accepted({ at: 805 }),
    );
    expect(named(told(events), 'schedule')).toMatchObject({ reason: 'schedule', ms: 685 });
    expect(told(events.slice(0, 1)).status).toBe('scheduled');
  });

  test('a provider that fails, and the pause before the next attempt', () => {
    const at = { turn: 't1', step: 't1.1', agent: 'a' };
    const events = logged(
      ...[accepted(), started(120), step(150)],
      {
        type: 'step.waiting',
        at: 700,
        ...at,
        data: { code: 'agent_rate_limited', message: 'Busy.', until: 2_700 },
      },
      { type: 'step.restarted', at: 2_710, ...at, attempt: 2, by: WORKER, data: { reason: 'Busy.' } },
      stepEnd(2_800, { attempt: 2, stamps: { execute: 150, first: 2_750, last: 2_790 } }),
      ended(2_800),
    );
    const timeline = told(events);
    expect(named(timeline, 'attempt')).toMatchObject({
      ...{ attempt: 1, ms: 550, kind: 'wait', reason: 'provider' },
      cause: { code: 'agent_rate_limited' },
    });
    expect(longest(timeline)).toMatchObject({ name: 'retry', reason: 'retry', ms: 2_010, attempt: 1 });
    expect(named(timeline, 'answer')).toMatchObject({ attempt: 2, ms: 40 });
  });

  test('a short pause, which only the restart tells of', () => {
    const waits = [{ reason: 'retry', from: 300, until: 800, code: 'agent_unreachable' }] as const;
    const at = { turn: 't1', step: 't1.1', agent: 'a' };
    const events = logged(...[accepted(), started(120), step(150)], {
      type: 'step.restarted',
      at: 805,
      ...at,
      attempt: 2,
      by: WORKER,
      waits,
      data: { reason: 'Away.' },
    });
    expect(named(told(events), 'retry')).toMatchObject({ ms: 505, cause: { code: 'agent_unreachable' } });
  });

  test('a worker that was lost: nothing is known of that time', () => {
    const lost = {
      type: 'step.restarted',
      at: 5_000,
      turn: 't1',
      step: 't1.1',
      attempt: 2,
      by: '8@w2',
    } as const;
    const events = logged(...[accepted(), started(120), step(150)], {
      ...lost,
      data: { reason: 'The worker that ran it was lost.' },
    });
    expect(named(told(events), 'lost')).toMatchObject({
      ...{ kind: 'gap', reason: 'worker', ms: 4_850, process: WORKER, crossesHosts: true },
      cause: { code: 'worker_lost' },
    });
  });

  test('a place among the turns of the tenant', () => {
    const place = { turn: 't1', data: { limit: 'runningTurns', most: 1, used: 1, place: 1 } };
    const waiting = { type: 'quota.waiting', at: 150, ...place } as const;
    const cleared = { type: 'quota.cleared', at: 5_150, ...place } as const;
    const timeline = told(logged(accepted(), started(120), waiting, cleared, step(5_160), ended(5_200)));
    expect(longest(timeline)).toMatchObject({
      name: 'place',
      reason: 'quota',
      ms: 5_000,
      limit: 'runningTurns',
    });
    expect(named(timeline, 'start')).toMatchObject({ ms: 30 });
  });

  test('a slot, a log that is away, an approval, a person', () => {
    const waits = [
      { reason: 'slot', from: 160, until: 360 },
      { reason: 'engine', from: 380, until: 390 },
    ] as const;
    const events = logged(
      ...[accepted(), started(120), step(150)],
      stepEnd(400, { waits, stamps: { execute: 150, first: 370, last: 395 } }),
      { type: 'approval.requested', at: 420, turn: 't1', data: { approval: 't1.1.c1' } },
      {
        type: 'approval.decided',
        at: 4_420,
        turn: 't1',
        data: { approval: 't1.1.c1', status: 'approved', by: ['ana'] },
      },
      { type: 'person.asked', at: 4_430, turn: 't1', data: { question: 't1.2', name: 'ben' } },
      ended(4_500),
    );
    const timeline = told(events);
    expect(named(timeline, 'slot')).toMatchObject({ reason: 'slot', ms: 200 });
    expect(named(timeline, 'answer')).toMatchObject({ startedAt: 360, ms: 10 });
    expect(named(timeline, 'engine')).toMatchObject({ reason: 'engine', ms: 10 });
    expect(longest(timeline)).toMatchObject({ name: 'approval', ms: 4_000, by: ['ana'] });
    expect(named(timeline, 'person')).toMatchObject({ reason: 'person', endedAt: 4_500 });
  });

  test('time between two steps is a gap that says where it went on', () => {
    const next = { step: 't1.2', by: '8@w2' };
    const events = logged(
      ...[accepted(), started(120), step(150), stepEnd(200), step(900, next), stepEnd(950, { step: 't1.2' })],
      ended(1_400),
    );
    const timeline = told(events);
    expect(named(timeline, 'moved')).toMatchObject({ kind: 'gap', ms: 700, crossesHosts: true });
    expect(named(timeline, 'between')).toMatchObject({ kind: 'gap', startedAt: 950, ms: 450 });
  });
});

describe('turns that change', () => {
  test('a message that joins a running turn is followed there', () => {
    const events = logged(
      accepted({ turn: 't2', data: { messageId: 'm', parts: [], queued: true, steers: 't1' } }),
      {
        type: 'turn.merged',
        at: 300,
        turn: 't2',
        data: { into: 't1', messageIds: ['m'], reason: { code: 'joined', message: '' } },
      },
      ...[step(310, { step: 't1.2' }), stepEnd(350, { step: 't1.2' }), ended(350)],
    );
    expect(told(events)).toMatchObject({ status: 'completed', turn: 't1' });
    expect(named(told(events), 'queue')).toMatchObject({ ms: 180 });
  });

  test('one that is superseded has waited up to then', () => {
    const cancelled = {
      type: 'turn.cancelled',
      at: 300,
      turn: 't1',
      data: { reason: { code: 'superseded', message: '' } },
    } as const;
    const timeline = told(logged(accepted(), cancelled));
    expect(timeline.status).toBe('superseded');
    expect(named(timeline, 'queue')).toMatchObject({ ms: 180, cause: { code: 'superseded' } });
  });
});

describe('clocks', () => {
  test('that are apart never make a span negative: it says by how much they are', () => {
    const events = logged(accepted(), started(120), step(90), stepEnd(100), ended(100));
    const span = named(told(events), 'start');
    expect(span).toMatchObject({ ms: 0, crossesHosts: true, clampedMs: 30 });
  });

  test('of processes on one host are one', () => {
    const by = '9@edge';
    const events = logged(accepted(), started(120), step(150, { by }), stepEnd(200), ended(200));
    const timeline = told(events, [{ gateway: GATEWAY, pushedAt: 210, connections: [] }]);
    expect(named(timeline, 'push')).not.toHaveProperty('crossesHosts');
  });
});

describe('delivery', () => {
  const gateways: readonly GatewayTrace[] = [
    {
      ...{ gateway: GATEWAY, acceptedAt: 112, pushedAt: 420 },
      connections: [
        { id: 'c1', kind: 'socket', subject: 'ana', since: 50, acknowledgedAt: 450 },
        { id: 'c2', kind: 'stream', since: 60 },
      ],
    },
    { gateway: '2@edge2', connections: [] },
  ];

  test('is told gateway by gateway, down to the connection that has acknowledged', () => {
    const timeline = told(TURN, gateways);
    expect(named(timeline, 'signal')).toMatchObject({ ms: 7, reason: 'engine', process: GATEWAY });
    expect(named(timeline, 'push')).toMatchObject({ ms: 20, process: GATEWAY, crossesHosts: true });
    const acknowledged = timeline.spans.filter(({ name }) => name === 'acknowledge');
    expect(acknowledged).toMatchObject([
      { ms: 30, endedAt: 450, connection: { id: 'c1', kind: 'socket', subject: 'ana' } },
      { connection: { id: 'c2' }, reason: 'client' },
    ]);
    expect(acknowledged[1]).not.toHaveProperty('endedAt');
    expect(timeline.gateways).toEqual({ asked: 2, answered: 2 });
  });

  test('that nobody remembers is a named gap', () => {
    expect(named(told(TURN, []), 'undelivered')).toMatchObject({ kind: 'gap' });
  });

  test('whoever may only watch is told neither processes nor limits nor connections of others', () => {
    const waits = [
      { reason: 'quota', from: 10, until: 100, code: 'rate_limited', limit: 'messagesPerMinute' },
    ] as const;
    const timeline = told(logged(accepted({ waits }), started(120), step(150)), gateways);
    const hers = JSON.stringify(publicTimeline(timeline, 'ana'));
    expect(hers).toContain('"c1"');
    for (const secret of ['c2', '@', 'messagesPerMinute', '"gateways"']) expect(hers).not.toContain(secret);
    expect(JSON.stringify(publicTimeline(timeline))).not.toContain('c1');
  });
});
