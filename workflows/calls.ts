/** How the workflow calls its activities: every option of Temporal that decides about latency, recovery and the story in its Web UI. */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  scheduleActivity,
  scheduleLocalActivity,
  type ActivityOptions,
} from '@temporalio/workflow';
import {
  ASK_OUTSIDE,
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

/** Calls inside the workflow task, where it costs one history event instead of six; outside if the activity must ask this workflow. */
async function inTask(inside: () => Promise<Report>, outside: () => Promise<Report>): Promise<Report> {
  try {
    return await inside();
  } catch (error) {
    // The failure of a local activity comes bare, that of a normal one in an ActivityFailure.
    const failure = error instanceof ActivityFailure ? error.cause : error;
    if (failure instanceof ApplicationFailure && failure.type === ASK_OUTSIDE) return outside();
    throw error;
  }
}

/** Runs a step: an activity, or inside the workflow task if the agent is quick. */
export function runStep(agent: AgentSpec, input: StepInput): Promise<Report> {
  const options = {
    // The step runner ends an attempt at `timeoutMs` by itself; this is for one that cannot any more.
    startToCloseTimeout: input.timeoutMs + 30_000,
    retry: {
      initialInterval: RECOVERY.retryMs,
      backoffCoefficient: 2,
      maximumInterval: RECOVERY.retryMaxMs,
      maximumAttempts: input.maxAttempts + LOST_ATTEMPTS,
    },
    summary: `${input.agent} speaks (${input.step})`,
  };
  const outside = (): Promise<Report> =>
    scheduleActivity<Report>('runStep', [input], {
      ...options,
      heartbeatTimeout: RECOVERY.heartbeatTimeoutMs,
      cancellationType: ActivityCancellationType.TRY_CANCEL,
    });
  if (!agent.quick) return outside();
  const localRetryThreshold = RECOVERY.workflowTaskTimeoutMs;
  return inTask(
    () => scheduleLocalActivity<Report>('runStep', [input], { ...options, localRetryThreshold }),
    outside,
  );
}

/** Appends facts that no step carries. Reconciling asks this workflow what it holds. */
export function publish(input: PublishInput): Promise<Report> {
  const what = input.reconcile
    ? 'bring the log up to date'
    : input.drafts.map((draft) => draft.type).join(', ');
  const options = {
    startToCloseTimeout: 3 * LIMITS.redisTimeoutMs,
    retry: PATIENT,
    // The server takes 400 bytes.
    summary: `publish ${what}`.slice(0, 300),
  };
  const outside = (): Promise<Report> => scheduleActivity<Report>('publish', [input], options);
  if (input.reconcile) return outside();
  const localRetryThreshold = RECOVERY.workflowTaskTimeoutMs;
  return inTask(
    () => scheduleLocalActivity<Report>('publish', [input], { ...options, localRetryThreshold }),
    outside,
  );
}

/** Copies what the workflow holds into the archive; waits for an archive that is away. */
export function archive(input: ArchiveInput): Promise<ArchiveReport> {
  return scheduleActivity<ArchiveReport>('archive', [input], archiving(input));
}

/** The same, but null if the archive is away. */
export async function tryArchive(input: ArchiveInput): Promise<ArchiveReport | null> {
  const options = {
    ...archiving(input),
    scheduleToCloseTimeout: LIMITS.archiveTryMs,
    retry: { ...PATIENT, maximumAttempts: 2 },
  };
  try {
    return await scheduleActivity<ArchiveReport>('archive', [input], options);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return null;
  }
}

function archiving({ archivedTo }: ArchiveInput): ActivityOptions {
  return { startToCloseTimeout: 60_000, retry: PATIENT, summary: `archive events after ${archivedTo}` };
}
