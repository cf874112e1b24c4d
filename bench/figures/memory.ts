/** What a token of a running step costs the worker in memory, until the step's end. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Shape, Talk } from '../engine.ts';
import type { NamedFigure } from '../figure.ts';
import { readHeap } from '../heap.ts';
import type { Stage } from '../stage.ts';

const STEPS = 8;
/** The text of a token is 6 bytes, and the string that holds it together with those before takes some more. */
const MOST_BYTES = 64;

const said = (talks: readonly Talk[]): number => talks.reduce((sum, { heard }) => sum + heard, 0);

export async function measureMemory(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [afterMs, spanMs, tokens] = short ? [500, 1_500, 1_000] : [4_000, 12_000, 8_000];
  const shape: Shape = { agents: 1, tokens, paceMs: 2 };
  const heap = await readHeap(stage.productWorker.pid, stage.productInspector);
  const talks = await Promise.all(Array.from({ length: STEPS }, () => stage.product.open(shape)));
  const turns = talks.map((talk) => talk.ask());
  await pause(afterMs);
  const before = { bytes: await heap.bytes(), tokens: said(talks) };
  await pause(spanMs);
  const after = { bytes: await heap.bytes(), tokens: said(talks) };
  heap.close();
  await Promise.all(turns);
  for (const talk of talks) talk.close();
  // Its inspector listens from now on; what follows gets a worker without.
  await stage.productWorker.end('SIGTERM');
  await stage.productWorker.start();
  const counted = after.tokens - before.tokens;
  const value = (after.bytes - before.bytes) / counted;
  const title = `memory of the worker, bytes a token of a running step (${STEPS} steps, ${counted} tokens)`;
  return [
    {
      ...{ name: 'memoryPerToken', title, value, bare: null, ratio: null },
      ...{ goal: `≤ ${MOST_BYTES} B`, ok: value <= MOST_BYTES },
    },
  ];
}
