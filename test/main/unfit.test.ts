/** A worker whose code does not fit a session's history: what another one can replay goes on. (What none can: `test/ingest/reopen.test.ts`.) */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { agent } from '../workflows/agents.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { eventually } from '../support/process.ts';

const OTHER = { workflowsPath: fileURLToPath(new URL('../workflows/older.ts', import.meta.url)) };

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
}, 60_000);
afterAll(() => engine.stop());

/** A session that other code has begun, and a message that the present code is to take on. */
async function begun(): Promise<TestSession> {
  const other = await engine.startWorker(OTHER);
  const session = await engine.open([agent('a')]);
  await session.send('m1');
  await session.turnEnded('t1');
  await other.stop();
  return session;
}

type Events = NonNullable<Awaited<ReturnType<ReturnType<TestSession['handle']>['fetchHistory']>>['events']>;
const failures = (events: Events): number =>
  events.filter((event) => event.workflowTaskFailedEventAttributes).length;
const isRunning = async (session: TestSession): Promise<boolean> =>
  (await session.handle().describe()).status.name === 'RUNNING';

test('a session that one worker cannot replay goes on with the next one', async () => {
  const session = await begun();
  const unfit = await engine.startWorker();
  await session.send('m2');
  const failed = async (): Promise<boolean> =>
    failures((await session.handle().fetchHistory()).events ?? []) > 0;
  await eventually('it cannot be replayed', failed, 20_000);
  const [fit] = await Promise.all([engine.startWorker(OTHER), unfit.stop()]);
  await session.turnEnded('t2');
  expect(await isRunning(session)).toBe(true);
  await fit.stop();
}, 60_000);
