/** The cause behind a wait: of turns in front, of workers that are missing or lost, of a model that is silent, of connections. */
import { describe, expect, test } from '@jest/globals';
import { publicTimeline, timelineOf } from '../../../src/contracts/index.ts';
import type { GatewayTrace, LoggedEvent, Timeline, TimelineSpan } from '../../../src/contracts/index.ts';
import type { TimelineExtras } from '../../../src/contracts/timeline/fold.ts';
import { waterfall } from '../../../src/cli/commands/trace.ts';
import { accepted, ended, GATEWAY, logged, started, step, stepEnd, WORKER } from './events.ts';

const NOW = 100_000;

function told(events: readonly LoggedEvent[], extras: Partial<TimelineExtras> = {}): Timeline {
  const timeline = timelineOf('s', events, 'm', { now: NOW, ...extras });
  if (!timeline) throw new Error('no such message');
  return timeline;
}

const named = ({ spans }: Timeline, name: string): TimelineSpan | undefined =>
  spans.find((span) => span.name === name);
const longest = ({ spans, longest: index = -1 }: Timeline): TimelineSpan | undefined => spans[index];
const text = (timeline: Timeline): string => waterfall(timeline, (_style, shown) => shown);

const queued = (turn: string, at = 1_000): ReturnType<typeof accepted> =>
  accepted({ turn, at, data: { messageId: 'm', parts: [], queued: true } });
const TOOL = { step: 't1.1.c1', data: { use: { id: 'c', tool: 'records', input: {} } } };

describe('the turns in front', () => {
  /** A turn whose tool takes 40 s, and a message that came in meanwhile. */
  const STUCK = [started(100), step(110), stepEnd(500), step(510, TOOL), queued('t2')];

  test('say what they did longest, also what was before the message', () => {
    const events = logged(
      ...STUCK,
      stepEnd(40_510, { step: TOOL.step }),
      ended(40_520),
      started(40_530, 't2'),
    );
    expect(named(told(events), 'queue')).toMatchObject({
      ...{ behind: ['t1'], ms: 39_530 },
      front: [
        {
          turn: 't1',
          ms: 39_520,
          by: { name: 'tool', tool: 'records', agent: 'a', ms: 39_510, process: WORKER },
        },
      ],
    });
    expect(text(told(events))).toContain('t1 ran for 39.5 s: tool records of a, 39.5 s');
  });

  test('are named while they run', () => {
    expect(named(told(logged(...STUCK)), 'queue')).toMatchObject({
      ...{ behind: ['t1'], ms: NOW - 1_000 },
      front: [{ turn: 't1', by: { name: 'tool', tool: 'records' } }],
    });
  });

  test('that waited for a place of their tenant say for which limit; so does the turn itself', () => {
    const limit = { limit: 'runningTurns', most: 1, used: 1, place: 1 };
    const events = logged(
      ...[started(100), { type: 'quota.waiting', at: 110, turn: 't1', data: limit } as const, queued('t2')],
      { type: 'quota.cleared', at: 30_110, turn: 't1', data: { limit: 'runningTurns' } },
      ...[step(30_120), stepEnd(30_200), ended(30_200), started(30_210, 't2')],
      { type: 'quota.waiting', at: 30_220, turn: 't2', data: { ...limit, most: 2, used: 2 } },
    );
    const by = { name: 'place', reason: 'quota', limit: 'runningTurns', most: 1, used: 1, ms: 29_110 };
    expect(named(told(events), 'queue')?.front).toMatchObject([{ turn: 't1', by }]);
    expect(named(told(events), 'place')).toMatchObject({ limit: 'runningTurns', most: 2, used: 2 });
    expect(text(told(events))).toContain('limit runningTurns 2 (2 in use)');
    const hers = JSON.stringify(publicTimeline(told(events)));
    for (const secret of ['runningTurns', '"most"', '"used"', WORKER]) expect(hers).not.toContain(secret);
  });

  test('and the turn itself name the turns that hold the places now', () => {
    const data = { limit: 'runningTurns', most: 2, used: 2, place: 1 };
    const waiting = [started(100), { type: 'quota.waiting', at: 110, turn: 't1', data }] as const;
    const holders = [
      { session: 'oak', turn: 't7' },
      { session: 'elm', turn: 't2' },
    ];
    const own = told(logged(accepted(), ...waiting), { holders });
    expect(longest(own)).toMatchObject({ name: 'place', limit: 'runningTurns', holders });
    expect(text(own).replace(/\s+/g, ' ')).toContain('held by oak t7, elm t2');
    const behind = told(logged(...waiting, queued('t2')), { holders });
    expect(text(behind)).toContain('held by oak t7, elm t2');
    expect(named(behind, 'queue')?.front).toMatchObject([{ by: { name: 'place', holders } }]);
    for (const timeline of [own, behind]) {
      expect(JSON.stringify(publicTimeline(timeline))).not.toContain('oak');
      // Of a wait that is over nobody knows who held them.
      const over = told(
        logged(
          ...[accepted(), ...waiting, { type: 'quota.cleared', at: 200, turn: 't1', data: {} } as const],
          step(210),
        ),
        { holders },
      );
      expect(named(over, 'place')).not.toHaveProperty('holders');
    }
  });

  test('that run beside the main lane hold nothing up', () => {
    const beside = { ...started(100, 't0'), data: { messageIds: ['x'], beside: true } };
    expect(named(told(logged(beside, step(110, { turn: 't0' }), queued('t2'))), 'queue')).not.toHaveProperty(
      'behind',
    );
  });
});

