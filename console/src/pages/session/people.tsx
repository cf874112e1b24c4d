/** Who is present, with which connections, and how far each connection lags behind. */
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import { usePresence, useTimeline } from '../../../../src/client/react/index.ts';
import type { SessionView, TimelineSpan } from '../../../../src/contracts/public.ts';
import { Avatar } from '../../shared/avatar.tsx';
import { ago, duration, time } from '../../shared/format.ts';
import { ErrorNote } from '../../shared/notes.tsx';
import { Link, to } from '../../shared/router.tsx';

const OBSERVE = { observe: true } as const;

interface PeopleProps {
  readonly session: Session;
  readonly view: SessionView;
}

export function People({ session, view }: PeopleProps): ReactElement {
  const { present, count, reads, typing, error } = usePresence(session, OBSERVE);
  const answered = view.entries.findLast((entry) => entry.kind === 'message' && entry.status === 'consumed');
  return (
    <div className="panel">
      <h2>Present</h2>
      {error && <ErrorNote error={error} />}
      {count === 0 && (
        <p className="soft small">
          Nobody. A client is present once it calls <code>usePresence</code>, or{' '}
          <code>presenceOf(session).join()</code>.
        </p>
      )}
      <ul className="people">
        {present.map(({ subject, name, connections }) => (
          <li key={subject}>
            <Avatar name={name ?? subject} />
            <span>
              <strong>{name ?? subject}</strong>
              <span className="soft small">
                {connections
                  .map(({ device, gateway, since }) => `${device ?? 'a device'} at ${gateway}, ${ago(since)}`)
                  .join(' · ')}
                {typing.includes(subject) && ' · types'}
                {reads[subject] !== undefined && ` · has read ${reads[subject]} of ${view.position.seq}`}
              </span>
            </span>
          </li>
        ))}
      </ul>
      <h2>Connections</h2>
      {answered?.kind === 'message' ? (
        <Lags session={session} messageId={answered.messageId} />
      ) : (
        <p className="soft small">
          Their lag is measured with the end of each turn: there has been none yet.
        </p>
      )}
    </div>
  );
}

function Lags({
  session,
  messageId,
}: {
  readonly session: Session;
  readonly messageId: string;
}): ReactElement {
  const { timeline, error } = useTimeline(session, messageId);
  const spans = (timeline?.spans ?? []).filter(({ connection }) => connection);
  return (
    <>
      {error && <ErrorNote error={error} />}
      <table className="lags">
        <caption className="soft small">
          How long each took to acknowledge the newest answer,{' '}
          <Link to={to(`/sessions/${session.id}/messages/${messageId}`)}>
            that of {messageId.slice(0, 8)}
          </Link>
        </caption>
        <thead>
          <tr>
            <th>Connection</th>
            <th>Gateway</th>
            <th className="number">Lag</th>
          </tr>
        </thead>
        <tbody>
          {spans.map((span) => (
            <LagRow
              key={`${span.connection?.id ?? ''}${span.startedAt}`}
              span={span}
              isOwn={span.connection?.id === timeline?.you}
            />
          ))}
        </tbody>
      </table>
      {timeline && spans.length === 0 && (
        <p className="soft small">
          No gateway remembers sending it: it was sent long ago, or nobody was connected.
        </p>
      )}
    </>
  );
}

function LagRow({ span, isOwn }: { readonly span: TimelineSpan; readonly isOwn: boolean }): ReactElement {
  const { connection, process, ms, endedAt, startedAt } = span;
  return (
    <tr>
      <td>
        <code>{connection?.id.slice(0, 8)}</code>{' '}
        {isOwn ? 'this page' : (connection?.subject ?? connection?.kind)}
      </td>
      <td className="soft">{process}</td>
      <td className="number">
        {endedAt === undefined ? <span className="bad-text">since {time(startedAt)}</span> : duration(ms)}
      </td>
    </tr>
  );
}
