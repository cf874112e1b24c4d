/** What anybody with access to Temporal can send to a session, seen by the run that follows one that was interrupted; on real servers. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SESSION } from '../../src/contracts/index.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine } from '../support/worker.ts';
import { agent, faults, types } from '../workflows/agents.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
}, 60_000);

afterAll(() => engine.stop());

test('a signal that is no message is none to the next run either', async () => {
  const session = await engine.open([agent('a')]);
  const text = { type: 'text', text: 'two' };
  for (const strange of [
    {},
    { parts: [null] },
    { parts: [text], from: 1 },
    { parts: [{ type: 'text', text: 2 }] },
  ]) {
    const signal = { messageId: 'm1', receivedAt: 1, ...strange };
    await session.handle().signal(SESSION.signals.message, signal);
  }
  await session.handle().terminate('an accident');
  await session.send('m2');
  await engine.startWorker();
  const events = await session.turnEnded('t1');
  const accepted = events.filter(({ type }) => type === 'message.accepted');
  expect(accepted.map(({ cause }) => cause)).toEqual(['m2']);
  expect(faults(events)).toEqual([]);
});

test('a close for a reason that is no text is one without a reason', async () => {
  if (engine.workers.length === 0) await engine.startWorker();
  const session = await engine.open([agent('a', { script: { tokens: 100, paceMs: 50 } })]);
  await session.send('m1');
  await session.until('the step runs', ({ type }) => type === 'step.started');
  await session.handle().executeUpdate(SESSION.updates.close, { args: [{ toString: 1 }] });
  await session.handle().terminate('an accident');
  await engine.submitter.close(session);
  const closed = await session.until('it is closed', ({ type }) => type === 'session.closed');
  expect(closed.data).toEqual({ reason: 'requested' });
  expect(types(await session.events())).toContain('session.reopened');
});
