/** Agents that fail, workers that stop, a Redis that goes away: on real servers, every turn ends and nothing is said twice. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AgentSpec, LoggedEvent, ScriptFault } from '../../src/contracts/index.ts';
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

function faulty(
  kind: ScriptFault['kind'],
  more: Partial<AgentSpec> = {},
  fault: Partial<ScriptFault> = {},
): AgentSpec {
  return agent('a', { script: { tokens: 5, faults: [{ kind, afterTokens: 2, ...fault }] }, ...more });
}

/** The events of a session of one turn. */
async function oneTurn(agents: readonly AgentSpec[]): Promise<readonly LoggedEvent[]> {
  const session = await engine.open(agents);
  await session.send('m1');
  return session.turnEnded('t1');
}

describe('an agent', () => {
  test.each<[string, AgentSpec, string]>([
    ['refuses', faulty('refuse'), 'agent_refused'],
    ['says nothing', faulty('empty'), 'agent_empty'],
    ['floods', faulty('flood'), 'agent_output_too_large'],
    ['hangs', faulty('hang', { idleMs: 200, maxAttempts: 2 }), 'agent_stalled'],
    ['hangs, and is quick', faulty('hang', { idleMs: 200, maxAttempts: 2, quick: true }), 'agent_stalled'],
    ['takes too long', slow('a', { timeoutMs: 200, maxAttempts: 1 }), 'agent_timeout'],
    ['fails each time', faulty('throw', { maxAttempts: 2 }), 'agent_failed'],
  ])('that %s ends its turn with the reason', async (_, spec, code) => {
    const events = await oneTurn([spec, agent('b')]);
    expect(events.slice(-2)).toMatchObject([
      { type: 'step.failed', data: { code } },
      { type: 'turn.failed', data: { code } },
    ]);
    expect(faults(events)).toEqual([]);
  });

  test('that fails once is tried again; what it had said is withdrawn, with the reason', async () => {
    const events = await oneTurn([faulty('throw', {}, { attempt: 1 })]);
    const [restarted] = events.filter((event) => event.type === 'step.restarted');
    expect(restarted).toMatchObject({ attempt: 2 });
    expect(JSON.stringify(restarted?.data)).toContain('failed after 2 tokens');
    expect(events.at(-2)).toMatchObject({
      type: 'step.completed',
      attempt: 2,
      data: { text: 'w1 w2 w3 w4 w5' },
    });
    expect(faults(events)).toEqual([]);
  });

  test('that is told when to come back comes back then', async () => {
    const events = await oneTurn([faulty('limit', {}, { attempt: 1, retryAfterMs: 900 })]);
    const at = (type: string): number => events.find((event) => event.type === type)?.at ?? 0;
    expect(at('step.restarted') - at('step.started')).toBeGreaterThanOrEqual(900);
  });
});

test('a session goes on after a turn that failed', async () => {
  const session = await engine.open([faulty('refuse')]);
  await session.send('m1');
  await session.send('m2');
  const events = await session.turnEnded('t2');
  expect(types(events).filter((type) => type === 'turn.failed')).toHaveLength(2);
  expect(await session.receipt('m1')).toMatchObject({ turnStatus: 'failed' });
});

async function running(agents: readonly AgentSpec[]): Promise<TestSession> {
  const session = await engine.open(agents);
  await session.send('m1');
  await session.until('the step runs', (event) => event.type === 'step.started');
  return session;
}

/** The one `step.completed`, whole. */
function expectAnswer(events: readonly LoggedEvent[], tokens: number): void {
  const text = Array.from({ length: tokens }, (_, n) => `w${n + 1}`).join(' ');
  const completed = events.filter((event) => event.type === 'step.completed');
  expect(completed.map((event) => event.data)).toEqual([{ text }]);
  expect(faults(events)).toEqual([]);
}

describe('when Redis', () => {
  const paced = agent('a', { script: { tokens: 40, paceMs: 20 } });

  test('comes back empty in the middle of a step, the answer is whole, in a new epoch', async () => {
    const session = await running([paced]);
    const { known } = await session.state();
    await engine.redis.kill();
    await engine.redis.start();
    expectAnswer(await session.turnEnded('t1'), 40);
    await session.send('m2');
    const events = await session.turnEnded('t2');
    expect(faults(events)).toEqual([]);
    expect((await session.state()).known.epoch).toBeGreaterThan(known.epoch);
  });

  test('comes back empty, a quick step that cannot ask its workflow is run outside', async () => {
    const session = await engine.open([agent('a', { quick: true })]);
    await session.send('m1');
    await session.turnEnded('t1');
    await engine.redis.kill();
    await engine.redis.start();
    await session.send('m2');
    expect(faults(await session.turnEnded('t2'))).toEqual([]);
  });

  test('is away while a message comes and a turn is cancelled, both are told when it is back', async () => {
    const session = await running([slow('a')]);
    await engine.redis.kill();
    await session.send('m2');
    await engine.submitter.cancel(session, 't1').catch(() => null);
    await engine.redis.start();
    await session.until('the cancel is told', (event) => event.id === 'turn:t1:end');
    await session.until('the next turn runs', (event) => event.id === 'step:t2.1:start');
    await engine.submitter.cancel(session, 't2');
    expect(faults(await session.turnEnded('t2'))).toEqual([]);
  });
});

test('an agent that no worker can run ends its turn with the reason, after a worker that can was looked for', async () => {
  const events = await oneTurn([{ name: 'a', runner: 'model' }, agent('b')]);
  expect(events.at(-1)).toMatchObject({ type: 'turn.failed', data: { code: 'no_worker_for_agent' } });
  expect(events.some((event) => event.type === 'step.started')).toBe(false);
});

test('a worker that stops hands its step over: the turn is not cancelled, the answer is whole', async () => {
  const [first] = engine.workers;
  const session = await running([agent('a', { script: { tokens: 60, paceMs: 20 } })]);
  await first?.stop();
  await engine.startWorker();
  const events = await session.turnEnded('t1');
  expect(events.find((event) => event.type === 'step.restarted')?.data).toEqual({
    reason: 'The worker that ran it was stopped.',
  });
  expectAnswer(events, 60);
});

test('all of it replays as it was', async () => {
  expect(await engine.replay()).toBeGreaterThan(10);
});
