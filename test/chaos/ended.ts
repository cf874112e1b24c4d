/** What Temporal says of workflows that have ended as none should: for whoever reads why a fault run failed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';

/** Their histories, for a replay. */
const FOLDER = join(tmpdir(), 'convoke-chaos');

const WRONG = 'ExecutionStatus IN ("Failed", "TimedOut", "Terminated", "Canceled")';
const OPEN = 'ExecutionStatus = "Running"';

/**
 * A line for each that has ended as none should, and for each that is at work or stands still: its id, how it stands, its last events.
 * Leaves the whole histories in `FOLDER`.
 */
export async function wronglyEnded(address: string): Promise<readonly string[]> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const lines: string[] = [];
    for await (const { workflowId, runId, status } of client.workflow.list({ query: WRONG }))
      lines.push(await told(client.workflow.getHandle(workflowId, runId), runId, status.name));
    for await (const { workflowId, runId } of client.workflow.list({ query: OPEN })) {
      const handle = client.workflow.getHandle(workflowId, runId);
      const { raw } = await handle.describe();
      const task = raw.pendingWorkflowTask;
      const activities = raw.pendingActivities ?? [];
      if (task || activities.length > 0)
        lines.push(await told(handle, runId, JSON.stringify({ task, activities }, withoutBytes)));
    }
    return lines;
  } finally {
    await connection.close();
  }
}

async function told(handle: WorkflowHandle, runId: string, how: string): Promise<string> {
  const history = await handle.fetchHistory();
  await mkdir(FOLDER, { recursive: true });
  await writeFile(join(FOLDER, `${runId}.json`), JSON.stringify(history));
  const last = JSON.stringify(history.events?.slice(-LAST_EVENTS), withoutBytes);
  return `${handle.workflowId} ${runId} ${how}: ${last}`;
}

const LAST_EVENTS = 12;
/** Bytes. */
const SKIPPED = new Set(['payloads', 'searchAttributes', 'memo', 'header']);

const withoutBytes = (key: string, value: unknown): unknown => (SKIPPED.has(key) ? undefined : value);
