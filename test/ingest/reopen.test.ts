/** Sessions whose workflow has ended without closing them go on with the next message; on real servers. */
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventId, LIMITS, workflowId, type LoggedEvent } from '../../src/contracts/index.ts';
import { recoverLog } from '../../src/log/index.ts';
import { eventually } from '../support/process.ts';
import { startEngine, type Engine, type TestSession } from '../support/worker.ts';
import { agent, faults, slow, types } from '../workflows/agents.ts';

const OLDER = fileURLToPath(new URL('../workflows/older.ts', import.meta.url));

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
}, 60_000);

afterAll(() => engine.stop());

/** The answer is what was asked. */
const echo = agent('echo', { script: { say: '{{message}}' } });
const quickEcho = { ...echo, quick: true };

async function stopWorkers(): Promise<void> {
  await Promise.all(engine.workers.map((worker) => worker.stop()));
}

async function runs(session: TestSession): Promise<number> {
  const query = `WorkflowId = '${workflowId(session)}'`;
  return (await engine.client.workflow.count(query)).count;
}

/** Turn → what its last agent said, or why it failed. */
function answers(events: readonly LoggedEvent[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    events.flatMap((event) => {
      if (event.type === 'step.completed') return [[event.turn ?? '', event.data.text]];
      return event.type === 'turn.failed' ? [[event.turn ?? '', event.data.code]] : [];
    }),
  );
}

/** The events of each family, in their order. */
const ofSession = (events: readonly LoggedEvent[]): readonly string[] =>
  types(events).filter((type) => type.startsWith('session.'));

/** A session in the middle of its first turn, with two messages that wait. */
async function busy(): Promise<TestSession> {
  const session = await engine.open([slow('slow'), echo]);
  await session.send('m1', 'one');
  await session.until('the step runs', (event) => event.type === 'step.started');
  await session.send('m2', 'two');
  await session.send('m3', 'three');
  await eventually('all have their place', async () => (await session.state()).queued === 2);
  return session;
}

async function flush(): Promise<void> {
  await engine.redis.kill();
  await engine.redis.start();
  const nobody = { tenant: 'nobody', session: 'nobody' };
  await eventually('Redis is back', async () => (await engine.log.read(nobody, { limit: 1 })) === null);
}