describe('a worker that has what a turn needs', () => {
  const MISSING = `No running worker's configuration has the agent "auditor".`;
  const failed = (at: number) =>
    ({
      type: 'turn.failed',
      at,
      turn: 't1',
      data: { code: 'no_worker_for_agent', message: MISSING },
    }) as const;

  test('that does not come is waited for, and the timeline says why the turn failed', () => {
    const timeline = told(logged(accepted(), started(120), step(150), stepEnd(1_000), failed(16_050)));
    expect(longest(timeline)).toMatchObject({
      ...{ name: 'able', kind: 'wait', reason: 'worker', ms: 15_050 },
      cause: { code: 'no_worker_for_agent', message: MISSING },
    });
    expect(longest(timeline)).not.toHaveProperty('process');
    expect(named(timeline, 'between')).toBeUndefined();
    expect(timeline.failure).toEqual({
      code: 'no_worker_for_agent',
      title: expect.any(String),
      detail: MISSING,
    });
    expect(text(timeline).replace(/\n/g, ' ')).toContain(MISSING);
  });

  test('is waited for also by a turn that has not begun with a step', () => {
    expect(longest(told(logged(accepted(), started(120), failed(15_200))))).toMatchObject({
      ...{ name: 'able', ms: 15_080 },
    });
  });

  test('of which the only one was lost: that one is named, and for how long another one was waited for', () => {
    const data = { text: '', code: 'no_worker_for_agent', message: MISSING };
    const end = stepEnd(18_023, { type: 'step.failed', data });
    const timeline = told(logged(accepted(), started(120), step(150), end, failed(18_023)));
    expect(named(timeline, 'lost')).toMatchObject({
      ...{ process: WORKER, ms: 2_873, agent: 'a' },
      cause: { code: 'worker_lost' },
    });
    expect(named(timeline, 'able')).toMatchObject({ ms: 15_000, cause: { code: 'no_worker_for_agent' } });
    expect(named(timeline, 'attempt')).toBeUndefined();
  });

  test('that was found after a while: what it needed is named', () => {
    const waits = [{ reason: 'worker', from: 1_020, until: 5_000, needs: 'agent.auditor' }] as const;
    const next = { step: 't1.2', agent: 'auditor', by: '8@w2' };
    const events = logged(
      ...[accepted(), started(120), step(150), stepEnd(1_015), step(5_001, { ...next, waits })],
      ...[stepEnd(5_500, next), ended(5_500)],
    );
    const timeline = told(events);
    expect(longest(timeline)).toMatchObject({
      ...{ name: 'able', ms: 3_980, needs: 'agent.auditor', agent: 'auditor', process: '8@w2' },
    });
    expect(named(timeline, 'moved')).toBeUndefined();
    expect(text(timeline)).toContain('a worker that has agent auditor');
  });

  describe('that has not come yet', () => {
    const handedOver = (at: number) => new Map([['t1', { needs: 'agent.auditor', at }]]);
    const open = { name: 'able', kind: 'wait', reason: 'worker', needs: 'agent.auditor' } as const;
    const after = logged(accepted(), started(120), step(150), stepEnd(1_000));

    test('is named before the first step, and between two', () => {
      const first = told(logged(accepted(), started(120)), { handedOver: handedOver(1_120) });
      expect(named(first, 'start')).toMatchObject({ ms: 1_000, endedAt: 1_120 });
      expect(longest(first)).toMatchObject({ ...open, startedAt: 1_120 });
      const later = told(after, { handedOver: handedOver(1_015) });
      expect(longest(later)).toMatchObject({ ...open, startedAt: 1_015 });
      for (const timeline of [first, later]) {
        expect(longest(timeline)).not.toHaveProperty('endedAt');
        expect(named(timeline, 'between')).toBeUndefined();
        expect(text(timeline)).toContain('a worker that has agent auditor');
        expect(JSON.stringify(publicTimeline(timeline))).not.toContain('auditor');
      }
    });

    test('is named after the only one was lost', () => {
      const running = logged(accepted(), started(120), step(150));
      const timeline = told(running, { workers: new Set(['8@w2']), handedOver: handedOver(3_000) });
      expect(named(timeline, 'lost')).toMatchObject({ ms: 2_850, process: WORKER, agent: 'a' });
      expect(longest(timeline)).toMatchObject({ ...open, startedAt: 3_000, step: 't1.1' });
      expect(longest(timeline)).not.toHaveProperty('process');
    });

    test('is what a message in the queue waits for', () => {
      const timeline = told(logged(started(100), step(110), stepEnd(500), queued('t2')), {
        handedOver: handedOver(520),
      });
      expect(named(timeline, 'queue')?.front).toMatchObject([{ turn: 't1', by: open }]);
      expect(text(timeline)).toContain('t1 ran for 1 min 39 s: a worker that has agent auditor, 1 min 39 s');
    });

    test('is no news of a turn that has gone on or ended since', () => {
      expect(named(told(after, { handedOver: handedOver(140) }), 'able')).toBeUndefined();
      const over = logged(accepted(), started(120), step(150), stepEnd(1_000), ended(1_050));
      expect(named(told(over, { handedOver: handedOver(1_015) }), 'able')).toBeUndefined();
    });
  });
});

