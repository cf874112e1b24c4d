/** Which sessions are listed. Status, team and age are asked for; everything else is looked for among those that are loaded. */
import type { SessionSummary } from '../../../../src/contracts/public.ts';
import { isStuck, waitsForToken } from './facts.ts';
import type { Facts, WaitKind } from './facts.ts';

export interface Filters {
  readonly text: string;
  readonly status: string;
  readonly team: string;
  readonly agent: string;
  /** Not older than so long, ms; 0: of any age. */
  readonly ageMs: number;
  /** `any`: it waits for something. `people`: for an approval or an answer. */
  readonly waits: WaitKind | 'any' | 'people' | '';
  readonly stuck: boolean;
  /** `any`: there is some. */
  readonly feedback: 'any' | 'low' | 'good' | '';
}

const HOUR = 3_600_000;

export const AGES: readonly (readonly [name: string, text: string, ms: number])[] = [
  ['1h', 'Last hour', HOUR],
  ['24h', 'Last 24 hours', 24 * HOUR],
  ['7d', 'Last 7 days', 7 * 24 * HOUR],
];

export function filtersOf(query: URLSearchParams): Filters {
  return {
    text: query.get('q') ?? '',
    status: query.get('status') ?? '',
    team: query.get('team') ?? '',
    agent: query.get('agent') ?? '',
    ageMs: AGES.find(([name]) => name === query.get('age'))?.[2] ?? 0,
    waits: (query.get('waits') ?? '') as Filters['waits'],
    stuck: query.get('stuck') !== null,
    feedback: (query.get('feedback') ?? '') as Filters['feedback'],
  };
}

/** What is asked for of the gateway. */
export interface Asked extends Pick<Filters, 'status' | 'team'> {
  /** When a session was opened at the earliest, ms since the Unix epoch; 0: at any time. */
  readonly since: number;
}

export function listPath({ status, team, since }: Asked, cursor: string | null): string {
  const query = new URLSearchParams({ limit: '50' });
  if (status) query.set('status', status);
  if (team) query.set('team', team);
  if (since > 0) query.set('createdAfter', String(since));
  if (cursor !== null) query.set('cursor', cursor);
  return `/v1/sessions?${query.toString()}`;
}

/** Names of the filters that are set and know the loaded sessions alone. */
export function localOf({ text, agent, waits, stuck, feedback }: Filters): readonly string[] {
  return [
    ...(text ? ['text'] : []),
    ...(agent ? ['agent'] : []),
    ...(waits ? ['waiting'] : []),
    ...(feedback ? ['feedback'] : []),
    ...(stuck ? ['stuck'] : []),
  ];
}

const PEOPLE: readonly WaitKind[] = ['approval', 'person'];

function waitsFor(waits: Filters['waits'], facts: Facts | undefined, now: number): boolean {
  if (waits === '') return true;
  const isAsking = facts !== undefined && waitsForToken(facts, now);
  const all: readonly WaitKind[] = [...(facts?.waits ?? []), ...(isAsking ? (['provider'] as const) : [])];
  if (waits === 'any') return all.length > 0;
  return waits === 'people' ? all.some((kind) => PEOPLE.includes(kind)) : all.includes(waits);
}

/** It needs a person to go on. */
export function needsPeople({ waits }: Facts): boolean {
  return waits.some((kind) => PEOPLE.includes(kind));
}

export function fits(
  filters: Filters,
  summary: SessionSummary,
  facts: Facts | undefined,
  now: number,
): boolean {
  const { text, agent, ageMs, waits, stuck, feedback } = filters;
  if (ageMs > 0 && now - summary.createdAt > ageMs) return false;
  if (agent && !facts?.agents.includes(agent)) return false;
  if (!waitsFor(waits, facts, now)) return false;
  if (feedback && !(feedback === 'any' ? facts?.feedback : facts?.feedback === feedback)) return false;
  if (stuck && !(facts && isStuck(facts, now))) return false;
  if (text === '') return true;
  const all = [
    summary.id,
    summary.team,
    ...(facts ? [...facts.agents, ...facts.people, ...facts.labels, facts.preview] : []),
  ];
  return all.some((each) => each.toLowerCase().includes(text.toLowerCase()));
}
