/** Why an attempt or a turn was held up or ended, from what its events say. Pure. */
import type { LoggedEvent } from '../events/envelope.ts';
import { reasonOf } from '../reasons.ts';
import type { Moment } from './builder.ts';
import type { TimelineSpan } from './types.ts';
import type { Wait } from './waits.ts';

/** Failures of whoever answers the call, as against the agent's own. */
export const OF_PROVIDER = /^agent_(rate_limited|timeout|stalled|unreachable|failed)$/;

/** Codes of a restart because the worker, and not the attempt, has ended; what `step.restarted` says then. */
export const OF_WORKER = ['worker_lost', 'worker_stopped', 'worker_blocked'];
export const SAID: Readonly<Record<string, string>> = {
  'The worker that ran it was lost.': 'worker_lost',
  'The worker that ran it was stopped.': 'worker_stopped',
};

export const LOST = { code: 'worker_lost', message: 'The worker that ran it was lost.' };

/** How a step or a turn fails for which no worker has what it needs. */
export function lacksWorker({ type, data }: LoggedEvent): TimelineSpan['cause'] | null {
  if (type !== 'turn.failed' && type !== 'step.failed') return null;
  const { code, message } = data;
  return code === 'no_worker_for_agent' || code === 'unknown_team' ? { code, message } : null;
}

export function ableFrom(waits: readonly Wait[] = []): Moment | undefined {
  const wait = waits.find(({ reason }) => reason === 'worker');
  return wait && { at: wait.from };
}

export function cancelled(event: LoggedEvent): Pick<TimelineSpan, 'cause'> {
  return event.type === 'step.cancelled' ? { cause: reasonOf(event.data.reason) } : {};
}
