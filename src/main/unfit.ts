/**
 * Ends runs of sessions that the code of these workers cannot replay: such a run would block its session until older code came back; ended, the
 * session is reopened by its next message.
 *
 *     replayable -- a replay fails --> in doubt -- the next attempt of its task succeeds --> replayable
 *                                         +-- that one fails, too --> ended
 *
 * Not at the first failure, as the SDK's `workflowFailureErrorTypes` would have it. Under faults a worker also fails to replay what fits: it has
 * answered a query whose history ended with a task that had been started elsewhere, has taken that task for a completed one (SDK 1.24,
 * `find_end_index_of_next_wft_seq`), and the server has given it up since. The next attempt begins with the whole history, and succeeds.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Worker } from '@temporalio/worker';
import { RECOVERY, SESSION } from '../contracts/index.ts';
import type { Logger } from '../telemetry/index.ts';

export interface UnfitDeps {
  readonly client: Client;
  readonly logger: Pick<Logger, 'warn'>;
  /** Default `RECOVERY.unfitLookMs`. */
  readonly everyMs?: number;
}

interface Eviction {
  readonly runId: string;
  readonly evictJob: { readonly reason?: number | null };
}

/** `coresdk.workflow_activation.RemoveFromCache.EvictionReason`. */
const NONDETERMINISM = 3;
/** Of a workflow task: the first has failed, and the second, which replayed the whole history. */
const FAILED_TWICE = 3;

/** Watches a worker until the returned function is called. */
export function endUnfitRuns(worker: Worker, deps: UnfitDeps): () => void {
  const stopped = new AbortController();
  const inDoubt = new Set<string>();
  const evicted = ({ runId, evictJob: { reason } }: Eviction): void => {
    if (reason !== NONDETERMINISM || inDoubt.has(runId)) return;
    inDoubt.add(runId);
    void settle(runId, deps, stopped.signal).finally(() => inDoubt.delete(runId));
  };
  // safety: protected, for the SDK's own replays; of a version that is pinned
  const emitter = (worker as unknown as { readonly evictionsEmitter: NodeJS.EventEmitter }).evictionsEmitter;
  emitter.on('eviction', evicted);
  return () => {
    stopped.abort();
    emitter.off('eviction', evicted);
  };
}

/** Resolves once the run can be replayed, or is ended. */
async function settle(
  runId: string,
  { client, logger, everyMs = RECOVERY.unfitLookMs }: UnfitDeps,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pause(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    try {
      if (await isSettled(runId, client)) return;
    } catch (error) {
      logger.warn({ err: error, runId }, 'It is not known whether a session can go on; asked again');
    }
  }
}

async function isSettled(runId: string, client: Client): Promise<boolean> {
  const query = `WorkflowType = '${SESSION.workflow}' AND RunId = '${runId}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query })) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const { status, raw } = await handle.describe();
    const attempt = raw.pendingWorkflowTask?.attempt ?? 0;
    if (status.name !== 'RUNNING' || attempt < 2) return true;
    if (attempt < FAILED_TWICE) return false;
    await handle.terminate('The code of the workers does not fit the history of this run.');
    return true;
  }
  return true;
}
