/** Why something was cancelled, closed or restarted. Codes are stable; sentences may improve. */
import type { FailureInfo } from './events/step.ts';

/** A code and a sentence. A step that is restarted because of a failure carries that failure's code from the error table instead. */
export type Reason = FailureInfo;

export const REASONS = {
  // Turns and steps
  cancel_requested: 'Somebody cancelled the turn.',
  cancelled_before_start: 'Somebody cancelled the turn before it started.',
  interrupted: 'A message stopped the turn.',
  rolled_back: 'A message withdrew the turn.',
  superseded: 'A later message took the place of those that waited.',
  step_cancelled: 'Somebody cancelled the step.',
  joined: 'Its message has joined the running turn.',
  merged: 'Its messages are answered together with those that wait.',
  overtaken: 'Another message was answered first; its own are answered in a later turn.',
  turn_ended: 'The turn ended while the step was running.',
  forked: 'The session was forked before this had ended; it goes on in the parent only.',
  branch_not_needed: 'The other branches have said enough.',
  branch_timed_out: 'The branch did not end in time.',
  budget_spent: 'A limit of the session, or of a team inside, was reached.',
  worker_stopped: 'The worker was shut down; the step continues on another one.',
  // Approvals
  given: 'Whoever decided gave a reason.',
  approval_expired: 'Nobody decided in time.',
  approval_changed: 'The turn asks for something else.',
  // Sessions
  close_requested: 'Somebody closed the session.',
  ttl_expired: 'Nothing happened for as long as it was to stay open.',
  parent_gone: 'The session that it was forked from was erased.',
  operator_cancelled: 'An operator cancelled the workflow of the session.',
  workflow_terminated: 'The workflow of the session was terminated.',
  workflow_failed: 'The workflow of the session failed.',
  workflow_timed_out: 'The workflow of the session timed out.',
  workflow_cancelled: 'The workflow of the session was cancelled.',
  forgotten: 'The session is over, and how it ended was not archived.',
  unspecified: 'No reason was given.',
} as const;

export type ReasonCode = keyof typeof REASONS;

/** A reason from the table. */
export function reason(code: ReasonCode): Reason {
  return { code, message: REASONS[code] };
}

/** True for the end of a step that somebody has cancelled alone: its turn goes on. */
export function isCancelledAlone({ reason: given }: { readonly reason: Reason | string }): boolean {
  return typeof given !== 'string' && given.code === 'step_cancelled';
}

/** Sentences of writers that do not use codes yet. */
const SENTENCES: Readonly<Record<string, ReasonCode>> = {
  'cancelled on request': 'cancel_requested',
  'cancelled before it started': 'cancelled_before_start',
  'the turn has ended': 'turn_ended',
  'its worker was stopped': 'worker_stopped',
  requested: 'close_requested',
  expired: 'ttl_expired',
  'cancelled by an operator': 'operator_cancelled',
  terminated: 'workflow_terminated',
  failed: 'workflow_failed',
  'timed out': 'workflow_timed_out',
  cancelled: 'workflow_cancelled',
  forgotten: 'forgotten',
  parent_gone: 'parent_gone',
};

/** The reason as an object, whichever form it was written in. */
export function reasonOf(given: Reason | string): Reason {
  if (typeof given !== 'string') return given;
  const code = SENTENCES[given];
  return code ? reason(code) : { code: 'unspecified', message: given === '' ? REASONS.unspecified : given };
}
