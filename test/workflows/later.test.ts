/** Messages for later, on real servers: delivered once, at their time, whatever happens meanwhile; listed, cancelled, bounded. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import type { LoggedEvent, Receipt } from '../../src/contracts/index.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { agent, types } from './agents.ts';

const acme = { tenant: 'acme' };
const HOUR = 3_600_000;
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.startWorker();
});

afterAll(async () => {
  await engine.stop();
});

function schedule(
  { session }: TestSession,
  messageId: string,
  inMs: number,
  text = messageId,
): Promise<Receipt> {
  return engine.intake.send(acme, session, { messageId, text, deliverAt: Date.now() + inMs });
}

async function unschedule({ session }: TestSession, messageId: string): Promise<Receipt> {
  return engine.intake.control(acme, session, 'unschedule', { messageId });
}

const about = (events: readonly LoggedEvent[], messageId: string): string[] =>
  types(events.filter(({ cause }) => cause === messageId));

test('is delivered at its time, once, and what comes meanwhile is not held up', async () => {
  const session = await engine.open([agent('a')]);
  const receipt = await schedule(session, 'm1', 1_500);
  expect(receipt).toMatchObject({ status: 'scheduled', deliverAt: expect.any(Number) });
  await schedule(session, 'm1', 1_500);
  await session.send('m2');
  expect(await session.turnEnded('t1')).not.toContainEqual(
    expect.objectContaining({ cause: 'm1', turn: 't1' }),
  );
  expect(await session.receipt('m1')).toEqual(receipt);
  expect(await engine.intake.scheduled(acme, session.session)).toEqual({
    data: [{ messageId: 'm1', parts: [{ type: 'text', text: 'm1' }], deliverAt: receipt.deliverAt }],
  });
  const events = await session.turnEnded('t2');
  expect(about(events, 'm1').filter((type) => type.startsWith('message.'))).toEqual([
    'message.scheduled',
    'message.accepted',
  ]);
  const delivered = events.find(({ id }) => id === 'message:m1');
  expect(delivered?.at).toBeGreaterThanOrEqual(receipt.deliverAt ?? Infinity);
  expect(await session.receipt('m1')).toMatchObject({ status: 'consumed', turnStatus: 'completed' });
  expect(await engine.intake.scheduled(acme, session.session)).toEqual({ data: [] });
});

test('survives another run, a worker that is away, and the end of its workflow', async () => {
  const session = await engine.open([agent('a')]);
  await schedule(session, 'm1', HOUR);
  await schedule(session, 'm2', 10_000);
  const { firstExecutionRunId: first } = (await session.handle().describe()).raw.workflowExecutionInfo as {
    firstExecutionRunId: string;
  };
  const long = 'x'.repeat(LIMITS.messageChars);
  for (let n = 1; n <= 10; n += 1) {
    await session.send(`long${n}`, long);
    await session.turnEnded(`t${n}`);
  }
  expect((await session.handle().describe()).runId).not.toBe(first);
  await Promise.all(engine.workers.map((worker) => worker.stop()));
  await session.handle().terminate('an accident');
  await engine.startWorker();
  // Whoever is next reopens it.
  expect(await unschedule(session, 'm1')).toMatchObject({ status: 'rejected', code: 'message_cancelled' });
  const events = await session.turnEnded('t11');
  expect(about(events, 'm2')).toContain('turn.completed');
  expect(about(events, 'm1').at(-1)).toBe('message.rejected');
});

test('is cancelled before its time, and not after', async () => {
  const session = await engine.open([agent('a')]);
  await schedule(session, 'm1', HOUR);
  expect(await unschedule(session, 'm1')).toMatchObject({ status: 'rejected', code: 'message_cancelled' });
  expect(await unschedule(session, 'm1')).toMatchObject({ status: 'rejected' });
  await session.send('m2');
  await session.turnEnded('t1');
  expect(await unschedule(session, 'm2')).toMatchObject({ status: 'consumed' });
  await expect(unschedule(session, 'm9')).rejects.toMatchObject({ code: 'message_not_found' });
});

test('a session that closes does not deliver it; a fork does not have it', async () => {
  const session = await engine.open([agent('a')]);
  await schedule(session, 'm1', HOUR);
  await session.until('it is scheduled', ({ type }) => type === 'message.scheduled');
  const { reply } = await engine.intake.fork(acme, session.session, {});
  const fork = engine.session(reply.id);
  await fork.until('it is not in the fork', ({ type }) => type === 'message.rejected');
  expect(await fork.receipt('m1')).toMatchObject({ status: 'rejected', code: 'message_cancelled' });
  await engine.submitter.close(session);
  await session.until('the session is closed', ({ type }) => type === 'session.closed');
  expect(about(await session.events(), 'm1')).toEqual(['message.scheduled', 'message.rejected']);
  expect(await session.receipt('m1')).toMatchObject({ status: 'rejected', code: 'session_closed' });
});

test('their number is bounded, and how far ahead they are', async () => {
  const session = await engine.open([agent('a')]);
  for (let n = 1; n <= LIMITS.laterMessages + 1; n += 1) await schedule(session, `m${n}`, HOUR + n);
  const one = await session.until('one is refused', ({ type }) => type === 'message.rejected');
  expect(one.data).toEqual({ messageId: `m${LIMITS.laterMessages + 1}`, code: 'inbox_full' });
  expect((await engine.intake.scheduled(acme, session.session)).data).toHaveLength(LIMITS.laterMessages);
  await expect(schedule(session, 'far', 91 * 24 * HOUR)).rejects.toMatchObject({
    code: 'invalid_request',
    errors: [{ pointer: '/deliverAt' }],
  });
  // What is past is delivered now.
  expect(await schedule(session, 'past', -1_000)).toMatchObject({ status: 'accepted' });
  await session.turnEnded('t1');
});

test('all of it replays', async () => {
  expect(await engine.replay()).toBeGreaterThan(5);
});
