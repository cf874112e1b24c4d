/** The deployment on a terminal, for people: what `convoke top` shows. */
import { counted } from '../contracts/index.ts';
import type { SystemStatus, TenantUse, ToldWorker } from '../contracts/index.ts';
import { duration, harmless, table } from './terminal.ts';
import type { Style } from './terminal.ts';

/** By what rows of tenants and sessions are sorted. */
export const SORTS = ['activity', 'refused', 'name'] as const;
export type Sort = (typeof SORTS)[number];

export interface Shown {
  readonly system: SystemStatus;
  readonly tenants: readonly TenantUse[];
}

export interface Look {
  readonly sort: Sort;
  readonly columns: number;
  readonly paint: (style: Style, text: string) => string;
}

/** Rows of each list. */
const ROWS = 8;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(count: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  return `${(count / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power] ?? ''}`;
}

/** How long, for a column: `3d 4h`, `5m 10s`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const told = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2);
  return told.map(([count, unit]) => `${count}${unit}`).join(' ');
}

export function topPage(shown: Shown, look: Look): readonly string[] {
  const { system } = shown;
  const lists = [
    gateways(system),
    workers(system),
    queues(system),
    tenantRows(shown.tenants, look.sort),
    sessions(system, look.sort),
    turns(system),
  ];
  const fit = (line: string): string =>
    line.length <= look.columns ? line : `${line.slice(0, look.columns - 1)}…`;
  const listed = lists.flatMap(([head, ...rows]) =>
    head === undefined || rows.length === 0
      ? []
      : [
          '',
          ...lined([head, ...rows]).map((line, index) =>
            index === 0 ? look.paint('dim', fit(line)) : fit(line),
          ),
        ],
  );
  return [...summary(system).map(fit), ...troubles(system, look, fit), ...listed];
}

const lined = (rows: readonly (readonly string[])[]): readonly string[] =>
  table(rows.map((row) => row.map(harmless)))
    .trimEnd()
    .split('\n');

function summary({
  gateways: all,
  workers: told,
  redis,
  temporal,
  archive,
}: SystemStatus): readonly string[] {
  const running = told.data.reduce((sum, { turns: { used }, quick }) => sum + used + quick.used, 0);
  const server = (name: string, part: typeof redis | typeof temporal, what: string): string =>
    `${name} ${part.status === 'ok' ? [what, `${part.ms} ms`].filter(Boolean).join(', ') : 'unknown'}`;
  const { server: found } = redis;
  const memory = found ? `${found.version}, ${bytes(found.usedBytes)}` : '';
  return [
    [
      `${all.data.length} of ${counted(all.asked, 'gateway')}`,
      counted(told.data.length, 'worker'),
      `${counted(running, 'turn')} ${running === 1 ? 'runs' : 'run'}`,
    ].join(' · '),
    [
      server('Temporal', temporal, temporal.version ?? ''),
      server('Redis', redis, memory),
      server('archive', archive, archive.kind ?? ''),
    ].join(' · '),
  ];
}

function troubles(
  { troubles: all }: SystemStatus,
  { paint }: Look,
  fit: (line: string) => string,
): readonly string[] {
  if (all.length === 0) return [paint('green', 'Nothing to look at.')];
  const more = all.length - ROWS;
  return [
    ...all
      .slice(0, ROWS)
      .map(({ level, text }) => paint(level === 'error' ? 'red' : 'yellow', fit(`! ${harmless(text)}`))),
    ...(more > 0 ? [`  and ${more} more: npx convoke top --once --json`] : []),
  ];
}

function gateways({ at, gateways: { data } }: SystemStatus): readonly (readonly string[])[] {
  const state = (ready: boolean, draining: boolean): string =>
    draining ? 'drained' : ready ? 'ready' : 'not ready';
  return [
    ['GATEWAY', 'STATE', 'SOCKETS', 'STREAMS', 'SESSIONS', 'LATE', 'HEAP', 'UP'],
    ...data.map((each) => [
      ...[each.id, state(each.ready, each.draining), String(each.sockets), String(each.streams)],
      ...[String(each.sessions), `${each.lateMs} ms`, bytes(each.heapBytes), span(at - each.startedAt)],
    ]),
  ];
}

function workers({ at, workers: { data, gone = [] } }: SystemStatus): readonly (readonly string[])[] {
  return [
    ['WORKER', 'STATE', 'TURNS', 'QUICK', 'CACHED', 'HEAP', 'UP', 'BUILD', 'HAS'],
    ...data.map((each) => [
      ...[each.id, each.draining ? 'stopping' : 'ready', `${each.turns.used}/${each.turns.most}`],
      ...[String(each.quick.used), String(each.cached), bytes(each.heapBytes), span(at - each.startedAt)],
      ...[each.deployment?.buildId ?? each.version, has(each)],
    ]),
    ...gone
      .slice(0, ROWS)
      .map((each) => [
        ...[each.id, `gone ${span(each.toldMsAgo)}`, '', '', '', '', '', each.version, has(each)],
      ]),
  ];
}

function has({ agents, teams, models }: Pick<ToldWorker, 'agents' | 'teams' | 'models'>): string {
  return [...agents, ...teams, ...models].join(' ') || '–';
}

function queues({ queues: { data } }: SystemStatus): readonly (readonly string[])[] {
  return [
    ['TASK QUEUE', 'KIND', 'WAITING', 'OLDEST', 'IN/S', 'OUT/S', 'POLLERS'],
    ...data.map(({ name, kind, status, pollers, ...told }) => [
      ...[name, kind, status === 'ok' ? String(told.backlog ?? '–') : 'unknown'],
      ...[
        duration(told.oldestMs ?? 0),
        String(told.addedPerSecond ?? '–'),
        String(told.takenPerSecond ?? '–'),
      ],
      String(pollers.length),
    ]),
  ];
}

function tenantRows(tenants: readonly TenantUse[], sort: Sort): readonly (readonly string[])[] {
  const by: Record<Sort, (one: TenantUse, other: TenantUse) => number> = {
    activity: (one, other) => weightOf(other) - weightOf(one) || other.refused - one.refused,
    refused: (one, other) => other.refused - one.refused || other.waiting - one.waiting,
    name: (one, other) => (one.tenant < other.tenant ? -1 : 1),
  };
  return [
    ['TENANT', 'STATE', 'RUNNING', 'WAITING', 'REFUSED/MIN', 'NEAREST LIMIT'],
    ...tenants
      .toSorted(by[sort])
      .slice(0, ROWS)
      .map((each) => [
        ...[each.tenant, each.state ?? 'environment', String(each.running), String(each.waiting)],
        ...[String(each.refused), nearest(each)],
      ]),
  ];
}

const weightOf = ({ running, waiting }: TenantUse): number => running + waiting;

/** The limit of which the largest share is used. */
export function nearest({ limits, status, reason }: TenantUse): string {
  if (status !== 'ok') return reason ?? 'unknown';
  const share = ({ used, most }: (typeof limits)[number]): number => used / Math.max(1, most);
  const [first] = limits.toSorted((one, other) => share(other) - share(one));
  return first ? `${first.limit} ${first.used}/${first.most}` : 'no limits';
}

