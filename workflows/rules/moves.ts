import type { SessionMachine } from './machine.ts';

/** What the session's loop does next. */
export type Move = 'publish' | 'continue' | 'settle' | 'run' | 'finish' | 'hibernate' | 'expire';

/**
 * The next move; null: there is nothing to do until something comes in. `busy`: an activity of the turn is under way. `isFull`: this run of
 * the workflow should end.
 */
export function nextMove(machine: SessionMachine, busy: boolean, isFull: () => boolean): Move | null {
  if (mustPublish(machine)) return 'publish';
  if (busy) return null;
  if (machine.atRest && isFull()) return 'continue';
  if (machine.turns.isUnended) return 'settle';
  if (machine.canRun) return 'run';
  return machine.closing ? 'finish' : null;
}

/** What an activity of a turn is about to carry costs nothing; it waits for that. */
function mustPublish({ facts, turns, hasMessage }: SessionMachine): boolean {
  const turn = turns.current;
  if (facts.mustReconcile || turns.closings.any) return true;
  if (!facts.hasDrafts) return false;
  if (!turn) return !hasMessage;
  if (turn.phase === 'running') return !turn.endSeen;
  return turn.phase !== 'ready';
}
