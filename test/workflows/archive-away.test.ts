/** Sessions that hold much, because the archive is away or a turn is long, on real servers. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LIMITS, SESSION } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine } from '../support/worker.ts';
import { agent, faults, types } from './agents.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.startWorker();
});

afterAll(async () => {
  await engine.stop();
});

/** Takes the archive away; the answer brings it back. */
function loseArchive(): () => void {
  const { archive } = engine;
  const write = archive.write.bind(archive);
  archive.write = () => Promise.reject(new Error('away'));
  return () => {
    archive.write = write;
  };
}

const long = 'x'.repeat(LIMITS.messageChars);

test('a session whose archive is away goes on, and goes on in another run when it is back', async () => {
  const bring = loseArchive();
  const session = await engine.open([agent('a', { script: { say: '{{message}}{{message}}{{message}}' } })]);
  const run = async (): Promise<string> => (await session.handle().describe()).runId;
  const first = await run();
  let turns = 0;
  const turn = async (text: string): Promise<void> => {
    turns += 1;
    await session.send(`m${turns}`, text);
    await session.turnEnded(`t${turns}`);
  };
  // More than it may hold before it would go on in another run.
  for (let n = 0; n < 4; n += 1) await turn(long);
  expect(await session.state()).toMatchObject({ turns: 4, archivedTo: 0 });
  bring();
  const back = Date.now();
  await eventually('its pause is over', () => Date.now() > back + LIMITS.archivePauseMs, 30_000);
  expect(await run()).toBe(first);
  await turn('hello');
  expect(await run()).not.toBe(first);
  const { archivedTo } = await session.state();
  expect(await engine.archive.read(session, 0, 10_000)).toEqual(
    (await session.events()).slice(0, archivedTo),
  );
}, 90_000);

test('a step that is cancelled while a full session is archived gets its answer, and the session goes on', async () => {
  const { archive } = engine;
  const write = archive.write.bind(archive);
  let bring = (): void => undefined;
  const back = new Promise<void>((resolve) => (bring = resolve));
  let isAway = false;
  archive.write = async (...given) => {
    isAway = true;
    await back;
    return write(...given);
  };
  const speakers = ['a', 'b', 'c', 'd'].map((name) =>
    agent(name, { script: { say: '{{message}}{{message}}{{message}}' } }),
  );
  const session = await engine.open(speakers);
  await session.send('m1', long);
  await eventually('it is being archived', () => isAway, 60_000);
  const cancel = session.handle().executeUpdate(SESSION.updates.cancel, { args: [{ step: 't1.1' }] });
  await eventually('it knows of the cancel', async () => {
    const { events = [] } = await session.handle().fetchHistory();
    return (events ?? []).some((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  });
  archive.write = write;
  bring();
  expect(await cancel).toEqual({ status: 'ended', step: 't1.1' });
  await session.turnEnded('t1');
}, 120_000);

test('a turn that is larger than a payload survives the loss of the log', async () => {
  const bring = loseArchive();
  // Nearly as much as a step may say; more than a payload together.
  const agents = Array.from({ length: LIMITS.agentsPerSession }, (_, n) =>
    agent(`a${n}`, { script: { tokens: 20_000 } }),
  );
  const session = await engine.open(agents);
  await session.send('m1');
  await session.turnEnded('t1');
  await engine.redis.kill();
  await engine.redis.start();
  await session.send('m2');
  // As much as a run of the workflow may hold: the turn goes on when the archive is there to take it.
  await session.until('a step of it has ended', (event) => event.id === 'step:t2.1:end');
  bring();
  await session.turnEnded('t2');
  await engine.submitter.close(session);
  const archived = async (): ReturnType<Engine['archive']['read']> => engine.archive.read(session, 0, 10_000);
  await session.until('it is closed', (event) => event.type === 'session.closed');
  await session.handle().result();
  expect(faults(await archived())).toEqual([]);
  expect(types(await archived()).filter((type) => type === 'turn.completed')).toHaveLength(2);
}, 180_000);

test('all of it replays as it was', async () => {
  expect(await engine.replay()).toBeGreaterThan(2);
});
