/** The timeline of a turn is that of the message that began it: this page goes there. */
import { useEffect } from 'react';
import type { ReactElement } from 'react';
import { useSession } from '../../../../src/client/react/index.ts';
import { Empty, ErrorNote, Loading } from '../../shared/notes.tsx';
import { go, Link, to } from '../../shared/router.tsx';
import type { PageProps } from '../index.ts';
import { messageOf } from './message-of.ts';

export function TurnPage({ params }: PageProps): ReactElement {
  const { id = '', turn = '' } = params;
  const { view, error } = useSession(id);
  const message = view ? messageOf(view, turn) : undefined;
  useEffect(() => {
    if (message !== undefined) go(to(`/sessions/${id}/messages/${message}`), { replace: true });
  }, [id, message]);
  if (error && !view) return <ErrorNote error={error} />;
  if (!view || message !== undefined) return <Loading what="the turn" />;
  return (
    <Empty title={`${turn} is not among the newest turns of ${id}`}>
      <p>
        Look for it in the <Link to={to(`/sessions/${id}`, { tab: 'events' })}>events of the session</Link>.
      </p>
    </Empty>
  );
}
