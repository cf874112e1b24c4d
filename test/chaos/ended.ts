/** What Temporal says of workflows that have ended as none should: for whoever reads why a fault run failed. */
import { Client, Connection } from '@temporalio/client';

/** A line for each: its id, how it ended, and its last events. */
export async function wronglyEnded(address: string): Promise<readonly string[]> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const lines: string[] = [];
    const query = 'ExecutionStatus IN ("Failed", "TimedOut", "Terminated", "Canceled")';
    for await (const { workflowId, runId, status } of client.workflow.list({ query })) {
      const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const last = JSON.stringify(events?.slice(-LAST_EVENTS), (key, value: unknown) =>
        SKIPPED.has(key) ? undefined : value,
      );
      lines.push(`${workflowId} ${status.name}: ${last}`);
    }
    return lines;
  } finally {
    await connection.close();
  }
}

const LAST_EVENTS = 12;
/** Bytes. */
const SKIPPED = new Set(['payloads', 'searchAttributes', 'memo', 'header']);
