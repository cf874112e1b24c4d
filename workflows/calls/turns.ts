/** Runs turns. */
import {
  ActivityFailure,
  ApplicationFailure,
  scheduleActivity,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import {
  ASK_OUTSIDE,
  LIMITS,
  noWorkerFor,
  queueFor,
  RECOVERY,
  type AgentSpec,
  type TurnInput,
  type TurnProgress,
  type TurnResult,
} from '../../src/contracts/index.ts';
import { turnStory } from '../rules/story.ts';
import type { LostTurn } from '../rules/turns.ts';
import type { Inside } from './inside.ts';
import { ALIVE, summaryOf } from './options.ts';

/**
 * A turn whose activity never gets as far as its own bound (`RECOVERY.lostAttempts`) because it takes its process with it, or because what it
 * needs is broken: after so many attempts, about eight minutes, it fails.
 */
const RETRIED = { retry: { ...ALIVE.retry, maximumAttempts: RECOVERY.turnExecutions } };

/** One activity of a turn; inside the workflow task if all agents are quick: then saying it again is harmless. */
export function runTurn(inside: Inside, agents: readonly AgentSpec[], input: TurnInput): Promise<TurnResult> {
  const summary = summaryOf(turnStory(agents, input));
  const able = input.needs === undefined ? {} : ableWorker(input.needs);
  const outside = (): Promise<TurnResult> =>
    scheduleActivity<TurnResult>('runTurn', [input], { ...ALIVE, ...RETRIED, ...able, summary });
  const isQuick = agents.length > 0 && agents.every(({ quick }) => quick === true);
  if (input.needs !== undefined || !isQuick) return outside();
  const options = {
    startToCloseTimeout: agents.length * LIMITS.quickTimeoutMs + 30_000,
    localRetryThreshold: RECOVERY.workflowTaskTimeoutMs,
    retry: { maximumAttempts: RECOVERY.lostAttempts },
    summary,
  };
  return inside.run<TurnResult>('runTurn', input, options).catch((error: unknown) => {
    if (isOutside(error)) return outside();
    throw error;
  });
}

/**
 * What cannot be done inside a workflow task: query this workflow, which answers no question meanwhile, and wait for a log that is away, for
 * a task that is held open costs three events every 3.2 s.
 */
function isOutside(error: unknown): boolean {
  // The failure of a local activity comes bare, that of a normal one in an ActivityFailure.
  const failure = error instanceof ActivityFailure ? error.cause : error;
  return failure instanceof ApplicationFailure && failure.type === ASK_OUTSIDE;
}

function ableWorker(needs: string): { readonly taskQueue: string; readonly scheduleToStartTimeout: number } {
  return {
    taskQueue: queueFor(workflowInfo().taskQueue, needs),
    scheduleToStartTimeout: RECOVERY.ableWorkerMs,
  };
}

/** What is left of an activity of a turn that did not come back. */
export function lostTurn(error: unknown, { needs }: TurnInput): LostTurn {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof TimeoutFailure)) return { progress: null, code: 'worker_lost' };
  const progress = (cause.lastHeartbeatDetails ?? null) as TurnProgress | null; // safety: only `runTurn` beats
  if (cause.timeoutType !== 'SCHEDULE_TO_START') return { progress, code: 'worker_lost' };
  return { progress, ...noWorkerFor(needs ?? '') };
}
