/** A message, with its receipt, which leads to its timeline. */
import { memo } from 'react';
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import type { MessageEntry, MessagePart } from '../../../../src/contracts/public.ts';
import { Avatar } from '../../shared/avatar.tsx';
import { Badge } from '../../shared/badge.tsx';
import { dateTime, time } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { Json } from '../../shared/json.tsx';
import { ErrorNote } from '../../shared/notes.tsx';
import { Link, to } from '../../shared/router.tsx';
import { forkAndOpen, useAct } from './head.tsx';

interface MessageItemProps {
  readonly session: Session | null;
  /** Of the session. */
  readonly id: string;
  readonly entry: MessageEntry;
}

function Part({ part }: { readonly part: MessagePart }): ReactElement {
  if (part.type === 'text')
    return (
      <p className="text" dir="auto">
        {part.text}
      </p>
    );
  if (part.type === 'data') return <Json value={part.data} />;
  return (
    <p className="file">
      <code>{part.name}</code> <span className="soft">{part.contentType}</span>
    </p>
  );
}

const RECEIPTS: Readonly<Record<string, string>> = {
  accepted: 'accepted',
  queued: 'in the queue',
  consumed: 'received',
  scheduled: 'waits for its time',
};

export const MessageItem = memo(function MessageItem({ session, id, entry }: MessageItemProps): ReactElement {
  const { isBusy, error, act } = useAct();
  const { messageId, from = 'somebody', at, status, parts, policy, code, deliverAt } = entry;
  return (
    <article className="entry message" aria-label={`Message of ${from}`}>
      <Avatar name={from} />
      <div className="entry-body">
        <header className="entry-head">
          <strong>{from}</strong>
          <time className="soft" title={dateTime(at)}>
            {time(at)}
          </time>
          {policy && policy !== 'queue' && <span className="tag">{policy}</span>}
          <Badge status={status} text={code ?? RECEIPTS[status]} />
          {deliverAt !== undefined && status === 'scheduled' && (
            <span className="soft">{dateTime(deliverAt)}</span>
          )}
          <span className="entry-actions">
            <Link className="button small quiet" to={to(`/sessions/${id}/messages/${messageId}`)}>
              <Icon name="clock" /> <span className="label">Timeline</span>
            </Link>
            {session && entry.turn !== undefined && (
              <button
                type="button"
                className="button small quiet"
                disabled={isBusy}
                title="A new session with all that was said before this message"
                onClick={() => act(() => forkAndOpen(session, { before: messageId }))}
              >
                <Icon name="fork" /> <span className="label">Fork before</span>
              </button>
            )}
          </span>
        </header>
        {parts.map((part, index) => (
          <Part key={index} part={part} />
        ))}
        {error && <ErrorNote error={error} />}
      </div>
    </article>
  );
});