function sessions({ gateways: { data } }: SystemStatus, sort: Sort): readonly (readonly string[])[] {
  const sums = new Map<string, { name: string; watchers: number; events: number }>();
  for (const { tenant, session, watchers, events } of data.flatMap(({ busiest }) => busiest)) {
    const name = `${tenant}/${session}`;
    const before = sums.get(name) ?? { watchers: 0, events: 0 };
    // Each gateway that follows it sends every event.
    const sum = { watchers: before.watchers + watchers, events: Math.max(before.events, events) };
    sums.set(name, { name, ...sum });
  }
  const rows = [...sums.values()].sort((one, other) =>
    sort === 'name' ? (one.name < other.name ? -1 : 1) : other.events - one.events,
  );
  return [
    ['BUSIEST SESSION', 'EVENTS/MIN', 'WATCHERS'],
    ...rows.slice(0, ROWS).map(({ name, events, watchers }) => [name, String(events), String(watchers)]),
  ];
}

function turns({ at, workers: { data } }: SystemStatus): readonly (readonly string[])[] {
  const all = data.flatMap(({ id, longest }) => longest.map((turn) => ({ ...turn, id })));
  return [
    ['LONGEST TURN', 'RUNS FOR', 'WORKER', 'DOES'],
    ...all
      .sort((one, other) => one.startedAt - other.startedAt)
      .slice(0, ROWS)
      .map(({ tenant, session, turn, startedAt, doing, id }) => [
        `${tenant}/${session} ${turn}`,
        span(at - startedAt),
        id,
        doing ? [doing.tool ?? doing.provider, doing.agent].filter(Boolean).join(' of ') : '–',
      ]),
  ];
}
