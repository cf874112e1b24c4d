/** One scorer on one turn, as Temporal calls it. */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { ERRORS, isConvokeError, LIMITS, type ScoreInput } from '../../src/contracts/index.ts';
import { RunnerError } from '../agents/runner.ts';
import { scoreTurn, type ScoringDeps } from './score-turn.ts';

export async function score(deps: ScoringDeps, input: ScoreInput): Promise<void> {
  const { info, cancellationSignal } = Context.current();
  const signal = AbortSignal.any([cancellationSignal, AbortSignal.timeout(LIMITS.scoreTimeoutMs)]);
  try {
    await scoreTurn(deps, input, { attempt: info.attempt, signal });
  } catch (cause) {
    throw failureOf(cause);
  }
}

/** What code of the deployment has thrown is worth another try; what it says stays in the worker's log. */
function failureOf(cause: unknown): ApplicationFailure {
  if (cause instanceof RunnerError) {
    const { code: type, message, retryable } = cause;
    return ApplicationFailure.create({ type, message, nonRetryable: !retryable });
  }
  if (!isConvokeError(cause))
    return ApplicationFailure.create({ type: 'agent_failed', message: 'The scorer failed.' });
  const { code: type, message } = cause;
  return ApplicationFailure.create({ type, message, nonRetryable: !ERRORS[type].retryable });
}
