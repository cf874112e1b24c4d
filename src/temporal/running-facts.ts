/** What a session's running turns have made durable and its workflow does not know yet; it is in the newest heartbeats of their activities. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { EventDraft, TurnProgress } from '../contracts/index.ts';

/** Those of each turn in the order of their decision; none if no turn runs. A workflow that has ended keeps those of the turns that ran then. */
export async function runningFacts(
  client: Client,
  { raw }: Pick<WorkflowExecutionDescription, 'raw'>,
): Promise<readonly EventDraft[]> {
  const pending = raw.pendingActivities ?? [];
  const converter = client.options.loadedDataConverter;
  const facts: EventDraft[] = [];
  for (const { activityType, heartbeatDetails } of pending) {
    if (activityType?.name !== 'runTurn') continue;
    const [progress] = await decodeArrayFromPayloads(converter, heartbeatDetails?.payloads);
    facts.push(...((progress as TurnProgress | undefined)?.facts ?? [])); // safety: only `runTurn` writes them
  }
  return facts;
}
