/** Sessions in which nothing happens: they hibernate, and whatever comes wakes them. On real servers. */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventId, isConvokeError, SEARCH_ATTRIBUTES, START } from '../../src/contracts/index.ts';
import { createStoredCalls } from '../../src/ingest/index.ts';
import { recoverLog } from '../../src/log/index.ts';
import { createSessionCalls } from '../../src/temporal/index.ts';
import { eventually } from '../support/process.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { agent, faults, types } from './agents.ts';
import { asleep, closed, echoes, forget, goesOn, hibernated, runs, StoreHook } from './hibernating.ts';

const IDLE_MS = 700;

const hook = new StoreHook();
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ hibernateAfterMs: IDLE_MS });
  await engine.startWorker({ runner: echoes, archive: (archive) => hook.over(archive) });
});

afterAll(async () => {
  await engine.stop();
});

const as = (session: TestSession) => ({ tenant: session.tenant });
const control = (session: TestSession, name: 'cancel' | 'members' | 'approve' | 'unschedule', body: object) =>
  engine.intake.control(as(session), session.session, name, body);

/** It has a turn, and goes to rest again. */
async function rests(session: TestSession, messageId: string, turn: string): Promise<void> {
  await goesOn(session, messageId, turn);
  await hibernated(session);
}

describe('a session in which nothing happens', () => {
  test('hibernates, and goes on with the next message as if nothing had been', async () => {
    const session = await asleep(engine);
    const { status, typedSearchAttributes } = await session.handle().describe();
    expect(status.name).toBe('COMPLETED');
    const attributes = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
    expect(Object.fromEntries(attributes)).toMatchObject({ [SEARCH_ATTRIBUTES.status]: 'hibernated' });
    expect(await session.state()).toMatchObject({ turns: 1, queued: 0, agents: ['a'] });
    expect(await session.receipt('m1')).toMatchObject({ status: 'consumed', turnStatus: 'completed' });
    await session.send('m1', 'one');
    expect(await goesOn(session, 'm2', 't2')).toBe('one | one | text of m2');
    const events = await session.events();
    expect(types(events).filter((type) => type === 'message.accepted')).toHaveLength(2);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    // Hours later it rests once more, with all of that.
    await hibernated(session);
    expect(await session.state()).toMatchObject({ turns: 2, known: { seq: events.length } });
  });

  test('hibernates also if it was never used, or was woken by something that started no turn', async () => {
    const session = await engine.open([agent('a')]);
    await hibernated(session);
    await control(session, 'members', { join: { kind: 'person', name: 'Ada' } });
    expect(await runs(engine, session)).toBe(2);
    await closed(session);
    expect(await session.state()).toMatchObject({ status: 'hibernated', turns: 0, members: [{}, {}] });
    expect(await goesOn(session, 'm1', 't1')).toBe('text of m1');
  });

  test('hibernates also if its last turn has filled the run of its workflow', async () => {
    const session = await engine.open([agent('a')]);
    await session.send('m1', 'one');
    await session.turnEnded('t1');
    for (const n of [2, 3, 4]) await session.send(`m${n}`, 'x'.repeat(30_000));
    await session.turnEnded('t4');
    await eventually('another run has begun', async () => (await runs(engine, session)) > 1);
    await hibernated(session);
    expect(await goesOn(session, 'm5', 't5')).toContain('text of m5');
  });

  test('stays open as long as something waits in it', async () => {
    const session = await engine.open([agent('a')]);
    const deliverAt = Date.now() + 3_600_000;
    await engine.intake.send(as(session), session.session, { messageId: 'later', text: 'later', deliverAt });
    await goesOn(session, 'm1', 't1');
    const other = await asleep(engine);
    await hibernated(other);
    expect(await session.state()).toMatchObject({ status: 'open' });
    await control(session, 'unschedule', { messageId: 'later' });
    await hibernated(session);
    expect(await session.receipt('later')).toMatchObject({ status: 'rejected' });
  });

  test('is told and listed as what it is, and as one session once it is woken', async () => {
    const session = await asleep(engine);
    const listed = async (status?: string): Promise<unknown> => {
      const query = { limit: '100', ...(status ? { status } : {}) };
      const { data } = await engine.intake.list(as(session), query);
      return data.filter(({ id }) => id === session.session).map((each) => each.status);
    };
    await eventually('it is listed', async () => isDeepStrictEqual(await listed(), ['hibernated']));
    expect(await listed('hibernated')).toEqual(['hibernated']);
    expect(await listed('closed')).toEqual([]);
    expect(await listed('interrupted')).toEqual([]);
    const later = Date.now() + 3_600_000;
    await engine.intake.send(as(session), session.session, { messageId: 'm2', text: 'x', deliverAt: later });
    await eventually('it is open', async () => isDeepStrictEqual(await listed(), ['open']));
    expect(await listed('hibernated')).toEqual([]);
  });
});

