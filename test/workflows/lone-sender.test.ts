/** Somebody who writes one message after the other meets a session that continues as new, and is never refused. */
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

test('one signal after the other is accepted at the first try, whatever becomes of the run', async () => {
  const session = await engine.open([agent('a', { quick: true })]);
  const first = (await session.handle().describe()).runId;
  const parts = [{ type: 'text', text: 'hello' }] as const;
  const refusals: string[] = [];
  for (let at = 1; at <= SIGNALS; at += 1) {
    try {
      // The same message: it is answered once, so that the run may end at any moment.
      await engine.calls.send(session, { messageId: 'm1', parts, receivedAt: Date.now() });
    } catch (error) {
      if (!isConvokeError(error)) throw error;
      refusals.push(`signal ${at}: ${error.code}`);
    }
  }
  // A slow machine may take longer to begin the next run than a send waits, once; without the repeats it is a dozen for each run.
  expect(refusals.slice(1)).toEqual([]);
  expect((await session.handle().describe()).runId).not.toBe(first);
}, 180_000);
