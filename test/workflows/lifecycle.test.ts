/** How a session ends, and how it goes on in another run, on real servers. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS, reasonOf, SEARCH_ATTRIBUTES } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { agent, faults, slow, types } from './agents.ts';
import { closed, forget } from './hibernating.ts';

/** Of tenants; Temporal keeps it as a float of 32 bits. */
const WEIGHTS: Readonly<Record<string, number>> = { acme: 2.5 };

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ weightOf: (tenant) => WEIGHTS[tenant] });
  await engine.startWorker();
});

afterAll(async () => {
  await engine.stop();
});

/** The search attributes by which it is found: name → value. */
async function found(session: TestSession): Promise<Readonly<Record<string, unknown>>> {
  const { typedSearchAttributes } = await session.handle().describe();
  return Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
}

async function archived(session: TestSession): ReturnType<Engine['archive']['read']> {
  return engine.archive.read(session, 0, 10_000);
}

describe('a session that is closed', () => {
  test('answers what waits, then ends; it can still be asked', async () => {
    const session = await engine.open([agent('a', { script: { tokens: 10, paceMs: 20 } })]);
    await session.send('m1');
    await session.send('m2');
    await session.send('m3');
    await session.until('the first turn runs', (event) => event.type === 'step.started');
    await engine.submitter.close(session);
    await session.send('late');
    await engine.submitter.close(session);
    await closed(session);
    const events = await session.events();
    expect(types(events).filter((type) => type === 'turn.completed')).toHaveLength(3);
    expect(types(events)).toContain('message.rejected');
    expect(types(events).at(-1)).toBe('session.closed');
    expect(faults(events)).toEqual([]);
    expect(await archived(session)).toEqual(events);

    expect(await session.state()).toMatchObject({ status: 'closed', turns: 3, queued: 0 });
    expect(await session.receipt('late')).toMatchObject({ status: 'rejected', code: 'session_closed' });
    const known = await engine.source.known(session);
    expect(known).toMatchObject({ archivedTo: events.length, events: [], pending: [] });
    await expect(session.send('m4')).rejects.toMatchObject({ code: 'session_closed' });
    await expect(engine.submitter.close(session)).resolves.toBeUndefined();
  });

  test('loses no message that arrives while it ends', async () => {
    const session = await engine.open([agent('a')]);
    await session.send('m1');
    await session.turnEnded('t1');
    const sends = Array.from({ length: 20 }, (_, n) => session.send(`late${n}`).then(() => `late${n}`));
    await engine.submitter.close(session);
    const settled = await Promise.allSettled(sends);
    await closed(session);
    const events = await session.events();
    for (const sent of settled) {
      if (sent.status === 'fulfilled')
        expect(events.filter((event) => event.cause === sent.value).length).toBeGreaterThan(0);
      else expect(sent.reason).toMatchObject({ code: 'session_closed' });
    }
    expect(faults(events)).toEqual([]);
    expect(await archived(session)).toEqual(events);
  });

  test('is found by what it is', async () => {
    const session = await engine.open([agent('a'), agent('b')], 'found');
    await session.send('m1');
    await session.turnEnded('t1');
    await engine.submitter.close(session);
    await closed(session);
    expect(await found(session)).toMatchObject({
      [SEARCH_ATTRIBUTES.tenant]: 'acme',
      [SEARCH_ATTRIBUTES.session]: 'found',
      [SEARCH_ATTRIBUTES.team]: 'sequence',
      [SEARCH_ATTRIBUTES.status]: 'closed',
    });
    const { events } = await session.handle().fetchHistory();
    const summaries = (events ?? []).map((event) => String(event.userMetadata?.summary?.data ?? ''));
    const said = summaries.map((each) => Buffer.from(each, 'utf8').toString()).filter((each) => each !== '');
    expect(said.length).toBeGreaterThan(2);
  });
});

test('Temporal shares workers by the tenant of a session and its weight, also once it is reopened', async () => {
  const session = await engine.open([agent('a')]);
  const priority = async (): Promise<unknown> =>
    (await session.handle().describe()).raw.workflowExecutionInfo?.priority;
  const share = { fairnessKey: 'acme', fairnessWeight: 2.5 };
  expect(await priority()).toMatchObject(share);
  await engine.submitter.close(session);
  await closed(session);
  const reopened = engine.intake.control({ tenant: session.tenant }, session.session, 'reopen', {});
  expect(await reopened).toEqual({ status: 'reopened' });
  expect(await priority()).toMatchObject(share);
});

