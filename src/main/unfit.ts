/**
 * Ends runs of sessions that the code of these workers cannot replay: such a run would block its session until older code came back; ended, the
 * session is reopened by its next message.
 *
 *     replayable -- a replay fails --> in doubt -- another one in this process fails, too --> ended
 *                                         '-- none does for UNFIT_MS --> replayable
 *
 * Not at the first failure, as the SDK's `workflowFailureErrorTypes` would have it. A worker may also fail to replay what fits: it has
 * answered a query of somebody's (the product sends none to what runs) whose history ended with a task that had been started elsewhere, has taken that task for a completed one (SDK 1.24,
 * `find_end_index_of_next_wft_seq`), and the server has given it up since. The next attempt begins with the whole history, and succeeds.
 */
import type { Client } from '@temporalio/client';
import type { Worker } from '@temporalio/worker';
import { SESSION } from '../contracts/index.ts';
import type { Logger } from '../telemetry/index.ts';

export interface UnfitDeps {
  readonly client: Pick<Client, 'workflow'>;
  readonly logger: Pick<Logger, 'warn'>;
}

interface Eviction {
  readonly runId: string;
  readonly evictJob: { readonly reason?: number | null };
}

/** `coresdk.workflow_activation.RemoveFromCache.EvictionReason`. */
const NONDETERMINISM = 3;
/** So long a failed replay is remembered, ms: Temporal waits for up to some minutes before it has a task tried again. */
const UNFIT_MS = 600_000;

/** Watches a worker until the returned function is called. */
export function endUnfitRuns(worker: Worker, deps: UnfitDeps): () => void {
  /** By run, when a replay of it failed. */
  const inDoubt = new Map<string, number>();
  const evicted = ({ runId, evictJob: { reason } }: Eviction): void => {
    if (reason !== NONDETERMINISM) return;
    const now = Date.now();
    for (const [run, at] of inDoubt) if (now - at > UNFIT_MS) inDoubt.delete(run);
    if (!inDoubt.has(runId)) {
      inDoubt.set(runId, now);
      return;
    }
    inDoubt.delete(runId);
    end(runId, deps.client).catch((error: unknown) => {
      deps.logger.warn({ err: error, runId }, 'A session that cannot be replayed could not be ended');
    });
  };
  // safety: protected, for the SDK's own replays; of a version that is pinned
  const emitter = (worker as unknown as { readonly evictionsEmitter: NodeJS.EventEmitter }).evictionsEmitter;
  emitter.on('eviction', evicted);
  return () => emitter.off('eviction', evicted);
}

async function end(runId: string, client: Pick<Client, 'workflow'>): Promise<void> {
  const query = `WorkflowType = '${SESSION.workflow}' AND RunId = '${runId}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query }))
    await client.workflow
      .getHandle(workflowId, runId)
      .terminate('The code of the workers does not fit the history of this run.');
}
