/** What it costs to make a step's end durable in the middle of a turn: one awaited heartbeat that carries the turn's journal. */
import { randomUUID } from 'node:crypto';
import { BARE, type BareHeartbeats } from '../bare/contract.ts';
import { stated, type NamedFigure } from '../figure.ts';
import { percentile } from '../sample.ts';
import type { Stage } from '../stage.ts';

const JOURNAL_CHARS = 4_096;
/** The first ones open connections and compile. */
const WARM = 20;

export async function measurePersisting(
  { temporal }: Stage,
  short: boolean,
): Promise<readonly NamedFigure[]> {
  const heartbeats: BareHeartbeats = { count: WARM + (short ? 100 : 2_000), chars: JOURNAL_CHARS };
  const took = (await temporal.workflow.execute(BARE.heartbeats, {
    workflowId: `bare-heartbeats:${randomUUID()}`,
    taskQueue: BARE.taskQueue,
    args: [heartbeats],
  })) as readonly number[]; // safety: what the workflow of that name returns
  const counted = took.slice(WARM);
  return [
    stated('persisting', "a step's end is persisted (4 KiB), p50, ms", percentile(counted, 0.5)),
    stated('persistingP99', 'the same, p99, ms', percentile(counted, 0.99)),
  ];
}
