/** The deployment as it is now: what is wrong, servers, gateways, workers, task queues, turns. */
import { useCallback, useState } from 'react';
import type { ReactElement } from 'react';
import type { Answered, SystemStatus } from '../../../../src/contracts/public.ts';
import { useAdmin } from '../../shared/access.tsx';
import { curlOf, useAsked } from '../../shared/api.ts';
import { Badge } from '../../shared/badge.tsx';
import { Copy } from '../../shared/copy.tsx';
import { ago, bytes, count, duration } from '../../shared/format.ts';
import { Grid } from '../../shared/grid.tsx';
import { ErrorNote, Loading } from '../../shared/notes.tsx';
import { Link, to } from '../../shared/router.tsx';
import { Endpoints, Turns, Workers } from './workers.tsx';

const PATH = '/v1/admin/system';
/** How often it is asked for, ms: a gateway asks no more often. */
const EVERY_MS = 2_000;

interface PartProps {
  readonly name: string;
  readonly part: Answered;
  readonly facts: readonly (string | undefined)[];
}

function Server({ name, part, facts }: PartProps): ReactElement {
  const { status, ms, reason } = part;
  const told = facts.filter(Boolean).join(' · ');
  return (
    <div className="tile" data-tone={status === 'ok' ? undefined : 'bad'}>
      <dt>{name}</dt>
      <dd>{status === 'ok' ? `${ms} ms` : 'unknown'}</dd>
      <dd className="tile-more">{status === 'ok' ? told : reason}</dd>
    </div>
  );
}

function Servers({ redis, temporal, archive }: SystemStatus): ReactElement {
  const { server } = redis;
  const most = server && server.mostBytes > 0 ? ` of ${bytes(server.mostBytes)}` : '';
  const memory = server && `${bytes(server.usedBytes)}${most}`;
  return (
    <dl className="tiles">
      <Server name="Temporal" part={temporal} facts={[temporal.version, temporal.namespace]} />
      <Server name="Redis" part={redis} facts={[server?.version, memory, server?.policy]} />
      <Server name="Archive" part={archive} facts={[archive.kind]} />
    </dl>
  );
}

function Troubles({ troubles }: SystemStatus): ReactElement {
  if (troubles.length === 0)
    return (
      <p className="note good" role="status">
        Nothing needs a look.
      </p>
    );
  return (
    <ul className="troubles" aria-label="What to look at">
      {troubles.map(({ level, text, tenant, session }) => (
        <li key={text}>
          <Badge status={level === 'error' ? 'failed' : 'waiting'} text={level} />
          <span>
            {text} {session !== undefined && <Link to={to(`/sessions/${session}`, { tenant })}>Session</Link>}
            {session === undefined && tenant !== undefined && (
              <Link to={to(`/tenants/${tenant}`)}>Tenant</Link>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Drains or resumes a gateway: asks once more before it drains. */
function Drain({
  id,
  draining,
  refresh,
}: {
  readonly id: string;
  readonly draining: boolean;
  readonly refresh: () => void;
}): ReactElement {
  const admin = useAdmin();
  const [isSure, setSure] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const act = draining ? 'resume' : 'drain';
  const run = (): void => {
    setSure(false);
    setError(null);
    admin(`/v1/admin/gateways/${encodeURIComponent(id)}/${act}`, { method: 'POST' }).then(refresh, setError);
  };
  return (
    <>
      {draining || isSure ? (
        <button type="button" className="button small" onClick={run}>
          {draining ? 'Resume' : 'Drain it now'}
        </button>
      ) : (
        <button type="button" className="button small quiet" onClick={() => setSure(true)}>
          Drain
        </button>
      )}
      {error && <span className="bad-text small" role="alert">{` ${error.message}`}</span>}
    </>
  );
}

function Gateways({
  system,
  refresh,
}: {
  readonly system: SystemStatus;
  readonly refresh: () => void;
}): ReactElement {
  const { at, gateways, by } = system;
  const stateOf = (ready: boolean, draining: boolean): ReactElement =>
    draining ? (
      <Badge status="paused" text="drained" />
    ) : (
      <Badge status={ready ? 'open' : 'failed'} text={ready ? 'ready' : 'not ready'} />
    );
  return (
    <section className="card">
      <h2>
        Gateways <span className="soft">{`${gateways.data.length} of ${gateways.asked} have answered`}</span>
      </h2>
      <Grid
        label="Gateways"
        head={[
          'Gateway',
          'State',
          'Sockets',
          'Streams',
          'Sessions',
          'Waiting',
          'Late',
          'Heap',
          'Up',
          'Version',
          'Act',
        ]}
        empty={gateways.reason ?? 'None has answered.'}
        rows={gateways.data.map((each) => ({
          key: each.id,
          cells: [
            <>
              {each.id}
              {each.id === by && <span className="soft"> serves this page</span>}
            </>,
            stateOf(each.ready, each.draining),
            ...[count(each.sockets), count(each.streams), count(each.sessions), bytes(each.waitingBytes)],
            ...[`${each.lateMs} ms`, bytes(each.heapBytes), ago(each.startedAt, at), each.version],
            <Drain key="act" id={each.id} draining={each.draining} refresh={refresh} />,
          ],
        }))}
      />
    </section>
  );
}

function Queues({ queues }: SystemStatus): ReactElement {
  return (
    <section className="card">
      <h2>Task queues</h2>
      <Grid
        label="Task queues"
        head={['Task queue', 'Kind', 'Waiting', 'Oldest', 'In a second', 'Out a second', 'Pollers']}
        empty={queues.reason ?? 'None.'}
        rows={queues.data.map((each) => ({
          key: `${each.name} ${each.kind}`,
          cells: [
            ...[
              each.name,
              each.kind,
              each.status === 'ok' ? count(each.backlog ?? 0) : (each.reason ?? 'unknown'),
            ],
            ...[duration(each.oldestMs ?? 0), each.addedPerSecond ?? '–', each.takenPerSecond ?? '–'],
            each.pollers.join(', ') || 'nobody',
          ],
        }))}
      />
    </section>
  );
}

export function SystemPage(): ReactElement {
  const admin = useAdmin();
  const { data, error, isLoading, refresh } = useAsked(
    useCallback((signal) => admin<SystemStatus>(PATH, { signal }), [admin]),
    EVERY_MS,
  );
  return (
    <section className="page admin">
      <header className="page-head">
        <h1>System</h1>
        <Copy label="Copy as curl" text={() => curlOf(PATH)} />
      </header>
      {error && <ErrorNote error={error} retry={refresh} />}
      {isLoading && <Loading what="the system" />}
      {data && (
        <>
          <Troubles {...data} />
          <Servers {...data} />
          <Gateways system={data} refresh={refresh} />
          <Workers {...data} />
          <Turns {...data} />
          <Endpoints {...data} />
          <Queues {...data} />
        </>
      )}
    </section>
  );
}
