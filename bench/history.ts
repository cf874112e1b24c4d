/** Reading a workflow's history in Temporal. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';

/** A history that has not grown for this long is at rest, ms. */
const REST_MS = 200;

/** Events in a workflow's history, once it is at rest. */
export async function historyLength(temporal: Client, id: string): Promise<number> {
  for (let length = -1; ;) {
    const { historyLength: now } = await temporal.workflow.getHandle(id).describe();
    if (now === length) return now;
    length = now;
    await pause(REST_MS);
  }
}

/** Events of all runs of a workflow so far. */
export async function historyEvents(temporal: Client, id: string): Promise<number> {
  let { historyLength: events, runId } = await temporal.workflow.getHandle(id).describe();
  for (;;) {
    const { history } = await temporal.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId: id, runId },
      maximumPageSize: 1,
    });
    const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    const before = started?.continuedExecutionRunId;
    if (!before) return events;
    runId = before;
    // Earlier runs are closed, and so is their length.
    events += (await temporal.workflow.getHandle(id, runId).describe()).historyLength;
  }
}
