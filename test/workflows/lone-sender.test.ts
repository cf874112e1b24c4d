/**
 * Somebody who writes one message after the other meets a session that continues as new, and hardly notices: while a run ends, a send waits
 * within its deadline. Only if the next run takes longer to begin than that (a slow machine) the sender is told to come back, once.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isConvokeError } from '../../src/contracts/index.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine } from '../support/worker.ts';
import { agent } from './agents.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ impatient: true });
  await engine.startWorker();
});

afterAll(async () => {
  await engine.stop();
});

/** Enough for several runs: one ends after 500 events of history, and each signal is one. */
const SIGNALS = 1_300;

test('one signal after the other is accepted, whatever becomes of the run', async () => {
  const session = await engine.open([agent('a', { quick: true })]);
  const first = (await session.handle().describe()).runId;
  const runs = new Set([first]);
  const parts = [{ type: 'text', text: 'hello' }] as const;
  // The same message: it is answered once, so that the run may end at any moment.
  const send = (): Promise<unknown> =>
    engine.calls.send(session, { messageId: 'm1', parts, receivedAt: Date.now() });
  let refusals = 0;
  for (let at = 1; at <= SIGNALS; at += 1) {
    try {
      await send();
    } catch (error) {
      if (!isConvokeError(error) || error.code !== 'overloaded') throw error;
      refusals += 1;
      await pause(error.retryAfterMs);
      // Throws, if it is refused again.
      await send();
    }
    if (at % 100 === 0) runs.add((await session.handle().describe()).runId);
  }
  expect(runs.size).toBeGreaterThan(1);
  // Without the repeats within the deadline it is a dozen for each run that ends.
  expect(refusals).toBeLessThanOrEqual(1);
}, 180_000);