describe('a hibernated session', () => {
  test('is woken by members, votes and a close; a cancel finds nothing to cancel', async () => {
    const session = await asleep(engine);
    await expect(control(session, 'cancel', {})).rejects.toMatchObject({ code: 'turn_not_found' });
    expect(await control(session, 'cancel', { turn: 't1' })).toMatchObject({ status: 'ended' });
    await rests(session, 'm2', 't2');
    const joined = await control(session, 'members', { join: { kind: 'person', name: 'Ada' } });
    expect(joined).toMatchObject({ status: 'changed' });
    await rests(session, 'm3', 't3');
    expect(await session.state()).toMatchObject({ members: [{ name: 'a' }, { name: 'Ada' }] });
    const vote = { approval: 't1.1', vote: 'approve', hash: 'a'.repeat(64), by: 'Ada' };
    await expect(control(session, 'approve', vote)).rejects.toMatchObject({ code: 'approval_not_found' });
    await expect(control(session, 'unschedule', { messageId: 'none' })).rejects.toMatchObject({
      code: 'message_not_found',
    });
    await rests(session, 'm4', 't4');
    await engine.submitter.close(session);
    await closed(session);
    expect(await session.state()).toMatchObject({ status: 'closed' });
    expect((await session.events()).at(-1)).toMatchObject({ type: 'session.closed' });
    await expect(session.send('m9')).rejects.toMatchObject({ code: 'session_closed' });
  });

  test('is forked without waking it', async () => {
    const session = await asleep(engine);
    const { reply } = await engine.intake.fork(as(session), session.session, {});
    const fork = engine.session(reply.id);
    expect(await goesOn(fork, 'f1', 't2')).toBe('one | one | text of f1');
    expect(await session.state()).toMatchObject({ status: 'hibernated' });
  });

  test('is opened by the request that opened it, also once Temporal has forgotten it', async () => {
    const session = await asleep(engine);
    const request = { id: session.session, agents: [agent('a')] };
    const again = () => engine.intake.open(as(session), request);
    expect(await again()).toMatchObject({ replayed: true, summary: { status: 'hibernated' } });
    await forget(engine, session);
    expect(await again()).toMatchObject({ replayed: true, summary: { status: 'hibernated' } });
    const other = { ...request, team: 'parallel' };
    await expect(engine.intake.open(as(session), other)).rejects.toMatchObject({ code: 'session_exists' });
  });

  test('that Temporal has forgotten is told, and woken', async () => {
    const session = await asleep(engine);
    await forget(engine, session);
    expect(await session.state()).toMatchObject({ status: 'hibernated', turns: 1 });
    expect(await session.receipt('m1')).toMatchObject({ turnStatus: 'completed' });
    await control(session, 'members', { join: { kind: 'person', name: 'Ada' } });
    expect(await goesOn(session, 'm2', 't2')).toBe('one | one | text of m2');
    await session.send('m1', 'one');
    await hibernated(session);
    await forget(engine, session);
    expect(await goesOn(session, 'm3', 't3')).toContain('text of m2');
    expect(types(await session.events()).filter((type) => type === 'message.accepted')).toHaveLength(3);
  });

  test('whose log is lost is read from the archive, and goes on', async () => {
    const session = await asleep(engine);
    await control(session, 'members', { join: { kind: 'person', name: 'Ada' } });
    await rests(session, 'm2', 't2');
    const before = await session.events();
    await engine.redis.kill();
    await engine.redis.start();
    await eventually('the log is built', async () => {
      await recoverLog(engine.log, engine.source, session, START);
      return true;
    });
    expect(await session.events()).toEqual(before);
    expect(await engine.log.read(session, { limit: 0 })).toMatchObject({ info: { roster: { revision: 1 } } });
    expect(await session.state()).toMatchObject({ status: 'hibernated' });
    expect(await goesOn(session, 'm3', 't3')).toBe(
      'one | one | text of m2 | one | one | text of m2 | text of m3',
    );
    expect((await session.events()).slice(0, before.length)).toEqual(before);
  });

  test('that many wake at once has one workflow, and answers each message once', async () => {
    const session = await asleep(engine);
    const before = await runs(engine, session);
    const gateways = Array.from({ length: 4 }, () =>
      createStoredCalls(createSessionCalls({ client: engine.client, hibernateAfterMs: IDLE_MS }), (ref) =>
        engine.archive.stored(ref),
      ),
    );
    const parts = [{ type: 'text', text: 'together' }] as const;
    await Promise.all(
      gateways.map((calls, n) =>
        calls.send(session, { messageId: `g${n}`, parts: [...parts], receivedAt: Date.now() }),
      ),
    );
    const events = await session.turnEnded('t5');
    expect(faults(events)).toEqual([]);
    expect(types(events).filter((type) => type === 'turn.completed')).toHaveLength(5);
    expect(await runs(engine, session)).toBe(before + 1);
  });

  test('that is asked while it wakes tells to ask again', async () => {
    const session = await asleep(engine);
    const asked = Promise.withResolvers<null>();
    const waking = hook.slowly(asked.promise);
    await session.send('m2', 'text of m2');
    await waking;
    const codes = [session.state(), session.receipt('m2')].map((asking) =>
      asking.catch((error: unknown) => isConvokeError(error) && error.code),
    );
    expect(await Promise.all(codes).finally(() => asked.resolve(null))).toEqual(['overloaded', 'overloaded']);
    expect(types(await session.turnEnded('t2'))).toContain('turn.completed');
    expect(await session.receipt('m2')).toMatchObject({ status: 'consumed' });
  });

  test('that was woken and then terminated is interrupted, and goes on from there', async () => {
    const session = await asleep(engine);
    expect(await goesOn(session, 'm2', 't2')).toContain('text of m2');
    await engine.intake.send(as(session), session.session, {
      ...{ messageId: 'later', text: 'later', deliverAt: Date.now() + 3_600_000 },
    });
    await session.until('it is scheduled', ({ id }) => id === eventId.messageScheduled('later'));
    await session.handle().terminate();
    expect(await session.state()).toMatchObject({ status: 'interrupted' });
    expect(await goesOn(session, 'm3', 't3')).toContain('text of m2');
    await control(session, 'unschedule', { messageId: 'later' });
    await hibernated(session);
    expect(await goesOn(session, 'm4', 't4')).toContain('text of m3');
  });
});

test('all of it replays as it was', async () => {
  expect(await engine.replay()).toBeGreaterThan(20);
});
