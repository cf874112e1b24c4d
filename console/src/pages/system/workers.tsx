/** Workers, those that are gone, their longest turns, and the model endpoints that they call. */
import type { ComponentProps, ReactElement } from 'react';
import type { GoneWorker, SystemStatus, ToldWorker, WorkerStep } from '../../../../src/contracts/public.ts';
import { Badge } from '../../shared/badge.tsx';
import { ago, bytes, count, duration } from '../../shared/format.ts';
import { Grid } from '../../shared/grid.tsx';
import { Link, to } from '../../shared/router.tsx';

type Row = ComponentProps<typeof Grid>['rows'][number];

function hasOf({
  agents,
  teams,
  tools,
  models,
}: Pick<GoneWorker, 'agents' | 'teams' | 'tools' | 'models'>): string {
  return [...agents, ...teams, ...tools, ...models].join(', ') || '–';
}

function rowOf(worker: ToldWorker, at: number): Row {
  const { id, draining, turns, quick, cached, heapBytes, startedAt, deployment, version } = worker;
  return {
    key: id,
    cells: [
      id,
      <Badge key="state" status={draining ? 'waiting' : 'open'} text={draining ? 'stopping' : 'ready'} />,
      ...[`${turns.used} of ${turns.most}`, count(quick.used), count(cached), bytes(heapBytes)],
      ...[ago(startedAt, at), deployment?.buildId ?? version, hasOf(worker)],
    ],
  };
}

function goneRowOf(worker: GoneWorker): Row {
  const { id, version, toldMsAgo } = worker;
  const state = `gone for ${duration(toldMsAgo)}`;
  return {
    key: `gone ${id}`,
    cells: [
      id,
      <Badge key="state" status="failed" text={state} />,
      '–',
      '–',
      '–',
      '–',
      '–',
      version,
      hasOf(worker),
    ],
  };
}

export function Workers({ at, workers }: SystemStatus): ReactElement {
  const isThere = new Set(workers.data.map(({ id }) => id));
  const gone = (workers.gone ?? []).filter(({ id }) => !isThere.has(id));
  return (
    <section className="card">
      <h2>Workers</h2>
      <Grid
        label="Workers"
        head={['Worker', 'State', 'Turns', 'Quick', 'In memory', 'Heap', 'Up', 'Build', 'Has of its own']}
        empty={workers.reason ?? 'No worker runs: messages wait. Start one: npx convoke worker'}
        rows={[...workers.data.map((each) => rowOf(each, at)), ...gone.map(goneRowOf)]}
      />
    </section>
  );
}

function doingOf({ agent, tool, provider, model, startedAt }: WorkerStep, at: number): string {
  const asks =
    provider === undefined ? agent : `${agent}, model ${[provider, model].filter(Boolean).join(' ')}`;
  return `${tool === undefined ? asks : `${agent}, tool ${tool}`}, ${duration(at - startedAt)}`;
}

export function Turns({ at, workers }: SystemStatus): ReactElement {
  const turns = workers.data
    .flatMap(({ id, longest }) => longest.map((turn) => ({ ...turn, worker: id })))
    .sort((one, other) => one.startedAt - other.startedAt);
  return (
    <section className="card">
      <h2>Longest turns</h2>
      <Grid
        label="Longest turns"
        head={['Turn', 'Tenant', 'Runs for', 'Longest step', 'Worker']}
        empty="No turn runs, as far as workers have told: they do it every 5 s."
        rows={turns.map(({ tenant, session, turn, startedAt, doing, worker }) => ({
          key: `${tenant} ${session} ${turn}`,
          cells: [
            <>
              <Link to={to(`/sessions/${session}`, { tenant })}>{session}</Link>{' '}
              <Link
                to={to(`/sessions/${session}/turns/${turn}`, { tenant })}
                aria-label={`Timeline of ${turn} of ${session}`}
              >
                {turn}
              </Link>
            </>,
            <Link key="tenant" to={to(`/tenants/${tenant}`)}>
              {tenant}
            </Link>,
            ...[duration(at - startedAt), doing ? doingOf(doing, at) : '–', worker],
          ],
        }))}
      />
    </section>
  );
}

/** What each worker has found of each endpoint. */
export function Endpoints({ workers }: SystemStatus): ReactElement {
  const uses = workers.data.flatMap(({ id, endpoints = [] }) => endpoints.map((use) => ({ ...use, id })));
  return (
    <section className="card">
      <h2>Model endpoints</h2>
      <Grid
        label="Model endpoints"
        head={['Endpoint', 'Worker', 'Calls', 'Failed', 'First token, median']}
        empty="No model has been called in the last minutes."
        rows={uses.map(({ id, provider, calls, failed, firstMs }) => ({
          key: `${provider} ${id}`,
          cells: [
            ...[provider, id, count(calls), count(failed)],
            firstMs === undefined ? '–' : duration(firstMs),
          ],
        }))}
      />
    </section>
  );
}
