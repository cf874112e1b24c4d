/** A flood of signals while a workflow task is held open: the server fails a task for which more than 100 events wait. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isConvokeError, LIMITS } from '../../src/contracts/index.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine } from '../support/worker.ts';
import { agent, types } from './agents.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ admitDeadlineMs: 60_000 });
  await engine.startWorker({ graceMs: 10_000 });
});

afterAll(async () => {
  await engine.stop();
});

test('as many messages as may wait, each sent as often as it may be, do not end the run of a quick turn', async () => {
  const quick = { ...agent('a', { script: { say: 'one two three', paceMs: 400 } }), quick: true };
  const session = await engine.open([quick]);
  await session.send('m0');
  await session.until('a step runs', (event) => event.type === 'step.started');
  const send = (n: number): Promise<unknown> =>
    session.send(`m${n}`).catch((error: unknown) => {
      if (!isConvokeError(error)) throw error;
    });
  for (let n = 0; n < LIMITS.messageSends; n += 1)
    await Promise.all(Array.from({ length: 2 * LIMITS.inboxMessages }, (_, each) => send(each + 1)));
  // It goes on with what it was sent.
  expect(types(await session.turnEnded('t4'))).not.toContain('session.interrupted');
  await session.handle().terminate();
}, 120_000);
