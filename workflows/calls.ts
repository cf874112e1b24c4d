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
  const summary = `${input.agent} speaks (${input.step})`;
  if (agent.quick) {
    return scheduleLocalActivity('runStep', [input], {
      startToCloseTimeout: LIMITS.quickTimeoutMs,
      localRetryThreshold: RECOVERY.workflowTaskTimeoutMs,
      retry,
      summary,
    }) as Promise<Report>; // safety: SessionActivities names what `runStep` returns
  }
  return scheduleActivity<Report>('runStep', [input], {
    // The step runner ends an attempt at `timeoutMs` by itself; this is for one that cannot any more.
    startToCloseTimeout: input.timeoutMs + 30_000,
    heartbeatTimeout: RECOVERY.heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry,
    summary,
  });
}

/** Appends facts inside the workflow task: one history event instead of six. */
export function publish(input: PublishInput): Promise<Report> {
  return scheduleLocalActivity('publish', [input], {
    startToCloseTimeout: 3 * LIMITS.redisTimeoutMs,
    localRetryThreshold: RECOVERY.workflowTaskTimeoutMs,
    retry: PATIENT,
    summary: input.reconcile
      ? 'bring the log up to date'
      : `publish ${input.drafts.map((d) => d.type).join(', ')}`,
  }) as Promise<Report>; // safety: SessionActivities names what `publish` returns
}

/** Copies what the workflow holds into the archive. */
export function archive(input: ArchiveInput): Promise<ArchiveReport> {
  return scheduleActivity<ArchiveReport>('archive', [input], {
    startToCloseTimeout: 60_000,
    retry: PATIENT,
    summary: `archive events after ${input.archivedTo}`,
  });
}
