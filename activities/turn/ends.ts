import {
  endsStep,
  endsTurn,
  noWorkerFor,
  eventId,
  stepId,
  type EventDraft,
  type JsonObject,
  type LoggedEvent,
  type TurnInput,
} from '../../src/contracts/index.ts';
import { closesTurn, type Origin } from '../closing.ts';
import { isStep } from './calls.ts';
import type { TurnJournal } from './journal.ts';
import type { StepEnds, TurnEnd } from './turn-driver.ts';
import type { TurnLog } from './turn-log.ts';

/** How a turn ends. */
export type Ending = Extract<TurnEnd, { status: 'completed' | 'failed' }>;

/** `memory`: what the team has changed of what it keeps. */
export function turnEnded(
  end: Ending,
  place: Origin & { readonly turn: string; readonly at: number },
  memory: JsonObject | undefined,
): EventDraft & { readonly turn: string } {
  const id = eventId.turnEnded(place.turn);
  if (end.status === 'completed') {
    return { id, type: 'turn.completed', ...place, data: memory === undefined ? {} : { memory } };
  }
  const { status: _, ...failure } = end;
  return { id, type: 'turn.failed', ...place, data: failure };
}

export function noRunner(needs = ''): Ending {
  return { status: 'failed', ...noWorkerFor(needs) };
}

/** How a turn has ended by the event that the log holds. */
export function endOf(event: LoggedEvent): TurnEnd {
  if (event.type === 'turn.failed') return { status: 'failed', ...event.data };
  return { status: 'completed', last: true };
}

/** What the turn has said so far must be in the log: earlier runs may not have shown it, and the log may be another one. */
export async function bringProgress(
  log: Pick<TurnLog, 'facts' | 'append'>,
  { turn, lead }: Pick<TurnInput, 'turn' | 'lead'>,
): Promise<void> {
  const end = [...lead, ...log.facts()].find((fact) => endsTurn(fact.type) && fact.turn === turn);
  await log.append([], end ? closesTurn(end, turn) : {});
}

/** The turn's end; with it ends what its team has left running. */
export async function bringEnd(
  log: Pick<TurnLog, 'append'>,
  end: EventDraft & { readonly turn: string },
  signal: AbortSignal,
): Promise<void> {
  await log.append([end], { ...closesTurn(end, end.turn), signal });
}

/** How the steps of the journal have ended: those that the turn carries itself, and the others as `read` finds them. */
export async function endsOf(
  log: Pick<TurnLog, 'facts'>,
  { turn, lead }: Pick<TurnInput, 'turn' | 'lead'>,
  journal: Pick<TurnJournal, 'decided' | 'summaries'>,
  read: (steps: ReadonlySet<string>) => Promise<StepEnds>,
): Promise<StepEnds> {
  const own = new Map<string, LoggedEvent>();
  for (const fact of [...lead, ...log.facts()]) {
    if (endsStep(fact.type) && fact.step !== undefined) own.set(fact.step, { ...fact, seq: 0 });
  }
  const ended = [...journal.summaries(), ...journal.decided()].filter(isStep);
  const steps = ended.map(({ path }) => stepId(turn, path));
  return new Map([...(await read(new Set(steps.filter((step) => !own.has(step))))), ...own]);
}