describe('with a worker', () => {
  beforeEach(async () => {
    await engine.startWorker();
  });

  afterEach(stopWorkers);

  test('the next message is answered, the transcript is whole, old messages are known', async () => {
    const session = await engine.open([echo]);
    await session.send('m1', 'one');
    await session.turnEnded('t1');
    await session.handle().terminate('an accident');
    await expect(session.send('m2', 'two')).resolves.toMatchObject({ status: 'accepted' });
    const events = await session.turnEnded('t2');
    expect(answers(events)).toEqual({ t1: 'one', t2: 'two' });
    expect(ofSession(events)).toEqual(['session.created', 'session.interrupted', 'session.reopened']);
    expect(faults(events)).toEqual([]);
    await session.send('m1', 'one');
    await session.send('m2', 'two');
    await session.send('m3', 'three');
    expect(answers(await session.turnEnded('t3'))).toEqual({ t1: 'one', t2: 'two', t3: 'three' });
    expect(await session.receipt('m1')).toMatchObject({ turn: 't1', turnStatus: 'completed' });
    expect(await runs(session)).toBe(2);
  });

  test('again and again', async () => {
    const session = await engine.open([quickEcho]);
    for (const [index, word] of ['one', 'two', 'three', 'four'].entries()) {
      await session.send(`m${index + 1}`, word);
      await session.turnEnded(`t${index + 1}`);
      await session.handle().terminate();
    }
    await session.send('m5', 'five');
    const events = await session.turnEnded('t5');
    expect(answers(events)).toEqual({ t1: 'one', t2: 'two', t3: 'three', t4: 'four', t5: 'five' });
    expect(faults(events)).toEqual([]);
    expect(await runs(session)).toBe(5);
  });

  test('the turn that ran fails with the reason, what waits is answered in order', async () => {
    const session = await busy();
    await session.handle().terminate('an accident');
    await session.send('m4', 'four');
    const failed = await session.until(
      'the turn has failed',
      (event) => event.id === eventId.turnEnded('t1'),
    );
    expect(failed).toMatchObject({
      type: 'turn.failed',
      data: { code: 'session_interrupted', message: expect.stringContaining('was terminated') },
    });
    for (const turn of ['t2', 't3', 't4']) {
      await session.until(`${turn} runs`, (event) => event.id === eventId.turnStarted(turn));
      await engine.submitter.cancel(session, turn);
    }
    const events = await session.turnEnded('t4');
    const step = events.find((event) => event.id === eventId.stepEnded('t1.1'));
    expect(step).toMatchObject({ type: 'step.failed', data: { text: expect.stringMatching(/^w1 w2/) } });
    const accepted = events.filter((event) => event.type === 'message.accepted');
    expect(accepted.map(({ cause, turn }) => `${cause} ${turn}`)).toEqual([
      'm1 t1',
      'm2 t2',
      'm3 t3',
      'm4 t4',
    ]);
    expect(faults(events)).toEqual([]);
  });

  test.each(['normal', 'quick'])('the log is lost too, with %s agents', async (kind) => {
    const session = await engine.open([kind === 'quick' ? quickEcho : echo]);
    for (const [index, word] of ['one', 'two', 'three'].entries()) {
      await session.send(`m${index + 1}`, word);
      await session.turnEnded(`t${index + 1}`);
    }
    // What Temporal has not heard of a quick turn is said again.
    const heard = async (): Promise<boolean> => (await session.receipt('m3'))?.turnStatus === 'completed';
    await eventually('the workflow has heard of it', heard);
    const before = await session.events();
    await Promise.all([session.handle().terminate(), flush()]);
    await session.send('m2', 'two');
    await session.send('m4', 'four');
    const events = await session.turnEnded('t4');
    expect(answers(events)).toEqual({ t1: 'one', t2: 'two', t3: 'three', t4: 'four' });
    expect(faults(events)).toEqual([]);
    // Each fact is where it was.
    const places = (list: readonly LoggedEvent[]): unknown[] =>
      list.map(({ id, seq, turn }) => [id, seq, turn]);
    expect(places(events).slice(0, before.length)).toEqual(places(before));
  });

  test('what a turn had made durable is kept when the log is lost too', async () => {
    const session = await engine.open([echo, slow('slow')]);
    await session.send('m1', 'one');
    await session.until('the second step runs', (event) => event.id === eventId.stepStarted('t1.2'));
    await Promise.all([session.handle().terminate(), flush()]);
    await recoverLog(engine.log, engine.source, session, { epoch: 0, seq: 0 });
    const events = await session.events();
    expect(events.find(({ id }) => id === eventId.stepEnded('t1.1'))).toMatchObject({
      data: { text: 'one' },
    });
    expect(types(events).slice(-2)).toEqual(['turn.failed', 'session.interrupted']);
    expect(faults(events)).toEqual([]);
  });

  test('a session that has gone through several runs remembers all of its messages', async () => {
    const session = await engine.open([echo]);
    const long = 'x'.repeat(LIMITS.messageChars);
    const turns = Math.ceil(LIMITS.heldChars / (2 * LIMITS.messageChars)) + 2;
    for (let n = 1; n <= turns; n += 1) {
      await session.send(`m${n}`, long);
      await session.turnEnded(`t${n}`);
    }
    await eventually('it has gone on in another run', async () => (await runs(session)) > 1);
    await session.handle().terminate();
    await session.send('m1', long);
    await session.send('last', 'five');
    const events = await session.turnEnded(`t${turns + 1}`);
    expect(faults(events)).toEqual([]);
    expect(events.find(({ id }) => id === eventId.message('last'))).toMatchObject({ turn: `t${turns + 1}` });
  });

  test('two gateways at once start one run, and each message is answered once', async () => {
    const session = await busy();
    await session.handle().terminate();
    const sent = Array.from({ length: 10 }, (_, index) => session.send(`n${index}`, 'now'));
    await Promise.all(sent);
    await session.until('the next turn runs', (event) => event.id === eventId.turnStarted('t2'));
    await engine.submitter.close(session);
    for (let turn = 2; turn <= 13; turn += 1) await engine.submitter.cancel(session, `t${turn}`);
    const events = await session.turnEnded('t13');
    expect(types(events).filter((type) => type === 'message.accepted')).toHaveLength(13);
    expect(types(events).filter((type) => type === 'session.reopened')).toHaveLength(1);
    expect(await runs(session)).toBe(2);
  });

  test('asked meanwhile it says how it stands', async () => {
    const session = await busy();
    await session.handle().terminate();
    expect(await session.state()).toMatchObject({ status: 'interrupted', queued: 2 });
    expect(await session.receipt('m2')).toMatchObject({ status: 'queued', turn: 't2' });
    await expect(engine.submitter.cancel(session)).rejects.toMatchObject({
      code: 'turn_not_found',
      message: expect.stringContaining('next message'),
    });
  });

  test('lists show it as interrupted, and when it goes on as one session', async () => {
    const session = await engine.open([echo]);
    const tenant = { tenant: session.tenant };
    const listed = async (status?: string): Promise<unknown> => {
      const { data } = await engine.intake.list(tenant, { limit: '100', ...(status ? { status } : {}) });
      return data.filter(({ id }) => id === session.session).map((each) => each.status);
    };
    await session.handle().terminate();
    await eventually('it is listed', async () => isDeepStrictEqual(await listed(), ['interrupted']));
    expect(await listed('interrupted')).toEqual(['interrupted']);
    expect(await listed('closed')).toEqual([]);
    await session.send('m1', 'one');
    await eventually('it is open again', async () => isDeepStrictEqual(await listed(), ['open']));
    expect(await listed('interrupted')).toEqual([]);
  });

  test('closing it answers what waits, and then closes', async () => {
    const session = await engine.open([slow('slow')]);
    await session.send('m1');
    await session.until('the step runs', (event) => event.type === 'step.started');
    await session.handle().terminate();
    await engine.submitter.close(session);
    await session.until('it is closed', (event) => event.type === 'session.closed');
    expect(ofSession(await session.events()).slice(1)).toEqual([
      'session.interrupted',
      'session.reopened',
      'session.closed',
    ]);
    await eventually(
      'its workflow has ended',
      async () => (await session.handle().describe()).status.name === 'COMPLETED',
    );
    await expect(session.send('m2')).rejects.toMatchObject({ code: 'session_closed' });
    expect(await runs(session)).toBe(2);
  });

  test('one that was to be closed does not take more', async () => {
    const session = await busy();
    await engine.submitter.close(session);
    await session.handle().terminate();
    await session.send('late');
    await session.until('the next turn runs', (event) => event.id === eventId.turnStarted('t2'));
    for (const turn of ['t2', 't3']) await engine.submitter.cancel(session, turn);
    await session.until('it is closed', (event) => event.type === 'session.closed');
    const rejected = (await session.events()).find((event) => event.type === 'message.rejected');
    expect(rejected?.data).toEqual({ messageId: 'late', code: 'session_closed' });
  });
});

