/** All sessions of the tenant, live. */
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { ReactElement } from 'react';
import { useFollowed } from '../../../../src/client/react/index.ts';
import type { SessionSummary } from '../../../../src/contracts/public.ts';
import { useAccess } from '../../shared/access.tsx';
import { curlOf } from '../../shared/api.ts';
import { Copy } from '../../shared/copy.tsx';
import { cost, count, short } from '../../shared/format.ts';
import { Empty, ErrorNote, Loading } from '../../shared/notes.tsx';
import { usePlace } from '../../shared/router.tsx';
import { useNow } from '../../shared/use-now.ts';
import { isStuck } from './facts.ts';
import type { Facts } from './facts.ts';
import { filtersOf, fits, listPath } from './filters.ts';
import { agesOf, Row } from './row.tsx';
import { Toolbar } from './toolbar.tsx';
import { useList } from './use-list.ts';
import type { List } from './use-list.ts';
import { Watch } from './watch.ts';
import type { Known } from './watch.ts';

/** Sessions that are followed at a time. A connection follows 32; some are left for the session that is opened next. */
const LIVE = 24;

const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();

function Follower({ id, watch }: { readonly id: string; readonly watch: Watch }): null {
  const session = useFollowed(id);
  useEffect(() => watch.follow(session), [session, watch]);
  return null;
}

function Tile({
  label,
  value,
  tone,
}: {
  readonly label: string;
  readonly value: string;
  readonly tone?: string;
}): ReactElement {
  return (
    <div className="tile" data-tone={tone}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Tiles({
  list,
  known,
  now,
}: {
  readonly list: List;
  readonly known: readonly Facts[];
  readonly now: number;
}): ReactElement {
  const sum = (of: (facts: Facts) => number): number => known.reduce((total, each) => total + of(each), 0);
  const stuck = known.filter((each) => isStuck(each, now)).length;
  const people = known.filter(({ waits }) => waits.includes('approval') || waits.includes('person')).length;
  return (
    <dl className="tiles">
      <Tile label="Sessions" value={`${count(list.sessions.length)}${list.hasMore ? '+' : ''}`} />
      <Tile label="Running turns" value={count(sum(({ running }) => running))} />
      <Tile label="Need people" value={count(people)} {...(people > 0 && { tone: 'warn' })} />
      <Tile label="Stuck" value={count(stuck)} {...(stuck > 0 && { tone: 'bad' })} />
      <Tile label="Tokens" value={short(sum(({ tokens }) => tokens))} />
      <Tile label="Cost" value={cost(sum((each) => each.cost))} />
    </dl>
  );
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }): ReactElement {
  if (isFiltered)
    return (
      <Empty title="No session fits">
        <p>
          Agent, age, waiting, feedback and text are looked for among the sessions that are loaded: load older
          ones, or clear a filter.
        </p>
      </Empty>
    );
  const open = { method: 'POST', body: { id: 'hello', agents: ['writer'] } } as const;
  return (
    <Empty title="No sessions yet">
      <p>A session appears here the moment that it is opened: by the SDK, by the command, or by a request.</p>
      <pre>
        <code>npx convoke send hello "Good morning!"</code>
      </pre>
      <p>
        <Copy label="Copy as curl" text={curlOf('/v1/sessions', open)} /> <a href="/docs">All of the API</a>
      </p>
    </Empty>
  );
}

const COLUMNS = ['Session', 'Status', 'Team', 'Messages', 'Tokens', 'Cost', 'Active', 'Age'];

interface TableProps {
  readonly sessions: readonly SessionSummary[];
  readonly known: Known;
  readonly now: number;
}

function Table({ sessions, known, now }: TableProps): ReactElement {
  return (
    <div role="table" aria-label="Sessions" className="table">
      <div role="row" className="row row-head">
        {COLUMNS.map((name, index) => (
          <span key={name} role="columnheader" className={index > 2 ? 'number' : undefined}>
            {name}
          </span>
        ))}
      </div>
      {sessions.map((summary) => {
        const facts = known.get(summary.id);
        const stuck = facts !== undefined && isStuck(facts, now);
        return (
          <Row
            key={summary.id}
            summary={summary}
            facts={facts}
            stuck={stuck}
            {...agesOf(summary, facts, now)}
          />
        );
      })}
    </div>
  );
}

export function SessionsPage(): ReactElement {
  const { api } = useAccess();
  const { query } = usePlace();
  const filters = filtersOf(query);
  const list = useList(filters);
  const now = useNow();
  const watch = useMemo(() => new Watch(api), [api]);
  const known = useSyncExternalStore(watch.subscribe, watch.get);
  const live = list.sessions.filter(({ status }) => status === 'open').slice(0, LIVE);
  // Those that are followed tell of themselves.
  const ids = list.sessions
    .filter((each) => !live.includes(each))
    .map(({ id }) => id)
    .join();
  useEffect(() => watch.read(ids === '' ? [] : ids.split(',')), [watch, ids]);
  const shown = list.sessions.filter((each) => fits(filters, each, known.get(each.id), now));
  const facts = list.sessions.flatMap(({ id }) => known.get(id) ?? []);
  return (
    <section className="page sessions">
      {live.map(({ id }) => (
        <Follower key={id} id={id} watch={watch} />
      ))}
      <header className="page-head">
        <h1>Sessions</h1>
        <Copy label="Copy link" icon="link" text={() => location.href} />
        <Copy label="Copy as curl" text={() => curlOf(listPath(filters, null))} />
      </header>
      <Tiles list={list} known={facts} now={now} />
      <Toolbar
        tenant={list.sessions[0]?.tenant}
        teams={distinct([...list.sessions.map(({ team }) => team), filters.team].filter(Boolean))}
        agents={distinct([...facts.flatMap(({ agents }) => agents), filters.agent].filter(Boolean))}
      />
      {list.error && <ErrorNote error={list.error} retry={list.refresh} />}
      {list.isLoading && <Loading what="sessions" />}
      {!list.isLoading && !list.error && shown.length === 0 && (
        <Nothing isFiltered={[...query.keys()].length > 0} />
      )}
      {shown.length > 0 && <Table sessions={shown} known={known} now={now} />}
      {list.hasMore && (
        <button type="button" className="button more" onClick={list.more}>
          Load older sessions
        </button>
      )}
    </section>
  );
}
