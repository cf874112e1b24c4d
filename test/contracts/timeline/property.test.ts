import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LIMITS, timelineOf } from '../../../src/contracts/index.ts';
import type { LoggedEvent, TimelineSpan } from '../../../src/contracts/index.ts';
import { accepted, ended, logged, started, step, stepEnd, WORKER } from './events.ts';

const times = fc.integer({ min: 0, max: 5_000 });
const ids = fc.constantFrom('t1.1', 't1.2', 't1.1.c1');
const place = { turn: 't1', agent: 'a' };

/** Any event of a turn, at any time: clocks may be as wrong as they like. */
const anything = fc.oneof(
  fc.record({ at: times, id: ids }).map(({ at, id }) => step(at, { step: id })),
  fc
    .record({ at: times, id: ids, first: fc.option(times, { nil: undefined }) })
    .map(({ at, id, first }) =>
      stepEnd(at, { step: id, stamps: first === undefined ? {} : { first, last: first } }),
    ),
  fc.record({ at: times, id: ids, attempt: fc.integer({ min: 2, max: 9 }) }).map(({ at, id, attempt }) => ({
    ...{ type: 'step.restarted' as const, at, step: id, attempt, by: WORKER, ...place },
    data: { reason: attempt % 2 === 0 ? 'The worker that ran it was lost.' : 'Busy.' },
  })),
  fc.record({ at: times, id: ids }).map(({ at, id }) => ({
    ...{ type: 'step.waiting' as const, at, step: id, ...place },
    data: { code: 'agent_timeout', message: '', until: at + 10 },
  })),
  times.map((at) => started(at)),
  times.map((at) => ended(at)),
  times.map((at) => ended(at, 't0')),
  times.map((at) => ({ type: 'approval.requested' as const, at, turn: 't1', data: { approval: 'p' } })),
  times.map((at) => ({
    type: 'approval.decided' as const,
    at,
    turn: 't1',
    data: { approval: 'p', status: 'denied', by: [] },
  })),
);
const stories = fc.array(anything, { maxLength: 30 }).map((rest) => logged(accepted(), ...rest));

function read(events: readonly LoggedEvent[], now: number) {
  const timeline = timelineOf('s', events, 'm', { now, gateways: [] });
  if (!timeline) throw new Error('no timeline');
  return timeline;
}

test('whatever was logged in whatever order, spans are whole, never negative, and the longest is the longest', () => {
  fc.assert(
    fc.property(stories, times, (events, now) => {
      const { spans, longest, ms, from, until } = read(events, now);
      for (const span of spans) {
        expect(span.ms).toBeGreaterThanOrEqual(0);
        if (span.endedAt === undefined) continue;
        const took = span.endedAt - span.startedAt;
        if (took >= 0) expect(span).toMatchObject({ ms: took });
        else expect(span).toMatchObject({ ms: 0, clampedMs: -took });
      }
      expect(spans[longest ?? -1]?.ms).toBe(Math.max(...spans.map((span) => span.ms)));
      expect(ms).toBe(until - from);
    }),
  );
});

test('a step that has ended has no open span, one that has not has exactly one', () => {
  const isOpen = ({ name, endedAt, step: id }: TimelineSpan): boolean =>
    id !== undefined && ['attempt', 'tool', 'retry'].includes(name) && endedAt === undefined;
  fc.assert(
    fc.property(stories, (events) => {
      const begun = events.findIndex(({ type }) => type === 'turn.started');
      const over = events.findIndex(({ type, turn }) => type === 'turn.completed' && turn === 't1');
      const seen =
        begun < 0 || (over >= 0 && over < begun) ? [] : events.slice(begun, over < 0 ? undefined : over);
      const open = new Set<string>();
      for (const { type, step: id = '' } of seen) {
        if (type === 'step.started') open.add(id);
        if (type === 'step.completed') open.delete(id);
      }
      const told = read(events, 6_000).spans.filter(isOpen);
      expect(told.map(({ step: id }) => id).sort()).toEqual([...open].sort());
    }),
  );
});

test('more events only add: what was told as over stays so', () => {
  fc.assert(
    fc.property(stories, fc.integer({ min: 1, max: 30 }), (events, cut) => {
      const done = (spans: readonly TimelineSpan[]): readonly string[] =>
        spans
          .filter(
            ({ endedAt, name }) =>
              endedAt !== undefined && !['between', 'moved', 'undelivered'].includes(name),
          )
          .map((span) => JSON.stringify(span));
      const earlier = done(read(events.slice(0, cut), 6_000).spans);
      expect(done(read(events, 6_000).spans)).toEqual(expect.arrayContaining([...earlier]));
    }),
  );
});

test('a timeline holds so many spans and says that there were more', () => {
  const steps = Array.from({ length: LIMITS.timelineSpans }, (_, index) => `t1.${index + 1}`);
  const events = logged(
    ...[accepted(), started(120)],
    ...steps.flatMap((id, index) => [
      step(200 + index, { step: id }),
      stepEnd(1_000 + 2 * index, { step: id }),
    ]),
  );
  const timeline = read(events, 10_000);
  expect(timeline.spans).toHaveLength(LIMITS.timelineSpans);
  expect(timeline.truncated).toBe(true);
});

test('a message that is not there has no timeline', () => {
  expect(timelineOf('s', logged(accepted()), 'other', { now: 1 })).toBeNull();
});