describe('without a worker', () => {
  test('the message is accepted, and what no run had seen comes before it', async () => {
    const worker = await engine.startWorker();
    const session = await engine.open([echo]);
    await session.send('m1', 'one');
    await session.turnEnded('t1');
    await worker.stop();
    await session.send('m2', 'two');
    await session.send('m3', 'three');
    await session.send('m2', 'two');
    await session.handle().terminate();
    await session.send('m4', 'four');
    await engine.startWorker();
    const events = await session.turnEnded('t4');
    await stopWorkers();
    expect(answers(events)).toEqual({ t1: 'one', t2: 'two', t3: 'three', t4: 'four' });
    expect(faults(events)).toEqual([]);
  });

  test('code that does not fit its history ends the session, and the next message reopens it', async () => {
    const older = await engine.startWorker({ workflowsPath: OLDER });
    const session = await engine.open([quickEcho, { ...echo, name: 'second' }]);
    await session.send('m1', 'one');
    await session.turnEnded('t1');
    await older.stop();
    await engine.startWorker();
    await session.send('m2', 'two');
    const isEnded = async (): Promise<boolean> =>
      (await session.handle().describe()).status.name === 'TERMINATED';
    await eventually('the run is ended', isEnded);
    await flush();
    await session.send('m3', 'three');
    const events = await session.turnEnded('t3');
    await stopWorkers();
    expect(answers(events)).toEqual({ t1: 'one', t2: 'two', t3: 'three' });
    const interrupted = events.find((event) => event.type === 'session.interrupted');
    expect(interrupted?.data).toEqual({ reason: 'terminated' });
    expect(faults(events)).toEqual([]);
  });
});
