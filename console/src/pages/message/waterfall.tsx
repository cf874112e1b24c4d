/** The spans of a timeline under each other, each where it was in time. */
import { Fragment, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';
import type {
  Stage,
  Timeline,
  TimelineSpan,
  TracedConnection,
  TurnInFront,
} from '../../../../src/contracts/public.ts';
import { duration, time } from '../../shared/format.ts';
import { Link, to } from '../../shared/router.tsx';
import { titleOf, workerWith } from './titles.ts';
import { longestOf, told } from './told.ts';

const REASONS: Readonly<Record<string, string>> = {
  quota: 'a limit of the tenant',
  overload: 'Temporal took no more',
  queue: 'turns that ran',
  schedule: 'its time',
  worker: 'a worker',
  slot: 'a free slot at the model’s endpoint',
  provider: 'the model’s endpoint',
  retry: 'the pause before another attempt',
  approval: 'people who decide',
  person: 'somebody who was asked',
  engine: 'Redis, the archive or Temporal',
  client: 'the connection',
};

const STAGES: Readonly<Record<Stage, string>> = {
  ingest: 'Ingest',
  orchestrate: 'Orchestrate',
  execute: 'Execute',
  deliver: 'Deliver',
};

/** `you`: the connection of this page. */
export function nameOf(connection: TracedConnection | undefined, you: string | undefined): string {
  if (connection && connection.id === you) return 'this page';
  return connection?.subject ?? `${connection?.kind ?? 'connection'} ${connection?.id.slice(0, 6) ?? ''}`;
}

function TurnLink({ session, turn }: { readonly session: string; readonly turn: string }): ReactElement {
  return <Link to={to(`/sessions/${session}/turns/${turn}`)}>{turn}</Link>;
}

function Behind({
  session,
  turns,
}: {
  readonly session: string;
  readonly turns: readonly string[];
}): ReactElement {
  return (
    <>
      behind{' '}
      {turns.map((turn, index) => (
        <Fragment key={turn}>
          {index > 0 && ', '}
          <TurnLink session={session} turn={turn} />
        </Fragment>
      ))}
    </>
  );
}

/** What a turn in front did longest. */
function heldBy({ name, tool, agent, limit, needs, ms }: NonNullable<TurnInFront['by']>): string {
  const what = [
    titleOf({ name, ...(needs !== undefined && { needs }) }),
    tool,
    agent && name !== 'able' && `of ${agent}`,
    limit && `limit ${limit}`,
  ];
  return `${what.filter(Boolean).join(' ')}, ${duration(ms)}`;
}

/** The turns that have the places for which it waits. */
function Holders({ of }: { readonly of: NonNullable<TimelineSpan['holders']> }): ReactElement {
  return (
    <>
      held by{' '}
      {of.map(({ session, turn }, index) => (
        <Fragment key={`${session} ${turn}`}>
          {index > 0 && ', '}
          {session} <TurnLink session={session} turn={turn} />
        </Fragment>
      ))}
    </>
  );
}

/** What held it: in the order in which it is asked for. */
function holders(session: string, span: TimelineSpan): readonly ReactNode[] {
  const {
    reason,
    needs,
    limit,
    most,
    holders: holding,
    times,
    behind,
    front,
    cause,
    by,
    process,
    connection,
    crossesHosts,
    clampedMs,
  } = span;
  return [
    ...(reason ? [`waits for ${needs === undefined ? (REASONS[reason] ?? reason) : workerWith(needs)}`] : []),
    ...(limit
      ? [`limit ${limit}${most === undefined ? '' : ` ${most}`}${times ? `, ${times} times` : ''}`]
      : []),
    ...(holding && holding.length > 0 ? [<Holders of={holding} />] : []),
    ...(behind ? [<Behind session={session} turns={behind} />] : []),
    ...(front ?? []).flatMap(({ turn, by: held }) => (held ? [`${turn}: ${heldBy(held)}`] : [])),
    ...(span.provider ? [[span.provider, span.model].filter(Boolean).join(' ')] : []),
    ...(cause ? [cause.message ?? cause.code] : []),
    ...(by ? [`by ${by.join(', ')}`] : []),
    ...(connection
      ? [
          `${connection.kind} ${connection.id.slice(0, 8)}${connection.subject ? ` of ${connection.subject}` : ''}`,
        ]
      : []),
    ...(process ? [process] : []),
    ...(crossesHosts ? ['clocks of two hosts'] : []),
    ...(clampedMs === undefined ? [] : [`clocks are ${duration(clampedMs)} apart`]),
  ];
}

function Held({ session, span }: { readonly session: string; readonly span: TimelineSpan }): ReactElement {
  return (
    <span className="soft small held">
      {holders(session, span).map((each, index) => (
        <Fragment key={index}>
          {index > 0 && ' · '}
          {each}
        </Fragment>
      ))}
    </span>
  );
}

/** Connections that came after the answer. */
function Later({
  spans,
  you,
}: {
  readonly spans: readonly TimelineSpan[];
  readonly you: string | undefined;
}): ReactElement {
  const names = spans.map(({ connection, startedAt }) => `${nameOf(connection, you)} at ${time(startedAt)}`);
  return (
    <details className="soft small later">
      <summary>{`Read later by ${spans.length === 1 ? 'one connection' : `${spans.length} connections`}`}</summary>
      {names.join(', ')}
    </details>
  );
}

export function Waterfall({ timeline }: { readonly timeline: Timeline }): ReactElement {
  const [chosen, setChosen] = useState<number | null>(null);
  const { from, session, you } = timeline;
  const { spans, ms: total, later } = told(timeline);
  const longest = longestOf(spans);
  return (
    <div className="waterfall" role="table" aria-label="Spans">
      <div role="row" className="span-row span-head">
        <span role="columnheader">Stage</span>
        <span role="columnheader">What</span>
        <span role="columnheader" className="ruler">
          <span>0</span>
          <span>{duration(total / 2)}</span>
          <span>{duration(total)}</span>
        </span>
        <span role="columnheader" className="number">
          Took
        </span>
      </div>
      {spans.map((span, index) => (
        <SpanRow
          key={index}
          span={span}
          session={session}
          you={you}
          begin={(span.startedAt - from) / total}
          part={span.ms / total}
          isNewStage={spans[index - 1]?.stage !== span.stage}
          isLongest={span === longest}
          isOpen={index === chosen}
          toggle={() => setChosen(index === chosen ? null : index)}
        />
      ))}
      {later.length > 0 && <Later spans={later} you={you} />}
      <p className="legend soft small">
        <i data-kind="work" /> work <i data-kind="wait" /> wait <i data-kind="gap" /> not recorded · ~ between
        two hosts: as exact as their clocks agree
      </p>
    </div>
  );
}

interface SpanRowProps {
  readonly session: string;
  readonly you: string | undefined;
  readonly span: TimelineSpan;
  /** Of the whole, 0 to 1. */
  readonly begin: number;
  readonly part: number;
  readonly isNewStage: boolean;
  readonly isLongest: boolean;
  readonly isOpen: boolean;
  readonly toggle: () => void;
}

function SpanRow(props: SpanRowProps): ReactElement {
  const { session, you, span, begin, part, isNewStage, isLongest, isOpen, toggle } = props;
  const { stage, name, kind, step, attempt, agent, tool, ms, endedAt, startedAt, crossesHosts } = span;
  const { connection, process, turn } = span;
  const of = [
    ...[agent ?? tool, step, attempt !== undefined && attempt > 1 && `attempt ${attempt}`],
    connection && nameOf(connection, you),
    // Each gateway has a row of its own.
    name === 'push' && process,
  ]
    .filter(Boolean)
    .join(' · ');
  const left = Math.min(100, Math.max(0, begin * 100));
  return (
    <div
      role="row"
      className="span-row"
      data-longest={isLongest || undefined}
      data-new={isNewStage || undefined}
    >
      <span role="cell" className="stage">
        {isNewStage && STAGES[stage]}
      </span>
      <span role="cell" className="what">
        <button type="button" aria-expanded={isOpen} onClick={toggle}>
          {titleOf(span)}
          {of !== '' && <span className="soft"> {of}</span>}
        </button>
        {(isOpen || isLongest) && <Held session={session} span={span} />}
        {isOpen && (
          <span className="soft small numbers held">
            {time(startedAt)} → {endedAt === undefined ? 'goes on' : time(endedAt)}
            {turn && ` · ${turn}`}
          </span>
        )}
      </span>
      <span role="cell" className="bar-cell">
        <span
          className="bar"
          data-kind={kind}
          data-open={endedAt === undefined || undefined}
          style={{ left: `min(${left}%, 100% - 3px)`, width: `${Math.min(100 - left, part * 100)}%` }}
        />
      </span>
      <span role="cell" className="number">
        {crossesHosts && '~'}
        {duration(ms)}
        {endedAt === undefined && '…'}
      </span>
    </div>
  );
}
