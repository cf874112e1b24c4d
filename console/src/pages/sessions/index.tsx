/** All sessions of the tenant, live. */
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { ReactElement } from 'react';
import { useFollowed } from '../../../../src/client/react/index.ts';
import { isId } from '../../../../src/contracts/public.ts';
import type { SessionSummary } from '../../../../src/contracts/public.ts';
import { useAccess } from '../../shared/access.tsx';
import { curlOf } from '../../shared/api.ts';
import { Copy } from '../../shared/copy.tsx';
import { cost, count, short } from '../../shared/format.ts';
import { Empty, ErrorNote, Loading } from '../../shared/notes.tsx';
import { Link, to, usePlace } from '../../shared/router.tsx';
import { useNow } from '../../shared/use-now.ts';
import { isStuck } from './facts.ts';
import type { Facts } from './facts.ts';
import { filtersOf, fits, listPath, localOf, needsPeople } from './filters.ts';
import type { Filters } from './filters.ts';
import { agesOf, Row } from './row.tsx';
import { Toolbar } from './toolbar.tsx';
import { useList } from './use-list.ts';
import type { List } from './use-list.ts';
import { Watch } from './watch.ts';
import type { Known } from './watch.ts';

/** Sessions that are followed at a time. A connection follows 32; some are left for the session that is opened next. */
const LIVE = 24;

/** All names since the page was opened: a filter does not take its own choices away. */
function useSeen(names: readonly string[]): readonly string[] {
  const [seen] = useState(() => new Set<string>());
  for (const name of names) if (name !== '') seen.add(name);
  return [...seen].sort();
}

function Follower({ id, watch }: { readonly id: string; readonly watch: Watch }): null {
  const session = useFollowed(id);
  useEffect(() => watch.follow(session), [session, watch]);
  return null;
}

interface TileProps {
  readonly label: string;
  readonly value: string;
  readonly tone?: string | undefined;
  /** Shows the sessions that are counted. */
  readonly filter?: Readonly<Record<string, string>>;
}

function Tile({ label, value, tone, filter }: TileProps): ReactElement {
  return (
    <div className="tile" data-tone={tone}>
      <dt>{label}</dt>
      <dd>
        {filter && value !== '0' ? (
          <Link to={to('/sessions', filter)} title={`Show ${label.toLowerCase()} alone`}>
            {value}
          </Link>
        ) : (
          value
        )}
      </dd>
    </div>
  );
}

interface TilesProps {
  readonly list: List;
  readonly known: readonly Facts[];
  readonly now: number;
}

function Tiles({ list, known, now }: TilesProps): ReactElement {
  const sum = (of: (facts: Facts) => number): number => known.reduce((total, each) => total + of(each), 0);
  const stuck = known.filter((each) => isStuck(each, now)).length;
  const people = known.filter(needsPeople).length;
  return (
    <dl className="tiles" aria-label={list.hasMore ? 'Of the sessions that are loaded' : 'Of these sessions'}>
      <Tile label="Sessions" value={`${count(list.sessions.length)}${list.hasMore ? '+' : ''}`} />
      <Tile label="Running turns" value={count(sum(({ running }) => running))} />
      <Tile
        label="Need people"
        value={count(people)}
        tone={people > 0 ? 'warn' : undefined}
        filter={{ waits: 'people' }}
      />
      <Tile label="Stuck" value={count(stuck)} tone={stuck > 0 ? 'bad' : undefined} filter={{ stuck: '1' }} />
      <Tile label="Tokens" value={short(sum(({ tokens }) => tokens))} />
      <Tile label="Cost" value={cost(sum((each) => each.cost))} />
    </dl>
  );
}

interface FoundProps {
  readonly shown: number;
  readonly list: List;
  /** Sessions of which something is known. */
  readonly known: number;
  readonly local: readonly string[];
}

/** How many there are, and what a filter has looked at: not all of it is known to the gateway. */
function Found({ shown, list, known, local }: FoundProps): ReactElement | null {
  const loaded = list.sessions.length;
  if (local.length === 0 || loaded === 0) return null;
  const reading = loaded - known;
  return (
    <p className="found soft small" role="status">
      {count(shown)} of {count(loaded)} {list.hasMore ? 'loaded sessions' : 'sessions'}.
      {list.hasMore && ` Older ones are not looked at: by ${local.join(', ')} only what is loaded is found.`}
      {reading > 0 && ` ${count(reading)} are still being read.`}
    </p>
  );
}

function Nothing({
  filters,
  isFiltered,
}: {
  readonly filters: Filters;
  readonly isFiltered: boolean;
}): ReactElement {
  if (isFiltered)
    return (
      <Empty title="No session fits">
        <p>
          Status, team and age are asked for of the gateway; agent, waiting, feedback, stuck and text are
          looked for among the sessions that are loaded.
        </p>
        {isId(filters.text) && (
          <p>
            <Link to={to(`/sessions/${filters.text}`)}>Open the session with the id {filters.text}</Link>
          </p>
        )}
      </Empty>
    );
  const open = { method: 'POST', body: { id: 'hello', agents: ['writer'] } } as const;
  return (
    <Empty title="No sessions yet">
      <p>A session appears here the moment that it is opened: by the SDK, by the command, or by a request.</p>
      <pre tabIndex={0}>
        <code>npx convoke send --open hello "Good morning!"</code>
      </pre>
      <p>
        <Copy label="Copy as curl" text={curlOf('/v1/sessions', open)} /> <a href="/docs">All of the API</a>
      </p>
    </Empty>
  );
}

const COLUMNS = ['Session', 'Status', 'Team', 'Messages', 'Tokens', 'Cost', 'Unanswered', 'Active', 'Age'];

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
  // A window that begins where it was chosen: it would be another list with each second.
  const since = useMemo(() => (filters.ageMs > 0 ? Date.now() - filters.ageMs : 0), [filters.ageMs]);
  const asked = { ...filters, since };
  const list = useList(asked);
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
  const teams = useSeen([...list.sessions.map(({ team }) => team), filters.team]);
  const agents = useSeen([...facts.flatMap((each) => each.agents), filters.agent]);
  return (
    <section className="page sessions">
      {live.map(({ id }) => (
        <Follower key={id} id={id} watch={watch} />
      ))}
      <header className="page-head">
        <h1>Sessions</h1>
        <Copy label="Copy link" icon="link" text={() => location.href} />
        <Copy label="Copy as curl" text={() => curlOf(listPath(asked, null))} />
      </header>
      {(list.sessions.length > 0 || !list.error) && <Tiles list={list} known={facts} now={now} />}
      <Toolbar tenant={list.sessions[0]?.tenant} teams={teams} agents={agents} />
      {list.error && <ErrorNote error={list.error} retry={list.refresh} />}
      {list.isLoading && <Loading what="sessions" />}
      <Found shown={shown.length} list={list} known={facts.length} local={localOf(filters)} />
      {!list.isLoading && !list.error && shown.length === 0 && (
        <Nothing filters={filters} isFiltered={[...query.keys()].length > 0} />
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
