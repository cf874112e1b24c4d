/** Where a turn begins: how it stands, and how to stop it. */
import { memo } from 'react';
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import type { TurnEntry } from '../../../../src/contracts/public.ts';
import { Badge } from '../../shared/badge.tsx';
import { Icon } from '../../shared/icons.tsx';
import { ErrorNote } from '../../shared/notes.tsx';
import { useAct } from './head.tsx';

interface TurnHeadProps {
  readonly session: Session | null;
  /** Undefined: it has not started. */
  readonly turn: TurnEntry | undefined;
  readonly id: string;
  /** Its failure stands at a step. */
  readonly isTold: boolean;
}

function toldOf({ failure, reason, into, waiting, beside, rolledBack }: TurnEntry, isTold: boolean): string {
  const words = [
    isTold ? '' : (failure?.message ?? reason?.message),
    into && `answered in ${into}`,
    waiting &&
      `waits for a place: ${waiting.used} of ${waiting.most} turns run, number ${waiting.place} in the line`,
    beside && 'beside the main lane',
    rolledBack &&
      rolledBack.lasting.length > 0 &&
      `not undone: ${rolledBack.lasting.map(({ tool }) => tool).join(', ')}`,
  ];
  return words.filter(Boolean).join(' · ');
}

export const TurnHead = memo(function TurnHead({ session, turn, id, isTold }: TurnHeadProps): ReactElement {
  const { isBusy, error, act } = useAct();
  const told = turn ? toldOf(turn, isTold) : '';
  const isRunning = turn === undefined || turn.status === 'running';
  return (
    <div className="turn-head">
      <h2>{id}</h2>
      <Badge
        status={turn ? (turn.waiting ? 'waiting' : turn.status) : 'queued'}
        text={turn?.rolledBack && 'rolled back'}
      />
      {told !== '' && <span className="soft small told">{told}</span>}
      {session && isRunning && (
        <button
          type="button"
          className="button small quiet"
          disabled={isBusy}
          aria-label={`Cancel turn ${id}`}
          onClick={() => act(() => session.cancel(id))}
        >
          <Icon name="stop" /> Cancel
        </button>
      )}
      {error && <ErrorNote error={error} />}
    </div>
  );
});
