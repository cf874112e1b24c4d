/** One session of the list. */
import { memo } from 'react';
import type { ReactElement } from 'react';
import type { SessionSummary } from '../../../../src/contracts/public.ts';
import { Badge } from '../../shared/badge.tsx';
import { ago, cost, count, dateTime, short } from '../../shared/format.ts';
import { Link, to } from '../../shared/router.tsx';
import { WAITS, waitsForToken } from './facts.ts';
import type { Facts, WaitKind } from './facts.ts';

interface RowProps {
  readonly summary: SessionSummary;
  readonly facts: Facts | undefined;
  readonly stuck: boolean;
  /** In whole seconds: it is drawn anew when one of its times changes. */
  readonly created: string;
  readonly active: string;
  /** Age of the oldest message that has no answer. */
  readonly unanswered: string;
  /** Nobody has said a word for a while. */
  readonly isSilent: boolean;
}

type DoingProps = Pick<RowProps, 'summary' | 'facts' | 'stuck' | 'isSilent'>;

/** What waits behind a running turn does not say how that turn stands. */
const BEHIND: readonly WaitKind[] = ['queue', 'schedule'];

function Doing({ summary, facts, stuck, isSilent }: DoingProps): ReactElement {
  if (stuck) return <Badge status="stuck" />;
  const waits = facts?.waits ?? [];
  const wait = waits.find((kind) => !BEHIND.includes(kind) || facts?.speaking.length === 0);
  if (wait) return <Badge status="waiting" text={`waits for ${WAITS[wait]}`} />;
  if (isSilent) return <Badge status="waiting" text="waits for the first token" />;
  if (facts && facts.speaking.length > 0)
    return <Badge status="running" text={`${speakers(facts)} at work`} />;
  if (facts && facts.running > 0) return <Badge status="running" />;
  if (facts?.hasFailed) return <Badge status="failed" text="last turn failed" />;
  const isIdle = summary.status === 'open';
  return <Badge status={summary.status} text={isIdle ? 'idle' : summary.status} isCalm={isIdle} />;
}

function speakers({ speaking }: Facts): string {
  return speaking.length > 2 ? `${speaking.length} agents` : speaking.join(' and ');
}

export const Row = memo(function Row(props: RowProps): ReactElement {
  const { summary, facts, stuck, created, active, unanswered, isSilent } = props;
  const { id, team, createdAt, parent } = summary;
  return (
    <div role="row" className="row">
      <span role="cell" className="cell-name">
        <Link to={to(`/sessions/${id}`)} className="row-link">
          {id}
        </Link>
        <span className="preview" dir="auto">
          {facts?.preview ?? (parent ? `fork of ${parent.session}` : '')}
        </span>
      </span>
      <span role="cell" className="cell-status">
        <Doing summary={summary} facts={facts} stuck={stuck} isSilent={isSilent} />
      </span>
      <span role="cell" className="cell-team">
        {team}
        <span className="preview">{facts?.agents.join(', ')}</span>
      </span>
      <span role="cell" className="number" data-label="messages">
        {facts ? atLeast(facts, count(facts.messages)) : '·'}
      </span>
      <span role="cell" className="number" data-label="tokens">
        {facts ? (facts.tokens > 0 ? atLeast(facts, short(facts.tokens)) : '–') : '·'}
      </span>
      <span role="cell" className="number" data-label="cost">
        {facts ? cost(facts.cost) : '·'}
      </span>
      <span role="cell" className="number" data-label="unanswered">
        {unanswered}
      </span>
      <span role="cell" className="number" data-label="active">
        {active}
      </span>
      <span role="cell" className="number" data-label="age">
        <time title={dateTime(createdAt)}>{created}</time>
      </span>
    </div>
  );
});

/** Of a long session only the newest entries are known here. */
function atLeast({ isPartial }: Facts, text: string): string {
  return isPartial ? `${text}+` : text;
}

export function agesOf(
  summary: SessionSummary,
  facts: Facts | undefined,
  now: number,
): Pick<RowProps, 'created' | 'active' | 'unanswered' | 'isSilent'> {
  const { unansweredSince } = facts ?? {};
  return {
    created: ago(summary.createdAt, now),
    active: facts ? ago(facts.lastAt, now) : '·',
    unanswered: unansweredSince === undefined ? (facts ? '–' : '·') : ago(unansweredSince, now),
    isSilent: facts !== undefined && !facts.isSaying && waitsForToken(facts, now),
  };
}
