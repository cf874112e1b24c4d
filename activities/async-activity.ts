/** An activity that beats and ends through the client, not through the SDK's core. */
import type { Context } from '@temporalio/activity';
import type { ActivitySerializationContext } from '@temporalio/common';
import { setTimeout as pause } from 'node:timers/promises';

type ActivityClient = Context['client']['activity'];

/** One attempt of an activity, as the client beats and ends it. */
export interface RunningActivity {
  readonly client: ActivityClient;
  readonly taskToken: Uint8Array;
  /** Whose activity it is: a token does not tell, and payloads are sealed for its workflow's tenant. */
  readonly options: { readonly serializationContext: ActivitySerializationContext };
}

export function runningActivity({ client, info }: Context): RunningActivity {
  const { taskToken, activityId, workflowExecution, namespace, isLocal } = info;
  const serializationContext = {
    ...({ type: 'activity', namespace, activityId, isLocal } as const),
    ...(workflowExecution && { workflowId: workflowExecution.workflowId }),
  };
  return { client: client.activity, taskToken, options: { serializationContext } };
}

/** Pauses between tries while the server is away, ms. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** By name: several copies of the client may be loaded. */
const named = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name);

/**
 * Records one heartbeat. `gone`: the server has no such attempt any more. An attempt that an operator has paused or reset goes on: its work
 * is journaled, and the server decides what becomes of its end.
 */
export async function sendHeartbeat(
  { client, taskToken, options }: RunningActivity,
  details: unknown,
): Promise<'recorded' | 'cancelled' | 'gone'> {
  try {
    await client.heartbeat(taskToken, details, options);
    return 'recorded';
  } catch (error) {
    if (named(error, 'ActivityPausedError', 'ActivityResetError')) return 'recorded';
    if (named(error, 'ActivityCancelledError')) return 'cancelled';
    if (named(error, 'ActivityNotFoundError')) return 'gone';
    throw error;
  }
}

/** Waits for a server that is away. An attempt that it has given up needs no end. */
async function untilTold(tell: () => Promise<void>): Promise<void> {
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
    try {
      await tell();
      return;
    } catch (error) {
      if (named(error, 'ActivityNotFoundError')) return;
      await pause(wait);
    }
  }
}

export function completeActivity(running: RunningActivity, result: unknown): Promise<void> {
  const { client, taskToken, options } = running;
  return untilTold(() => client.complete(taskToken, result, options));
}

export function failActivity(running: RunningActivity, error: unknown): Promise<void> {
  const { client, taskToken, options } = running;
  return untilTold(() => client.fail(taskToken, error, options));
}

/**
 * Has the workflow go on with any worker. It would ask first the one that has had it, which stops and takes no workflow tasks any more, and
 * wait for `RECOVERY.stickyTimeoutMs`. If the server does not answer, that is what happens.
 */
export async function leaveWorker({ client, info }: Context): Promise<void> {
  const { namespace, workflowExecution } = info;
  const execution = workflowExecution && {
    workflowId: workflowExecution.workflowId,
    runId: workflowExecution.runId,
  };
  await client.workflowService
    .resetStickyTaskQueue({ namespace, ...(execution && { execution }) })
    .catch(() => undefined);
}
