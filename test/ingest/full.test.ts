/** A session that is full and that nobody runs: the next message is refused, and reopens it all the same; on real servers. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine } from '../support/worker.ts';
import { agent, faults, types } from '../workflows/agents.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
}, 60_000);

afterAll(() => engine.stop());

test('what waits in an interrupted session is answered although there is no room for the next message', async () => {
  const session = await engine.open([agent('a', { quick: true })]);
  for (let n = 1; n <= LIMITS.inboxMessages; n += 1) await session.send(`m${n}`);
  await session.handle().terminate('an accident');
  await expect(session.send('late')).rejects.toMatchObject({ code: 'inbox_full' });
  await engine.startWorker();
  await eventually('there is room again', () =>
    session.send('late').then(
      () => true,
      () => false,
    ),
  );
  const events = await session.turnEnded(`t${LIMITS.inboxMessages + 1}`);
  expect(types(events).filter((type) => type === 'session.reopened')).toHaveLength(1);
  expect(faults(events)).toEqual([]);
});
