/** The activities: execution as the workflow calls it. Glue between Temporal and the step runner. */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { randomUUID } from 'node:crypto';
import type { Archive } from '../src/archive/index.ts';
import {
  ASK_OUTSIDE,
  isConvokeError,
  RECOVERY,
  type Report,
  type SessionActivities,
  type StepInput,
} from '../src/contracts/index.ts';
import type { SessionSource } from '../src/log/index.ts';
import { archiveEvents } from './archive-events.ts';
import { Conversations } from './conversation.ts';
import { publishEvents } from './publish-events.ts';
import { StepRetry, StepRunner, Superseded, type StepRunnerDeps } from './step-runner.ts';

export { createLanguageModels, createModelRunner, createScriptedRunner } from './agents/index.ts';
export type { AgentRunner } from './agents/index.ts';

export interface ActivityDeps extends StepRunnerDeps {
  readonly archive: Archive;
}

/** What a heartbeat carries to the next attempt. */
interface Beat {
  readonly chars: number;
  readonly reason?: string;
}

const LOST = 'the worker of the attempt before was lost';

/**
 * Has the workflow call the same activity outside its task.
 *
 * Two reasons. Inside its task a workflow answers no question. And a task that timed out may still run elsewhere, with the same step in it:
 * each would take the step from the other in turn. The one that is superseded gives up; only the task that the server believes in can
 * schedule an activity.
 */
function outside(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, ASK_OUTSIDE);
}

const OUTSIDE_ONLY: SessionSource = {
  known: () => Promise.reject(outside('The log must be built anew.')),
  archived: () => Promise.resolve([]),
  session: () => Promise.resolve(null),
};

export function createActivities(deps: ActivityDeps): SessionActivities {
  const inTask = { ...deps, source: OUTSIDE_ONLY };
  const conversations = new Conversations();
  const runner = new StepRunner(deps, conversations);
  const runnerInTask = new StepRunner(inTask, conversations);
  const isLocal = (): boolean => Context.current().info.isLocal;
  return {
    runStep: (input) => asFailure(() => runStep(isLocal() ? runnerInTask : runner, input)),
    publish: (input) => asFailure(() => publishEvents(isLocal() ? inTask : deps, input)),
    archive: (input) => asFailure(() => archiveEvents(deps, input)),
  };
}

async function runStep(runner: StepRunner, input: StepInput): Promise<Report> {
  const context = Context.current();
  const { attempt, isLocal } = context.info;
  const before = context.info.heartbeatDetails as Beat | undefined; // safety: only this function beats
  let beat: Beat = { chars: 0 };
  const beats = (): void => {
    context.heartbeat(beat);
  };
  // A local activity has no heartbeat: its workflow task is what times out.
  const heart = isLocal ? undefined : setInterval(beats, RECOVERY.heartbeatEveryMs);
  try {
    return await runner.run(input, {
      owner: randomUUID(),
      order: isLocal ? 0 : attempt,
      attempt,
      reason: before?.reason ?? LOST,
      signal: context.cancellationSignal,
      progress: (chars) => {
        beat = { chars };
      },
    });
  } catch (error) {
    if (context.cancellationSignal.aborted) return await handOver(context);
    if (error instanceof Superseded && isLocal) throw outside('Another execution has begun the step.');
    if (!(error instanceof StepRetry)) throw error;
    if (!isLocal) context.heartbeat({ ...beat, reason: error.message });
    throw ApplicationFailure.create({
      type: error.code,
      message: error.message,
      ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
    });
  } finally {
    clearInterval(heart);
  }
}

/** The attempt was stopped: a stopping worker hands the step to another one; anything else is a cancel. */
async function handOver(context: Context): Promise<never> {
  const why = await context.cancelled.catch((error: unknown) => error);
  // A stopping worker tells its details only if the server had a part in it; else the reason is this word (SDK 1.24).
  const stopping = why instanceof Error && why.message === 'WORKER_SHUTDOWN';
  if (!stopping && context.cancellationDetails?.workerShutdown !== true) throw why;
  if (!context.info.isLocal) context.heartbeat({ chars: 0, reason: 'its worker was stopped' });
  throw ApplicationFailure.create({ type: 'handed_over', message: 'The worker stops.', nextRetryDelay: 1 });
}

/** Errors of the table keep their code in the history. */
async function asFailure<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isConvokeError(error)) throw error;
    throw ApplicationFailure.create({ type: error.code, message: error.message, cause: error });
  }
}
