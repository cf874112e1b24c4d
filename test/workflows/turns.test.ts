/** Turns on real servers: what they cost Temporal, that each message gets one, and how they are cancelled. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SESSION } from '../../src/contracts/index.ts';
import type { AgentSpec } from '../../src/contracts/index.ts';
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

/** History events of a session at rest: a query is answered when no workflow task runs. */
async function restingLength(session: TestSession): Promise<number> {
  await session.state();
  const { historyLength } = await session.handle().describe();
  return historyLength;
}

/** History events that one turn adds, spaced from the others. */
async function turnCost(agents: readonly AgentSpec[]): Promise<number> {
  const session = await engine.open(agents);
  await session.until('the session is there', (event) => event.type === 'session.created');
  await session.send('m1');
  await session.turnEnded('t1');
  const before = await restingLength(session);
  await session.send('m2');
  await session.turnEnded('t2');
  return (await restingLength(session)) - before;
}

describe('a turn costs Temporal no more than the bare minimum', () => {
  test('10 history events, whatever the number of its agents', async () => {
    const agents = Array.from({ length: 8 }, (_, index) => agent(`a${index}`));
    for (const count of [1, 2, 4, 8]) expect(await turnCost(agents.slice(0, count))).toBe(10);
  });

  test('5 if all its agents are quick: they run inside the workflow task', async () => {
    expect(await turnCost([agent('a', { quick: true })])).toBe(5);
    expect(await turnCost([agent('a', { quick: true }), agent('b', { quick: true })])).toBe(5);
  });
});

describe('a message', () => {
  test('sent 50 times opens one turn', async () => {
    const session = await engine.open([agent('a')]);
    await Promise.all(Array.from({ length: 50 }, () => session.send('m1')));
    await session.send('m2');
    const events = await session.turnEnded('t2');
    expect(types(events).filter((type) => type === 'message.accepted')).toHaveLength(2);
    expect(await session.state()).toMatchObject({ turns: 2, queued: 0 });
    expect(faults(events)).toEqual([]);
  });

  test('that arrives while a turn runs is seen at once, waits, and is answered after it', async () => {
    const session = await engine.open([agent('a', { script: { tokens: 30, paceMs: 20 } })]);
    await session.send('m1');
    await session.until('the step runs', (event) => event.type === 'step.started');
    await session.send('m2');
    const queued = await session.until('it is seen', (event) => event.id === 'message:m2');
    expect(queued).toMatchObject({ turn: 't2', data: { queued: true } });
    expect(await session.receipt('m2')).toMatchObject({ status: 'queued', turn: 't2' });
    expect(await session.state()).toMatchObject({
      queued: 1,
      running: { turn: 't1' },
    });
    const events = await session.turnEnded('t2');
    const order = events.filter((event) => event.type.startsWith('turn.')).map((event) => event.id);
    expect(order).toEqual(['turn:t1:start', 'turn:t1:end', 'turn:t2:start', 'turn:t2:end']);
    expect(await session.receipt('m2')).toMatchObject({ status: 'consumed', turnStatus: 'completed' });
    expect(faults(events)).toEqual([]);
  });

  test('is answered by each agent in turn, which sees what was said before', async () => {
    const session = await engine.open([
      agent('a', { script: { say: 'a heard {{message}}' } }),
      agent('b', { script: { say: 'b heard {{previous}}' } }),
    ]);
    await session.send('m1', 'hi');
    const events = await session.turnEnded('t1');
    const said = events.filter((event) => event.type === 'step.completed').map((event) => event.data);
    expect(said).toMatchObject([{ text: 'a heard hi' }, { text: 'b heard a heard hi' }]);
  });
});

/** A quick step holds its workflow task: until that beats, a cancel finds nobody who answers, and is sent again. */
function cancelled(session: TestSession, turn: string): Promise<void> {
  return eventually('the cancel is heard', async () => {
    const { status } = await engine.submitter.cancel(session, turn);
    return status !== 'none';
  });
}

describe('a cancel', () => {
  test('of a turn that waits ends it before it starts', async () => {
    const session = await engine.open([slow('a')]);
    await session.send('m1');
    await session.until('the step runs', (event) => event.type === 'step.started');
    await session.send('m2');
    await session.until('it waits', (event) => event.id === 'message:m2');
    expect(await engine.submitter.cancel(session, 't2')).toEqual({ status: 'cancelling', turn: 't2' });
    expect(await session.until('it has ended', (event) => event.id === 'turn:t2:end')).toMatchObject({
      type: 'turn.cancelled',
    });
    expect(await engine.submitter.cancel(session)).toEqual({ status: 'cancelling', turn: 't1' });
    const events = await session.turnEnded('t1');
    expect(types(events)).not.toContain('step.completed');
    expect(faults(events)).toEqual([]);
  });

  test.each([
    ['a normal', false],
    ['a quick', true],
  ])('of %s step at work stops its agent; what it said stays', async (_, quick) => {
    const session = await engine.open([slow('a', { quick }), agent('b')]);
    await session.send('m1');
    await session.until('the step runs', (event) => event.type === 'step.started');
    await cancelled(session, 't1');
    const events = await session.turnEnded('t1');
    expect(types(events).slice(-2)).toEqual(['step.cancelled', 'turn.cancelled']);
    expect(await session.receipt('m1')).toMatchObject({ status: 'consumed', turnStatus: 'cancelled' });
    expect(await engine.submitter.cancel(session, 't1')).toEqual({ status: 'ended', turn: 't1' });
    await session.send('m2');
    await session.until('the next turn runs', (event) => event.id === 'step:t2.1:start');
    await cancelled(session, 't2');
    expect(faults(await session.turnEnded('t2'))).toEqual([]);
  });

  test('of nothing, or of a turn that never was, says so', async () => {
    const session = await engine.open([agent('a')]);
    await expect(engine.submitter.cancel(session)).rejects.toMatchObject({ code: 'turn_not_found' });
    await expect(engine.submitter.cancel(session, 't7')).rejects.toMatchObject({ code: 'turn_not_found' });
  });

  test('of what is no turn is refused, and the session goes on', async () => {
    const session = await engine.open([agent('a')]);
    for (const turn of [{ toString: 1 }, { turn: 1 }, { all: false }, 1, ['t1']]) {
      const update = session.handle().executeUpdate(SESSION.updates.cancel, { args: [turn] });
      await expect(update).rejects.toMatchObject({ cause: { type: 'invalid_request' } });
    }
    await session.send('m1');
    expect(faults(await session.turnEnded('t1'))).toEqual([]);
  });
});

test('all of it replays as it was', async () => {
  expect(await engine.replay()).toBeGreaterThan(8);
});
