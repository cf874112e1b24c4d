/** One message: its way through the stages, and what held it up. */
import type { ReactElement } from 'react';
import { useSession, useTimeline } from '../../../../src/client/react/index.ts';
import type { MessageEntry, SessionView, Timeline } from '../../../../src/contracts/public.ts';
import { readableText } from '../../../../src/contracts/public.ts';
import { useAccess } from '../../shared/access.tsx';
import { curlOf } from '../../shared/api.ts';
import { Badge } from '../../shared/badge.tsx';
import { Copy } from '../../shared/copy.tsx';
import { dateTime, duration } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { codeOf, Empty, ErrorNote, Loading } from '../../shared/notes.tsx';
import { Link, to } from '../../shared/router.tsx';
import type { PageProps } from '../index.ts';
import { titleOf } from './titles.ts';
import { longestOf, told } from './told.ts';
import { Waterfall } from './waterfall.tsx';

export { TurnPage } from './turn.tsx';

export function MessagePage({ params }: PageProps): ReactElement {
  const { id = '', message = '' } = params;
  const { session, view } = useSession(id);
  const { timeline, error, refresh } = useTimeline(session, message);
  const path = `/v1/sessions/${id}/messages/${message}/timeline`;
  return (
    <section className="page message-page">
      <header className="page-head session-head">
        <Link
          to={to(`/sessions/${id}`)}
          className="button small quiet icon-only"
          aria-label={`Session ${id}`}
        >
          <Icon name="back" />
        </Link>
        <div className="title">
          <h1>Why was this answer late?</h1>
          <p className="soft numbers">
            Message <code>{message}</code> in <Link to={to(`/sessions/${id}`)}>{id}</Link>
            {timeline && ` · ${dateTime(timeline.from)}`}
          </p>
        </div>
        <div className="actions">
          <Copy label="Copy link" icon="link" text={() => location.href} />
          <Copy label="Copy as curl" text={() => curlOf(path)} />
        </div>
      </header>
      {error &&
        (isMissing(error) ? <Missing id={id} error={error} /> : <ErrorNote error={error} retry={refresh} />)}
      {!timeline && !error && <Loading what="the timeline" />}
      {timeline && (
        <>
          <Said view={view} message={message} />
          <Verdict timeline={timeline} />
          {timeline.failure && (
            <p className="note bad" role="alert">
              <span>
                <strong>{timeline.failure.title}</strong> {timeline.failure.detail}
              </span>
            </p>
          )}
          <Waterfall timeline={timeline} />
        </>
      )}
    </section>
  );
}

function isMissing(error: Error): boolean {
  return ['message_not_found', 'session_not_found'].includes(codeOf(error) ?? '');
}

function Missing({ id, error }: { readonly id: string; readonly error: Error }): ReactElement {
  const { tenant } = useAccess();
  if (codeOf(error) === 'session_not_found')
    return (
      <Empty title={`There is no session “${id}”`}>
        <p>
          It was never opened in the tenant {tenant?.tenant} of your key, or it was erased.{' '}
          <Link to={to('/sessions')}>All sessions</Link>
        </p>
      </Empty>
    );
  return (
    <Empty title="The session has no such message">
      <p>
        Open a message from the conversation of <Link to={to(`/sessions/${id}`)}>{id}</Link>: its “Timeline”
        leads here.
      </p>
    </Empty>
  );
}

function Said({
  view,
  message,
}: {
  readonly view: SessionView | null;
  readonly message: string;
}): ReactElement | null {
  const found = view?.entries.find(
    (entry): entry is MessageEntry => entry.kind === 'message' && entry.messageId === message,
  );
  if (!found) return null;
  return (
    <blockquote className="said" tabIndex={0}>
      <strong>{found.from ?? 'somebody'}</strong> <span className="text">{readableText(found.parts)}</span>
    </blockquote>
  );
}

/** What took longest, in a sentence. */
function Verdict({ timeline }: { readonly timeline: Timeline }): ReactElement {
  const { session, status, turn, gateways, truncated } = timeline;
  const { spans, ms } = told(timeline);
  const worst = longestOf(spans);
  const missing = gateways ? gateways.asked - gateways.answered : 0;
  return (
    <div className="card verdict">
      <dl className="tiles">
        <div className="tile">
          <dt>In all</dt>
          <dd>{duration(ms)}</dd>
        </div>
        <div className="tile">
          <dt>Status</dt>
          <dd>
            <Badge status={status} />
          </dd>
        </div>
        <div className="tile">
          <dt>Turn</dt>
          <dd>{turn === undefined ? '–' : <Link to={to(`/sessions/${session}`)}>{turn}</Link>}</dd>
        </div>
        {worst && (
          <div className="tile wide">
            <dt>Longest</dt>
            <dd>
              {titleOf(worst)}, {duration(worst.ms)}
            </dd>
          </div>
        )}
      </dl>
      {truncated && (
        <p className="soft small">More happened than a timeline holds: the longest spans are shown.</p>
      )}
      {missing > 0 && (
        <p className="soft small">
          {missing} of the gateways did not answer in time: connections of theirs are missing.
        </p>
      )}
    </div>
  );
}
