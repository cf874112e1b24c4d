/** Beside the conversation: events, people, details. */
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import type { SessionView } from '../../../../src/contracts/public.ts';
import { Details } from './details.tsx';
import { Events } from './events.tsx';
import { People } from './people.tsx';
import type { Events as Log } from './use-events.ts';

interface SideProps {
  readonly session: Session;
  readonly view: SessionView;
  readonly events: Log;
  readonly tab: string;
}

export function Side({ session, view, events, tab }: SideProps): ReactElement {
  return (
    <aside className="side" aria-label="About the session">
      {tab === 'people' && <People session={session} view={view} />}
      {tab === 'details' && <Details session={session} view={view} />}
      {tab !== 'people' && tab !== 'details' && <Events session={session} log={events} />}
    </aside>
  );
}
