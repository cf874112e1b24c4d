/** A burst at a busy session: what is accepted is bounded before Temporal has it, and all of it is answered. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isConvokeError, LIMITS } from '../../src/contracts/index.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { agent } from './agents.ts';

let engine: Engine;

beforeAll(async () => {
  // By Redis alone: on a slow machine the gateway's own count would admit more, as it does while Redis is away.
  engine = await startEngine({ admitDeadlineMs: 60_000 });
  await engine.startWorker();
});

afterAll(async () => {
  await engine.stop();
});

/** 30 kB messages, eight at a time. Answers the ids of those that were accepted. */
async function burst(session: TestSession, messages: number): Promise<readonly string[]> {
  const accepted: string[] = [];
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < messages) {
      next += 1;
      const id = `b${next}`;
      try {
        await session.send(id, 'x'.repeat(30_000));
        accepted.push(id);
      } catch (error) {
        expect(isConvokeError(error) && error.code).toBe('inbox_full');
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, sender));
  return accepted;
}

test('of 400 messages of 30 kB at a turn that takes its time only what fits is accepted; history stays small; all are answered', async () => {
  const session = await engine.open([agent('a', { script: { say: 'done', paceMs: 1_500 } })]);
  await session.send('m1');
  await session.until('a step runs', (event) => event.type === 'step.started');
  const accepted = await burst(session, 400);
  expect(accepted.length).toBeGreaterThan(0);
  const started = (await session.events()).filter(({ type }) => type === 'turn.started').length;
  // The first turn is that of m1.
  expect((accepted.length - (started - 1)) * 30_000).toBeLessThanOrEqual(LIMITS.inboxBytes);
  const { raw } = await session.handle().describe();
  expect(Number(raw.workflowExecutionInfo?.historySizeBytes)).toBeLessThan(2 * LIMITS.inboxBytes);
  await session.turnEnded(`t${accepted.length + 1}`);
  for (const id of accepted) {
    expect(await session.receipt(id)).toMatchObject({ status: 'consumed', turnStatus: 'completed' });
  }
  // Room is given back as messages are consumed.
  await session.send('late');
  await session.turnEnded(`t${accepted.length + 2}`);
});
