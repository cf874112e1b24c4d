import { endsStep, eventId, type EventDraft, type LoggedEvent } from '../../src/contracts/index.ts';
import type { StepEnds, TurnEnd } from './kernel.ts';

/** How a turn ends. */
export type Ending = Extract<TurnEnd, { status: 'completed' | 'failed' }>;

export function turnEnded(end: Ending, place: { turn: string; at: number; cause: string }): EventDraft {
  const id = eventId.turnEnded(place.turn);
  if (end.status === 'completed') return { id, type: 'turn.completed', ...place, data: {} };
  const { code, message } = end;
  return { id, type: 'turn.failed', ...place, data: { code, message } };
}

/** The same from the event that the log holds. */
export function endOf(event: LoggedEvent): TurnEnd {
  if (event.type === 'turn.failed') return { status: 'failed', ...event.data };
  return { status: 'completed', last: true };
}

/** The ends of steps among the facts that a turn carries, by step. */
export function endsAmong(facts: readonly EventDraft[]): StepEnds {
  return new Map(
    facts.flatMap((fact): [string, LoggedEvent][] =>
      endsStep(fact.type) && fact.step !== undefined ? [[fact.step, { ...fact, seq: 0 }]] : [],
    ),
  );
}
