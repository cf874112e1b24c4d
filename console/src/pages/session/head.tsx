/** The name of the session, how it stands, and what can be done with it. */
import { useState } from 'react';
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import type { SessionView, StepEntry } from '../../../../src/contracts/public.ts';
import { curlOf } from '../../shared/api.ts';
import { Badge } from '../../shared/badge.tsx';
import { Copy } from '../../shared/copy.tsx';
import { cost, count } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { ErrorNote } from '../../shared/notes.tsx';
import { go, Link, setQuery, to } from '../../shared/router.tsx';

interface HeadProps {
  readonly session: Session;
  readonly view: SessionView;
}

function usageOf({ entries }: SessionView): { readonly tokens: number; readonly cost: number } {
  const steps = entries.filter((entry): entry is StepEntry => entry.kind === 'step');
  return {
    tokens: steps.reduce((sum, { usage }) => sum + (usage ? usage.inputTokens + usage.outputTokens : 0), 0),
    cost: steps.reduce((sum, { usage }) => sum + (usage?.cost ?? 0), 0),
  };
}

/** Runs what a button asks for, one at a time; `error` is why the last one failed. */
export function useAct(): {
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly act: (work: () => Promise<unknown>) => void;
} {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const act = (work: () => Promise<unknown>): void => {
    setBusy(true);
    setError(null);
    void work()
      .catch((thrown: unknown) => setError(thrown instanceof Error ? thrown : new Error(String(thrown))))
      .finally(() => setBusy(false));
  };
  return { isBusy, error, act };
}

export async function forkAndOpen(
  session: Session,
  point: { readonly at?: number; readonly before?: string },
): Promise<void> {
  const fork = await session.fork(point);
  go(to(`/sessions/${fork.id}`));
}

/** On a phone the first word has to do. */
const CLOSE = (
  <span>
    Close<span className="label"> session</span>
  </span>
);

export function Head({ session, view }: HeadProps): ReactElement {
  const { isBusy, error, act } = useAct();
  const { tokens, cost: spent } = usageOf(view);
  const isClosed = view.status === 'closed';
  const more = view.truncated ? '+' : '';
  // Those that wait have no entry of their own yet.
  const turns = new Set(
    [...view.turns, ...view.entries].flatMap(({ turn = '' }) => (turn === '' ? [] : [turn])),
  ).size;
  const words = [
    view.team.name,
    `${count(turns)}${more} ${turns === 1 ? 'turn' : 'turns'}`,
    ...(tokens > 0 ? [`${count(tokens)}${more} tokens`] : []),
    ...(spent > 0 ? [`cost ${cost(spent)}${more}`] : []),
  ];
  return (
    <header className="page-head session-head">
      <Link to={to('/sessions')} className="button small quiet icon-only" aria-label="All sessions">
        <Icon name="back" />
      </Link>
      <div className="title">
        <h1>{view.session}</h1>
        <p className="soft numbers">
          <Badge status={view.status} /> <span>{words.join(' · ')}</span>
          {view.parent && (
            <span>
              fork of <Link to={to(`/sessions/${view.parent.session}`)}>{view.parent.session}</Link>
            </span>
          )}
        </p>
      </div>
      <div className="actions">
        <button type="button" className="button small" onClick={() => setQuery({ replay: '1', tab: '' })}>
          <Icon name="play" /> Replay
        </button>
        <button
          type="button"
          className="button small"
          disabled={isBusy}
          onClick={() => act(() => forkAndOpen(session, {}))}
        >
          <Icon name="fork" /> Fork
        </button>
        <button
          type="button"
          className="button small"
          disabled={isBusy}
          onClick={() => act(() => (isClosed ? session.reopen() : session.close()))}
        >
          {isClosed ? 'Reopen' : CLOSE}
        </button>
        <Copy label="Copy link" icon="link" text={() => location.href} />
        <Copy label="Copy as curl" text={() => curlOf(`/v1/sessions/${view.session}`)} />
      </div>
      {error && <ErrorNote error={error} />}
    </header>
  );
}
