/** What a session's running turn has made durable and its workflow does not know yet; it is in the newest heartbeat of the turn's activity. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { EventDraft, TurnProgress } from '../contracts/index.ts';

/** In the order of their decision; none if no turn runs. A workflow that has ended keeps those of the turn that ran then. */
export async function runningFacts(
  client: Client,
  { raw }: Pick<WorkflowExecutionDescription, 'raw'>,
): Promise<readonly EventDraft[]> {
  const pending = raw.pendingActivities ?? [];
  const turn = pending.find(({ activityType }) => activityType?.name === 'runTurn');
  if (!turn) return [];
  const converter = client.options.loadedDataConverter;
  const [progress] = await decodeArrayFromPayloads(converter, turn.heartbeatDetails?.payloads);
  return (progress as TurnProgress | undefined)?.facts ?? []; // safety: only `runTurn` writes them
}
