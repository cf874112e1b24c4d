/** What a session's running turn has made durable and its workflow does not know yet: it stands in the newest heartbeat of its activity. */
import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { workflowId, type EventDraft, type SessionRef, type TurnProgress } from '../contracts/index.ts';

/** In the order of their decision; none if no turn runs. Throws what Temporal's client throws. */
export async function runningFacts(client: Client, ref: SessionRef): Promise<readonly EventDraft[]> {
  const { raw } = await client.workflow.getHandle(workflowId(ref)).describe();
  const pending = raw.pendingActivities ?? [];
  const turn = pending.find(({ activityType }) => activityType?.name === 'runTurn');
  const converter = client.options.loadedDataConverter;
  const [progress] = await decodeArrayFromPayloads(converter, turn?.heartbeatDetails?.payloads);
  return (progress as TurnProgress | undefined)?.facts ?? []; // safety: only `runTurn` writes them
}
