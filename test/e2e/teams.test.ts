/** Built-in teams on the whole product, with a worker that is killed in the middle of their turns. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { AgentSpec, TeamSpec } from '../../src/contracts/index.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { workerOf } from '../support/worker-of.ts';
import { continueAsNew, flushRedis } from './forcing.ts';
import { allEvents, expectOrdered, expectWhole, freshId, Recorder, rest, speaker, words } from './scene.ts';

let stack: Stack;
const closers: (() => void)[] = [];

beforeAll(async () => {
  stack = await startStack({ workers: 2 });
}, 90_000);

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

afterAll(async () => {
  await stack.stop();
});

async function open(team: TeamSpec, agents: readonly AgentSpec[]): Promise<{ id: string; seen: Recorder }> {
  const id = freshId();
  const { status } = await rest(stack.urls[0]!, 'POST', '/v1/sessions', { body: { id, team, agents } });
  expect(status).toBe(201);
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  return { id, seen };
}

/** Kills the worker that runs the session's turn right now, and starts it again. */
async function killWorkerOf(id: string): Promise<void> {
  const worker = await workerOf(stack, id);
  await worker.end('SIGKILL');
  await worker.start();
}

async function expectIntact(id: string, seen: Recorder): Promise<void> {
  expectWhole(await allEvents(stack.urls[0]!, id));
  expectOrdered(seen);
}

const spoke = (seen: Recorder, turn: string): string[] =>
  seen.steps.filter((step) => step.turn === turn && step.status === 'completed').map(({ agent }) => agent);

describe('groupChat', () => {
  test('goes round over turns, follows mentions, and survives a killed worker with what it remembers', async () => {
    const agents = [speaker('ann', 30), speaker('ben', 30), speaker('cat', 30)];
    const { id, seen } = await open({ name: 'groupChat', options: { speakers: 2 } }, agents);
    await seen.session.send('What about you, @cat?');
    await seen.streaming();
    await killWorkerOf(id);
    await seen.turnsEnded(1);
    await seen.session.send('And who is next?');
    await seen.streaming();
    await killWorkerOf(id);
    await seen.turnsEnded(2);
    expect(spoke(seen, 't1')).toEqual(['cat', 'ann']);
    expect(spoke(seen, 't2')).toEqual(['ben', 'cat']);
    await expectIntact(id, seen);
  });
});

describe('parallel', () => {
  test('any: the first answer stands, the loser is cancelled, also when a worker is killed in between', async () => {
    const agents = [speaker('slow', 400), speaker('fast', 40), speaker('judge', 5)];
    const { id, seen } = await open({ name: 'parallel', options: { until: 'any', merge: 'judge' } }, agents);
    await seen.session.send('Go.');
    await seen.streaming();
    await killWorkerOf(id);
    await seen.turnsEnded(1);
    expect(seen.steps.map(({ agent, status }) => `${agent} ${status}`).sort()).toEqual([
      'fast completed',
      'judge completed',
      'slow cancelled',
    ]);
    expect(seen.steps.find(({ agent }) => agent === 'fast')!.text).toBe(words(40));
    const cancelled = seen.events.find(({ type }) => type === 'step.cancelled');
    expect(cancelled!.data).toMatchObject({ reason: { code: 'branch_not_needed' } });
    await expectIntact(id, seen);
  });
});

describe('handoff', () => {
  test('who has the word keeps it: over killed workers, a lost log, and the next run of the workflow', async () => {
    const hands: AgentSpec = {
      ...{ name: 'triage', runner: 'scripted', handoff: ['billing'] },
      script: { calls: [[{ tool: 'hand_over', input: { agent: 'billing' } }]], say: 'Nobody else?' },
    };
    const { id, seen } = await open({ name: 'handoff' }, [hands, speaker('billing', 30)]);
    await seen.session.send('My bill is wrong.');
    await seen.streaming();
    await killWorkerOf(id);
    await seen.turnsEnded(1);
    expect(spoke(seen, 't1')).toEqual(['triage', 'billing']);
    await continueAsNew(stack, id, 'triage');
    await flushRedis(stack);
    await seen.session.send('And the next one?');
    await seen.streaming();
    await killWorkerOf(id);
    await seen.until(
      't2 has ended',
      ({ turns }) => turns.at(-1)?.turn === 't2' && turns.at(-1)?.status === 'completed',
    );
    expect(spoke(seen, 't2')).toEqual(['billing']);
    await expectIntact(id, seen);
  }, 120_000);
});

describe('a failed branch', () => {
  test('is an answer: the others are heard, and the turn completes', async () => {
    const refuses: AgentSpec = {
      ...{ name: 'bad', runner: 'scripted' },
      script: { tokens: 5, faults: [{ afterTokens: 2, kind: 'refuse' }] },
    };
    const team = { name: 'parallel', options: { merge: 'judge' } };
    const { id, seen } = await open(team, [refuses, speaker('good', 10), speaker('judge', 3)]);
    await seen.session.send('Go.');
    await seen.turnsEnded(1);
    expect(seen.steps.map(({ agent, status }) => `${agent} ${status}`).sort()).toEqual([
      'bad failed',
      'good completed',
      'judge completed',
    ]);
    expect(seen.view.turns.map(({ status }) => status)).toEqual(['completed']);
    await expectIntact(id, seen);
  });
});

describe('teams by data', () => {
  const says = (name: string, text: unknown): AgentSpec => ({
    name,
    runner: 'scripted',
    script: { say: typeof text === 'string' ? text : JSON.stringify(text) },
  });

  test('critic: ends with the review that accepts', async () => {
    const { id, seen } = await open({ name: 'critic' }, [
      says('writer', 'A draft.'),
      says('reviewer', { accepted: true }),
    ]);
    await seen.session.send('Write.');
    await seen.turnsEnded(1);
    expect(spoke(seen, 't1')).toEqual(['writer', 'reviewer']);
    await expectIntact(id, seen);
  });

  test('an agent that an option names and the session lacks ends the turn with a sentence that says so', async () => {
    const team = { name: 'debate', options: { judge: 'nobody' } };
    const { seen } = await open(team, [says('one', '1'), says('two', '2')]);
    await seen.session.send('Go.');
    await seen.turnsEnded(1);
    expect(seen.events.find(({ type }) => type === 'turn.failed')!.data).toEqual({
      code: 'agent_unknown',
      message: 'The team’s option "judge" names the agent "nobody", which the session does not have.',
    });
  });
});
