/** How the workflow calls its activities: every option of Temporal that decides about latency, recovery and the story in its Web UI. */
import { ActivityCancellationType, scheduleActivity, scheduleLocalActivity } from '@temporalio/workflow';
import {
  LIMITS,
  RECOVERY,
  type AgentSpec,
  type ArchiveInput,
  type ArchiveReport,
  type PublishInput,
  type Report,
  type StepInput,
} from '../src/contracts/index.ts';

/** Retries until the log or the archive is back: what was accepted is never given up. */
const PATIENT = { initialInterval: 250, backoffCoefficient: 2, maximumInterval: 5_000 };

/** Attempts that may be lost with their worker, on top of those that an agent may fail. */
const LOST_ATTEMPTS = 10;

/** Runs a step: an activity, or inside the workflow task if the agent is quick. */
export function runStep(agent: AgentSpec, input: StepInput): Promise<Report> {
  const retry = {
    initialInterval: RECOVERY.retryMs,
    backoffCoefficient: 2,
    maximumInterval: RECOVERY.retryMaxMs,
    maximumAttempts: input.maxAttempts + LOST_ATTEMPTS,
  };
  // The step runner ends an attempt at `timeoutMs` by itself; this is for one that cannot any more.
  const startToCloseTimeout = input.timeoutMs + 30_000;
  const summary = `${input.agent} speaks (${input.step})`;
  if (agent.quick) {
    return scheduleLocalActivity<Report>('runStep', [input], {
      startToCloseTimeout,
      localRetryThreshold: RECOVERY.workflowTaskTimeoutMs,
      retry,
      summary,
    });
  }
  return scheduleActivity<Report>('runStep', [input], {
    startToCloseTimeout,
    heartbeatTimeout: RECOVERY.heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry,
    summary,
  });
}

/**
 * Appends facts inside the workflow task: one history event instead of six. Reconciling asks this workflow what it holds, which waits for
 * the end of a workflow task: so it is a normal activity.
 */
export function publish(input: PublishInput): Promise<Report> {
  const startToCloseTimeout = 3 * LIMITS.redisTimeoutMs;
  if (input.reconcile) {
    const summary = 'bring the log up to date';
    return scheduleActivity<Report>('publish', [input], { startToCloseTimeout, retry: PATIENT, summary });
  }
  return scheduleLocalActivity<Report>('publish', [input], {
    startToCloseTimeout,
    localRetryThreshold: RECOVERY.workflowTaskTimeoutMs,
    retry: PATIENT,
    summary: `publish ${input.drafts.map((draft) => draft.type).join(', ')}`.slice(0, 200),
  });
}

/** Copies what the workflow holds into the archive. */
export function archive(input: ArchiveInput): Promise<ArchiveReport> {
  return scheduleActivity<ArchiveReport>('archive', [input], {
    startToCloseTimeout: 60_000,
    retry: PATIENT,
    summary: `archive events after ${input.archivedTo}`,
  });
}