describe('an attempt that goes on', () => {
  const asks = { provider: 'south', model: 'm-1' };
  const events = logged(accepted(), started(120), step(150, { asks }));

  test('at a worker that is gone says so', () => {
    const timeline = told(events, { workers: new Set(['8@w2']) });
    expect(longest(timeline)).toMatchObject({
      ...{ name: 'lost', kind: 'gap', process: WORKER, cause: { code: 'worker_lost' } },
    });
    expect(longest(timeline)).not.toHaveProperty('endedAt');
    expect(named(told(events, { workers: new Set([WORKER]) }), 'lost')).toBeUndefined();
  });

  test('waits for the model until that has spoken', () => {
    const silent = told(events, { speaking: new Set() });
    expect(longest(silent)).toMatchObject({ name: 'answer', kind: 'wait', reason: 'provider', ...asks });
    expect(named(told(events, { speaking: new Set(['t1.1']) }), 'attempt')).toMatchObject({
      ...{ kind: 'work', ...asks },
    });
    // A scripted agent asks nobody.
    const scripted = told(logged(accepted(), started(120), step(150)), { speaking: new Set() });
    expect(named(scripted, 'attempt')).toMatchObject({ kind: 'work' });
  });

  test('names provider and model, which whoever may only watch is not told', () => {
    const timeline = told(events);
    expect(text(timeline)).toContain('south m-1');
    expect(JSON.stringify(publicTimeline(timeline))).not.toContain('south');
  });
});

describe('acknowledgements', () => {
  const turn = logged(
    accepted({ data: { messageId: 'm', parts: [], queued: false, from: 'kim' } }),
    ...[started(120), step(150), stepEnd(18_000), ended(18_000)],
  );
  const connected = (more: object): readonly GatewayTrace[] => [
    { gateway: GATEWAY, pushedAt: 18_010, connections: [{ id: 'c', kind: 'socket', since: 50, ...more }] },
  ];

  test('of who came after the answer do not count', () => {
    const late = connected({ subject: 'kim', since: 20_000, acknowledgedAt: 90_000 });
    const timeline = told(turn, { gateways: late });
    expect(named(timeline, 'acknowledge')).toMatchObject({ ms: 70_000, aside: true });
    expect(longest(timeline)).toMatchObject({ name: 'attempt' });
    expect(timeline.until).toBe(18_010);
  });

  test('of others count if they took longer than the answer', () => {
    const other = (acknowledgedAt: number) =>
      longest(told(turn, { gateways: connected({ subject: 'eve', acknowledgedAt }) }));
    expect(other(35_000)).toMatchObject({ name: 'attempt' });
    expect(other(60_000)).toMatchObject({ name: 'acknowledge', ms: 41_990 });
  });

  test('of the sender count', () => {
    const hers = told(turn.slice(0, 2), { gateways: connected({ subject: 'kim' }) });
    expect(hers.status).toBe('running');
    const brief = logged(
      accepted({ data: { messageId: 'm', parts: [], queued: false, from: 'kim' } }),
      started(120),
      ended(130),
    );
    const timeline = told(brief, { gateways: connected({ subject: 'kim', acknowledgedAt: 40_000 }) });
    expect(longest(timeline)).toMatchObject({ name: 'acknowledge', ms: 21_990 });
  });

  test('are not waited for before there is an answer', () => {
    expect(named(told(turn.slice(0, 3), { gateways: connected({}) }), 'acknowledge')).toBeUndefined();
    expect(named(told(turn, { gateways: connected({}) }), 'acknowledge')).not.toHaveProperty('endedAt');
  });
});
