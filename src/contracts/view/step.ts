/** How the events of a step change its entry. */
import type { EventData, SessionEvent } from '../events/envelope.ts';
import type { Usage } from '../events/step.ts';
import { reasonOf } from '../reasons.ts';
import { editStep } from './edit.ts';
import type { EndStatus, SessionView, StepEntry } from './types.ts';

type StepEvent = Extract<SessionEvent, { type: `step.${string}` }>;
type StepEnd = Extract<StepEvent, { type: 'step.completed' | 'step.failed' | 'step.cancelled' }>;

/** The sum; a count that is absent in both stays absent. */
function addUsage(a: Usage | undefined, b: Usage | undefined): Usage | undefined {
  if (!a || !b) return a ?? b;
  const sum = { ...a, ...b };
  for (const key of Object.keys(sum) as (keyof Usage)[]) sum[key] = (a[key] ?? 0) + (b[key] ?? 0);
  return sum;
}

/** The entry with another attempt's usage added. */
function withUsage(entry: StepEntry, more: Usage | undefined): StepEntry {
  const usage = addUsage(entry.usage, more);
  return usage ? { ...entry, usage } : entry;
}

/** Withdraws what earlier attempts said. Text of this attempt that arrived before the event stays. */
function restart(entry: StepEntry, attempt: number): StepEntry {
  const { waiting: _waiting, ...awake } = entry;
  if (entry.attempt >= attempt) return awake;
  const { reasoning: _reasoning, ...rest } = awake;
  return { ...rest, attempt, text: '' };
}

/** The end event is authoritative about what was said. */
function end(entry: StepEntry, event: StepEnd): StepEntry {
  const { waiting: _waiting, reasoning: _reasoning, ...rest } = withUsage(entry, event.data.usage);
  const { text, reasoning, shown } = event.data;
  return {
    ...rest,
    attempt: event.attempt ?? entry.attempt,
    // safety: such an event is named after it
    status: event.type.slice('step.'.length) as EndStatus,
    text,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(shown ? { shown } : {}),
    ...(event.type === 'step.completed' ? answerOf(event.data) : {}),
    ...(event.type === 'step.failed' ? { failure: failureOf(event.data) } : {}),
    ...(event.type === 'step.cancelled' ? { reason: reasonOf(event.data.reason) } : {}),
  };
}

function answerOf({ finish, calls }: EventData['step.completed']): Pick<StepEntry, 'finish' | 'calls'> {
  return { ...(finish ? { finish } : {}), ...(calls ? { calls } : {}) };
}

function failureOf(data: NonNullable<StepEntry['failure']>): NonNullable<StepEntry['failure']> {
  const { code, message, retryAt } = data;
  return { code, message, ...(retryAt === undefined ? {} : { retryAt }) };
}

/** In a log that was lost twice within moments the start of a step may come after its end: the step stays as it has ended. */
export function reduceStep(view: SessionView, event: StepEvent): SessionView {
  const { turn = '', step = '', agent = '', at, attempt } = event;
  const fresh = {
    kind: 'step',
    step,
    turn,
    agent,
    attempt: attempt ?? 1,
    status: 'running',
    text: '',
    at,
  } as const;
  switch (event.type) {
    case 'step.started':
      return editStep(view, step, (entry) => ({ ...event.data, ...entry }), fresh);
    case 'step.restarted': {
      const { usage } = event.data;
      return editStep(view, step, (entry) => withUsage(restart(entry, attempt ?? 1), usage));
    }
    case 'step.waiting': {
      const waiting = event.data;
      // A delta of the next attempt may have arrived first.
      const over = (entry: StepEntry): boolean => attempt !== undefined && attempt < entry.attempt;
      return editStep(view, step, (entry) => (over(entry) ? entry : { ...entry, waiting }));
    }
    case 'step.completed':
    case 'step.failed':
    case 'step.cancelled':
      return editStep(view, step, (entry) => end(entry, event), fresh);
    default:
      return view;
  }
}
