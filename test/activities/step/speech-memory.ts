/** A program: how many bytes the heap grows by while a step that runs hears its tokens. Needs `--expose-gc`. */
import { setImmediate as afterThisTurn } from 'node:timers/promises';
import type { RunPiece } from '../../../activities/agents/runner.ts';
import { Speech } from '../../../activities/step/speech.ts';

const FIRST = 20_000;
const LAST = 200_000;
const sizes: number[] = [];

async function* tokens(): AsyncGenerator<RunPiece> {
  for (let said = 1; said <= LAST; said += 1) {
    if (said % 1_000 === 0) await afterThisTurn();
    if (said === FIRST || said === LAST) {
      globalThis.gc?.();
      sizes.push(process.memoryUsage().heapUsed);
    }
    yield { type: 'text', text: ' word' };
  }
}

const bounds = { timeoutMs: 600_000, firstMs: 60_000, idleMs: 60_000, maxChars: LAST * 10 };
const speech = new Speech(bounds, new AbortController().signal);
await speech.listen(tokens(), { text: () => undefined, reasoning: () => undefined });
process.stdout.write(
  JSON.stringify({ tokens: LAST - FIRST, bytes: (sizes[1] ?? Infinity) - (sizes[0] ?? 0) }),
);
