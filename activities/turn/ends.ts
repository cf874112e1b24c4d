import {
  endsStep,
  noWorkerFor,
  eventId,
  stepId,
  type EventDraft,
  type JournalEntry,
  type JsonObject,
  type LoggedEvent,
} from '../../src/contracts/index.ts';
import type { AppendInput } from '../../src/log/index.ts';
import { closesOf } from '../closing.ts';
import { isStep } from './calls.ts';
import type { StepEnds, TurnEnd } from './turn-driver.ts';

/** How a turn ends. */
export type Ending = Extract<TurnEnd, { status: 'completed' | 'failed' }>;

/** `memory`: what the team has changed of what it keeps. */
export function turnEnded(
  end: Ending,
  place: { turn: string; at: number; cause: string },
  memory: JsonObject | undefined,
): EventDraft {
  const id = eventId.turnEnded(place.turn);
  if (end.status === 'completed') {
    return { id, type: 'turn.completed', ...place, data: memory === undefined ? {} : { memory } };
  }
  const { code, message } = end;
  return { id, type: 'turn.failed', ...place, data: { code, message } };
}

export function noRunner(needs = ''): Ending {
  return { status: 'failed', ...noWorkerFor(needs) };
}

/** The turn's end also ends what its team has left running. */
export function closesTurn(end: EventDraft, turn: string): Pick<AppendInput, 'closes'> {
  const { at, cause } = end;
  // It was one of these steps, perhaps.
  if (end.type === 'turn.failed' && end.data.code === 'worker_blocked') {
    return closesOf({ turn, type: 'step.failed', data: end.data }, at, cause);
  }
  const data = { reason: 'the turn has ended' };
  return closesOf({ turn, type: 'step.cancelled', data }, at, cause);
}

/** How a turn has ended by the event that the log holds. */
export function endOf(event: LoggedEvent): TurnEnd {
  if (event.type === 'turn.failed') return { status: 'failed', ...event.data };
  return { status: 'completed', last: true };
}

/** How the steps of the journal have ended: those that the turn carries itself, and the others as `read` finds them. */
export async function endsOf(
  turn: string,
  decided: readonly JournalEntry[],
  carried: readonly EventDraft[],
  read: (steps: ReadonlySet<string>) => Promise<StepEnds>,
): Promise<StepEnds> {
  const own = new Map<string, LoggedEvent>();
  for (const fact of carried) {
    if (endsStep(fact.type) && fact.step !== undefined) own.set(fact.step, { ...fact, seq: 0 });
  }
  const steps = decided.filter(isStep).map(({ path }) => stepId(turn, path));
  return new Map([...(await read(new Set(steps.filter((step) => !own.has(step))))), ...own]);
}
