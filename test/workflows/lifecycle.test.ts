/** How a session ends, and how it goes on in another run, on real servers. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS, SEARCH_ATTRIBUTES, SESSION } from '../../src/contracts/index.ts';
import type { KnownEvents } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { agent, faults, slow, types } from './agents.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.startWorker();
});

afterAll(async () => {
  await engine.stop();
});

function closed(session: TestSession): Promise<void> {
  return eventually('the workflow has ended', async () => {
    const { status } = await session.handle().describe();
    return status.name !== 'RUNNING';
  });
}

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
    const known = await session.handle().query<KnownEvents>(SESSION.queries.events);
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
  await session.send('m1', 'sent again');
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
  const known = await session.handle().query<KnownEvents>(SESSION.queries.events);
  expect(known.events[0]?.seq).toBe(state.archivedTo + 1);
});

test('all of it replays as it was', async () => {
  expect(await engine.replay()).toBeGreaterThan(4);
});
