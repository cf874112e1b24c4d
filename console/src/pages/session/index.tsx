/** One session: who is at work, what is said, and what it is made of. */
import { useMemo } from 'react';
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import { useSession } from '../../../../src/client/react/index.ts';
import type { SessionView } from '../../../../src/contracts/public.ts';
import { codeOf, Empty, ErrorNote, Loading } from '../../shared/notes.tsx';
import { Link, to, usePlace } from '../../shared/router.tsx';
import { useMedia } from '../../shared/use-media.ts';
import type { PageProps } from '../index.ts';
import { Approvals } from './approvals.tsx';
import { Composer } from './composer.tsx';
import { Conversation } from './conversation.tsx';
import { Head } from './head.tsx';
import { Lanes } from './lanes.tsx';
import { privateFeedback } from './private.ts';
import { Questions } from './questions.tsx';
import { Replay } from './replay/index.tsx';
import { Side } from './side.tsx';
import { Tabs } from './tabs.tsx';
import { useEvents } from './use-events.ts';

export function SessionPage({ params }: PageProps): ReactElement {
  const { id = '' } = params;
  const { session, view, status, error } = useSession(id);
  const { query } = usePlace();
  if (error && !view) return <Missing id={id} error={error} retry={() => location.reload()} />;
  if (!view)
    return (
      <Loading what={status.state === 'queued' ? 'the session: others are followed first' : 'the session'} />
    );
  if (query.get('replay') !== null) return <Replay session={session} view={view} />;
  return <Live session={session} view={view} error={error} />;
}

/** Here the conversation is beside everything else. The style has the same limit. */
const WIDE = '(width >= 900px)';

interface LiveProps {
  readonly session: Session;
  readonly view: SessionView;
  readonly error: Error | undefined;
}

function Live({ session, view, error }: LiveProps): ReactElement {
  const { query } = usePlace();
  const isWide = useMedia(WIDE);
  const asked = query.get('tab') ?? 'talk';
  const tab = isWide && asked === 'talk' ? 'events' : asked;
  const member = query.get('member') ?? '';
  const events = useEvents(session);
  const hidden = useMemo(() => privateFeedback(events.events), [events]);
  return (
    <section className="page session" data-tab={tab}>
      <Head session={session} view={view} />
      <div className="session-grid">
        <Tabs current={tab} isWide={isWide} approvals={view.approvals.length + view.asked.length} />
        <div className="talk">
          {error && <ErrorNote error={error} />}
          <Lanes view={view} member={member} />
          <Conversation session={session} view={view} member={member} hidden={hidden} />
          <Approvals session={session} />
          <Questions session={session} view={view} />
          <Composer
            session={session}
            agents={view.agents}
            status={view.status}
            isRunning={view.turns.some(({ status }) => status === 'running')}
          />
        </div>
        <Side session={session} view={view} events={events} tab={tab} />
      </div>
    </section>
  );
}

function Missing({
  id,
  error,
  retry,
}: {
  readonly id: string;
  readonly error: Error;
  readonly retry: () => void;
}): ReactElement {
  if (codeOf(error) !== 'session_not_found') return <ErrorNote error={error} retry={retry} />;
  return (
    <Empty title={`There is no session “${id}”`}>
      <p>
        It was never opened in the tenant of your key, or it was erased.{' '}
        <Link to={to('/sessions')}>All sessions</Link>
      </p>
    </Empty>
  );
}
