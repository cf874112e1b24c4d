/** The page of `convoke top`: what is there, in the width of a terminal, and in which order. */
import { expect, test } from '@jest/globals';
import { counted } from '../../src/contracts/index.ts';
import type { SystemStatus, TenantUse } from '../../src/contracts/index.ts';
import { placeLine } from '../../src/cli/calls.ts';
import { bytes, nearest, span, topPage } from '../../src/cli/top-page.ts';
import type { Sort } from '../../src/cli/top-page.ts';

const AT = 10_000_000;
const ok = { status: 'ok', ms: 3 } as const;
const slots = (used: number) => ({ used, most: 200 });

const SYSTEM: SystemStatus = {
  ...{ at: AT, by: '1@a' },
  gateways: {
    ...{ ...ok, asked: 2 },
    data: [
      {
        ...{
          id: '1@a',
          version: '1',
          startedAt: AT - 90_000,
          draining: true,
          ready: true,
          checks: {},
          sockets: 3,
        },
        ...{ streams: 1, waitingBytes: 0, sessions: 2, lateMs: 4, heapBytes: 50 * 2 ** 20, refused: [] },
        busiest: [
          { tenant: 'dev', session: 'b', watchers: 1, events: 3 },
          { tenant: 'dev', session: 'a\u001b[2J', watchers: 2, events: 9 },
        ],
      },
    ],
  },
  workers: {
    ...ok,
    data: [
      {
        ...{
          id: '7@w',
          version: '1',
          startedAt: AT - 1_000,
          draining: false,
          toldMsAgo: 1,
          cached: 2,
          heapBytes: 1,
        },
        ...{ queues: ['main'], agents: ['billing'], teams: [], tools: [], models: [] },
        ...{ turns: slots(2), quick: slots(1), tasks: slots(0) },
        longest: [{ tenant: 'dev', session: 's', turn: 't4', startedAt: AT - 3_700_000 }],
      },
    ],
  },
  queues: {
    ...ok,
    data: [{ ...ok, name: 'main', kind: 'workflow', backlog: 4, oldestMs: 1_500, pollers: ['7@w'] }],
  },
  redis: { status: 'unknown', ms: 1_000, reason: 'It has not answered within 1 s.' },
  temporal: { ...ok, version: '1.29.1' },
  archive: { ...ok, kind: 'postgres' },
  troubles: [{ level: 'warning', text: 'Gateway 1@a is drained: stop it, or resume it.' }],
};

const tenant = (name: string, more: Partial<TenantUse>): TenantUse => ({
  ...{ ...ok, tenant: name, limits: [], waiting: 0, refused: 0, running: 0 },
  ...more,
});
const TENANTS = [
  tenant('acme', { refused: 7 }),
  tenant('zeta', { running: 3, limits: [{ limit: 'connections', most: 10, used: 9, left: 1 }] }),
];

const page = (sort: Sort, columns = 200): readonly string[] =>
  topPage({ system: SYSTEM, tenants: TENANTS }, { sort, columns, paint: (_style, text) => text });
const lineOf = (lines: readonly string[], start: string): number =>
  lines.findIndex((line) => line.startsWith(start));

test('it tells of everything, and what is wrong first', () => {
  const lines = page('activity');
  expect(lines.slice(0, 3)).toEqual([
    '1 of 2 gateways · 1 worker · 3 turns run',
    'Temporal 1.29.1, 3 ms · Redis unknown · archive postgres, 3 ms',
    '! Gateway 1@a is drained: stop it, or resume it.',
  ]);
  expect(lines[lineOf(lines, '1@a')]).toMatch(/drained +3 +1 +2 +4 ms +50\.0 MiB +1m 30s/);
  expect(lines[lineOf(lines, '7@w')]).toMatch(/ready +2\/200 +1 +2 .*billing/);
  expect(lines[lineOf(lines, 'main')]).toMatch(/workflow +4 +1\.5 s/);
  expect(lines[lineOf(lines, 'dev/s t4')]).toMatch(/1h 1m +7@w/);
});

test('rows are sorted as asked', () => {
  const before = (sort: Sort): boolean => lineOf(page(sort), 'zeta') < lineOf(page(sort), 'acme');
  expect([before('activity'), before('refused'), before('name')]).toEqual([true, false, false]);
  expect(lineOf(page('activity'), 'dev/a')).toBeLessThan(lineOf(page('activity'), 'dev/b'));
});

test('it fits the terminal, and nothing in it moves the cursor', () => {
  for (const line of page('activity', 60)) expect(line.length).toBeLessThanOrEqual(60);
  expect(page('activity').join('')).not.toContain('\u001b');
});

test('one is not several', () => {
  const { gateways, workers, ...rest } = SYSTEM;
  const system = { ...rest, gateways: { ...gateways, asked: 1 }, workers: { ...workers, data: [] } };
  const look = { sort: 'name', columns: 200, paint: (_style: unknown, text: string) => text } as const;
  expect(topPage({ system, tenants: [] }, look)[0]).toBe('1 of 1 gateway · 0 workers · 0 turns run');
  expect([1, 0, 2, 1_000].map((count) => counted(count, 'turn'))).toEqual([
    '1 turn',
    '0 turns',
    '2 turns',
    '1,000 turns',
  ]);
  expect(placeLine({ most: 1, used: 1, place: 1, limit: 'runningTurns' })).toBe(
    'waits for a place: number 1 in the line, 1 of 1 turn runs',
  );
});

test('numbers for people', () => {
  expect([bytes(0), bytes(2_048), bytes(3 * 2 ** 30)]).toEqual(['0 B', '2.0 KiB', '3.0 GiB']);
  expect([span(500), span(61_000), span(90_061_000)]).toEqual(['0s', '1m 1s', '1d 1h']);
  expect(nearest(TENANTS[1]!)).toBe('connections 9/10');
  expect(nearest(tenant('x', { status: 'unknown', reason: 'Redis is away' }))).toBe('Redis is away');
});
