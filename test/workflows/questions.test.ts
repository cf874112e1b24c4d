/** What a running session is asked leaves nothing in its history, however many ask at a time. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startEngine, type Engine } from '../support/worker.ts';
import { agent } from './agents.ts';

/** More than the updates that Temporal lets a run have at a time. */
const MANY = 40;

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.startWorker();
});

afterAll(() => engine.stop());

test('many who ask a session at a time are all answered, and its history is as before', async () => {
  const session = await engine.open([agent('a')]);
  await session.send('m1', 'one');
  await session.turnEnded('t1');
  const history = async (): Promise<number> => (await session.handle().fetchHistory()).events?.length ?? 0;
  // The task that has heard of the turn's end is over once this is answered.
  expect(await session.receipt('m1')).toMatchObject({ turnStatus: 'completed' });
  const before = await history();
  const asked = Array.from({ length: MANY }, (_, n) => [session.state(), session.receipt(`m${n}`)] as const);
  const answers = await Promise.all(asked.flat());
  expect(answers.filter((answer) => answer && 'turns' in answer && answer.turns === 1)).toHaveLength(MANY);
  expect(answers.filter((answer) => answer && 'turnStatus' in answer)).toHaveLength(1);
  await engine.source.known(session);
  expect(await history()).toBe(before);
});
