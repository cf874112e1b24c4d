import type { SessionMachine } from './machine.ts';

/** What the session's loop does next. */
export type Move = 'publish' | 'continue' | 'settle' | 'run' | 'finish' | 'nudge' | 'hibernate' | 'expire';

/** What is under way, and how full the run of the workflow is. */
export interface Work {
  /** The turns of which an activity is under way. */
  readonly busy: readonly string[];
  /** This run should end. */
  isFull(): boolean;
  /** It must. */
  isOverfull(): boolean;
}

/** The next move; null: there is nothing to do until something comes in, or comes back. */
export function nextMove(machine: SessionMachine, work: Work): Move | null {
  // With turns side by side there may never be a moment in which none runs: one is made.
  const isHeldBack = machine.turns.all.some(({ phase }) => phase === 'running') && work.isOverfull();
  if (mustPublish(machine, isHeldBack)) return 'publish';
  if (work.busy.length === 0 && machine.atRest && work.isFull()) return 'continue';
  if (machine.turns.isUnended) return 'settle';
  const laneIsBusy = work.busy.some((turn) => !machine.turns.isBeside(turn));
  if (!isHeldBack && (laneIsBusy ? machine.canRunBeside : machine.canRun)) return 'run';
  return machine.closing && work.busy.length === 0 ? 'finish' : null;
}

/** What an activity of a turn is about to carry costs nothing; it waits for that. The end of a turn does not: it waits for nobody. */
function mustPublish({ facts, turns, canRun, releases }: SessionMachine, isHeldBack: boolean): boolean {
  if (facts.mustReconcile || turns.closings.any) return true;
  if (!facts.hasDrafts && !releases.isDue) return false;
  if (turns.all.some(({ phase }) => phase === 'over')) return true;
  if (canRun && !isHeldBack) return false;
  const { current } = turns;
  return current?.phase !== 'running' || !current.endSeen;
}
