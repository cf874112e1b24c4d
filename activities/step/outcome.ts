/** How a step's end is told: to the log, to the team, to clients. */
import {
  ERRORS,
  eventId,
  isCancelledAlone,
  isConvokeError,
  LIMITS,
  type ErrorCode,
  type EventData,
  type EventDraft,
  type JsonObject,
  type LoggedEvent,
  type Usage,
} from '../../src/contracts/index.ts';
import { RunnerError } from '../agents/runner.ts';
import type { Origin } from '../closing.ts';
import type { StepCall, StepOutcome } from '../turn/step-call.ts';
import { TurnStopped } from '../turn/stops.ts';
import type { Said } from './attempt.ts';
import { WellFormed } from './well-formed.ts';

export const FULL = new RunnerError(
  'agent_output_too_large',
  'The agents that speak side by side have said more than a turn can hold at a time.',
  { retryable: false },
);

/** The end of a turn that ends with this step. */
export function turnEnd(
  end: EventDraft,
  place: Origin & { readonly turn: string; readonly at: number },
  memory: JsonObject | undefined,
): EventDraft {
  const id = eventId.turnEnded(place.turn);
  if (end.type !== 'step.failed') {
    return { id, type: 'turn.completed', ...place, data: memory === undefined ? {} : { memory } };
  }
  const { code, message } = end.data;
  return { id, type: 'turn.failed', ...place, data: { code, message } };
}

/** What the team hears. */
export function outcomeOf({ step, agent }: Pick<StepCall, 'step' | 'agent'>, end: LoggedEvent): StepOutcome {
  if (end.type === 'step.completed') {
    const { text, calls = [], usage } = end.data;
    return { status: 'completed', step, agent, text, calls, ...(usage ? { usage } : {}) };
  }
  if (end.type === 'step.failed') return { status: 'failed', step, agent, ...end.data };
  if (end.type === 'step.cancelled' && isCancelledAlone(end.data)) {
    const message = ERRORS.step_cancelled.title;
    return { status: 'failed', step, agent, code: 'step_cancelled', message, text: end.data.text };
  }
  throw new TurnStopped('cancelled');
}

/** What an end tells beside its text. */
export function extras({ reasoning, usage }: Said): { reasoning?: string; usage?: Usage } {
  return { ...(reasoning === '' ? {} : { reasoning }), ...(usage ? { usage } : {}) };
}

/** The beginning of it: what an activity keeps that can hold no more. */
export function brief({ text, reasoning, ...rest }: Said): Said {
  const cut = (whole: string): string => new WellFormed().add(whole.slice(0, LIMITS.briefChars));
  return { ...rest, text: cut(text), reasoning: cut(reasoning) };
}

/** A whole answer. It says why it is not whole if it is not. */
export function answered(said: Said): EventData['step.completed'] {
  const { text, calls, finish } = said;
  return {
    text,
    ...extras(said),
    ...(finish === undefined || finish === 'stop' ? {} : { finish }),
    ...(calls.length === 0 ? {} : { calls }),
  };
}

/** A failure that no other attempt can mend. */
export function finalFailure(code: string, message?: string): RunnerError {
  const known = Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'agent_failed';
  return new RunnerError(known, message ?? ERRORS[known].title, { retryable: false });
}

export function silent(): RunnerError {
  return new RunnerError('agent_empty', 'The agent said nothing.', { retryable: false });
}

/**
 * Anything that an agent throws, as a failure with a code. The sentence of a `RunnerError` is meant for clients; an unknown error is worth
 * another try, and what it says stays here.
 */
export function asRunnerError(error: unknown): RunnerError {
  if (!(error instanceof RunnerError)) {
    // What an agent must be shown cannot be had: no other attempt would find it.
    if (isConvokeError(error)) return new RunnerError(error.code, error.message, { retryable: false });
    return new RunnerError('agent_failed', ERRORS.agent_failed.title, { retryable: true });
  }
  const { code, message, retryable, retryAfterMs } = error;
  return new RunnerError(code, message.slice(0, LIMITS.failureChars), { retryable, retryAfterMs });
}
