/** What Temporal says of workflows that have ended as none should: for whoever reads why a fault run failed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** Their histories, for a replay. */
const FOLDER = join(tmpdir(), 'convoke-chaos');

/** A line for each: its id, how it ended, and its last events. Leaves the whole histories in `FOLDER`. */
export async function wronglyEnded(address: string): Promise<readonly string[]> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const lines: string[] = [];
    const query = 'ExecutionStatus IN ("Failed", "TimedOut", "Terminated", "Canceled")';
    for await (const { workflowId, runId, status } of client.workflow.list({ query })) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const { events } = history;
      await mkdir(FOLDER, { recursive: true });
      await writeFile(join(FOLDER, `${runId}.json`), JSON.stringify(historyToJSON(history)));
      const last = JSON.stringify(events?.slice(-LAST_EVENTS), (key, value: unknown) =>
        SKIPPED.has(key) ? undefined : value,
      );
      lines.push(`${workflowId} ${runId} ${status.name}: ${last}`);
    }
    return lines;
  } finally {
    await connection.close();
  }
}

const LAST_EVENTS = 12;
/** Bytes. */
const SKIPPED = new Set(['payloads', 'searchAttributes', 'memo', 'header']);
