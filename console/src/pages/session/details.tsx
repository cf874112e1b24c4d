/** What the session is, and how its workflow stands. */
import { useCallback } from 'react';
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import type { SessionView } from '../../../../src/contracts/public.ts';
import { useAsked } from '../../shared/api.ts';
import { count, dateTime } from '../../shared/format.ts';
import { Json } from '../../shared/json.tsx';
import { ErrorNote } from '../../shared/notes.tsx';

/** How often the workflow is asked, ms. */
const EVERY_MS = 5_000;

export function Details({
  session,
  view,
}: {
  readonly session: Session;
  readonly view: SessionView;
}): ReactElement {
  const { data, error, refresh } = useAsked(
    useCallback(() => session.state(), [session]),
    EVERY_MS,
  );
  const rows: readonly (readonly [string, string])[] = [
    ['Tenant', view.tenant],
    ['Opened', dateTime(view.createdAt)],
    ['Team', view.team.name],
    ['Position', `${count(view.position.seq)} events, epoch ${view.position.epoch}`],
    ...(data
      ? ([
          ['Workflow', data.status],
          ['Turns', count(data.turns)],
          ['In the queue', count(data.queued)],
          ['Archived up to', count(data.archivedTo)],
          ['History', `${count(data.historyEvents)} events`],
        ] as const)
      : []),
  ];
  return (
    <div className="panel">
      <h2>Details</h2>
      <dl className="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {error && <ErrorNote error={error} retry={refresh} />}
      <h3>Public metadata</h3>
      {Object.keys(view.metadata).length > 0 ? (
        <Json value={view.metadata} />
      ) : (
        <p className="soft small">
          None. What a session is opened with under metadata.public is told to clients, and stands here.
        </p>
      )}
    </div>
  );
}