describe('a closed session', () => {
  const reopen = (session: TestSession): Promise<unknown> =>
    engine.intake.control({ tenant: session.tenant }, session.session, 'reopen', {});

  async function shut(): Promise<TestSession> {
    const session = await engine.open([agent('a')]);
    await session.send('m1');
    await session.turnEnded('t1');
    await engine.submitter.close(session);
    await closed(session);
    return session;
  }

  test('is reopened: it goes on after what was said, and can be closed again', async () => {
    const session = await shut();
    const before = await session.events();
    expect(await Promise.all([reopen(session), reopen(session)])).toEqual([
      { status: 'reopened' },
      { status: 'reopened' },
    ]);
    await session.send('m1');
    await session.send('m2');
    const events = await session.turnEnded('t2');
    expect(events.slice(0, before.length)).toEqual(before);
    expect(events[before.length]).toMatchObject({ type: 'session.reopened', seq: before.length + 1 });
    expect(types(events).filter((type) => type === 'session.reopened')).toHaveLength(1);
    expect(faults(events)).toEqual([]);
    expect(await reopen(session)).toEqual({ status: 'open' });
    await engine.submitter.close(session);
    await closed(session);
    expect(types(await session.events()).filter((type) => type === 'session.closed')).toHaveLength(2);
    await expect(session.send('m3')).rejects.toMatchObject({ code: 'session_closed' });
    expect(await reopen(session)).toEqual({ status: 'reopened' });
    await session.send('m3');
    expect(faults(await session.turnEnded('t3'))).toEqual([]);
    expect(await archived(session)).toEqual(
      (await session.events()).slice(0, (await session.state()).archivedTo),
    );
  });

  test('is reopened also once Temporal has forgotten it; until then it is told as closed', async () => {
    const session = await shut();
    await forget(engine, session);
    expect(await session.state()).toMatchObject({ status: 'closed', turns: 1 });
    await expect(session.send('m2')).rejects.toMatchObject({ code: 'session_closed' });
    expect(await reopen(session)).toEqual({ status: 'reopened' });
    await session.send('m2');
    expect(faults(await session.turnEnded('t2'))).toEqual([]);
  });

  test('is not reopened while it closes, if it was closed by an earlier version, or if there is none', async () => {
    const session = await engine.open([slow('slow')]);
    await session.send('m1');
    await session.until('the step runs', (event) => event.type === 'step.started');
    await engine.submitter.close(session);
    await expect(reopen(session)).rejects.toMatchObject({ code: 'session_closing' });
    await engine.submitter.cancel(session);
    await closed(session);
    // What an earlier version has left behind: events, and no state.
    const events = [{ ...(await session.events())[0]!, seq: 1 }];
    const earlier = { tenant: session.tenant, session: 'earlier' };
    await engine.archive.write(
      earlier,
      { team: { name: 'sequence' }, agents: [], metadata: {}, createdAt: 1 },
      events,
    );
    await expect(reopen(engine.session('earlier'))).rejects.toMatchObject({
      code: 'session_not_stored',
      message: expect.stringContaining('fork it'),
    });
    await expect(reopen(engine.session('nobody'))).rejects.toMatchObject({ code: 'session_not_found' });
  });
});

test('a session with a time to live closes by itself, with a reason, and can be reopened', async () => {
  const tenant = { tenant: 'acme' };
  await engine.intake.open(tenant, { id: 'brief', agents: [agent('a')], ttlMs: 1_000 });
  const session = engine.session('brief');
  await session.send('m1');
  await session.turnEnded('t1');
  await closed(session);
  const events = await session.events();
  expect(reasonOf((events.at(-1)?.data as { reason: string }).reason).code).toBe('ttl_expired');
  expect((events.at(-1)?.at ?? 0) - (events.at(-2)?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
  expect(await archived(session)).toEqual(events);
  expect(await engine.intake.control(tenant, 'brief', 'reopen', {})).toEqual({ status: 'reopened' });
  await session.until('it closes again', ({ type, seq }) => type === 'session.closed' && seq > events.length);
});

test('a session that an operator cancels ends its turns, tells why, and keeps the transcript', async () => {
  const session = await engine.open([slow('a')]);
  await session.send('m1');
  await session.until('the step runs', (event) => event.type === 'step.started');
  await session.send('m2');
  await session.send('m3');
  await session.handle().cancel();
  await closed(session);
  const events = await session.events();
  expect(types(events).filter((type) => type === 'turn.cancelled')).toHaveLength(3);
  expect(types(events).filter((type) => type === 'message.accepted')).toHaveLength(3);
  expect(events.at(-1)).toMatchObject({
    type: 'session.closed',
    data: { reason: 'cancelled by an operator' },
  });
  expect(faults(events)).toEqual([]);
  expect(await archived(session)).toEqual(events);
});

test('a full session goes on in another run: nothing is lost, what is archived is let go', async () => {
  const long = 'x'.repeat(LIMITS.messageChars);
  const turns = Math.ceil(LIMITS.heldChars / (2 * LIMITS.messageChars)) + 2;
  const session = await engine.open([agent('a', { script: { say: '{{message}}' } })]);
  const first = (await session.handle().describe()).runId;
  for (let n = 1; n <= turns; n += 1) {
    // Every other one comes while a turn runs, and some while the run changes.
    if (n % 2 === 1 && n > 1) await session.turnEnded(`t${n - 1}`);
    await session.send(`m${n}`, long);
  }
  const events = await session.turnEnded(`t${turns}`);
  await eventually('another run', async () => (await session.handle().describe()).runId !== first);
  expect(faults(events)).toEqual([]);
  await session.send('m1', long);
  await session.send('after');
  await session.turnEnded(`t${turns + 1}`);
  const state = await session.state();
  expect(state.turns).toBe(turns + 1);
  expect(state.archivedTo).toBeGreaterThan(0);
  expect(await archived(session)).toEqual(events.slice(0, state.archivedTo));
  expect(await found(session)).toMatchObject({
    [SEARCH_ATTRIBUTES.status]: 'open',
    [SEARCH_ATTRIBUTES.session]: session.session,
  });
  const known = await engine.source.known(session);
  expect(known?.events[0]?.seq).toBe(state.archivedTo + 1);
});

test('all of it replays as it was', async () => {
  expect(await engine.replay()).toBeGreaterThan(4);
});
