/** What an operator is told of a message whose answer was late: each cause by its name, on the real stack, and where its clocks and memories end. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { AgentSpec, Timeline, TimelineSpan } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { openSession, Recorder, rest, speaker } from './scene.ts';

let stack: Stack;
const recorders: Recorder[] = [];

beforeAll(async () => {
  stack = await startStack({ gateways: 2, workers: 2 });
}, 90_000);
afterEach(() => {
  for (const recorder of recorders.splice(0)) recorder.close();
});
afterAll(() => stack.stop());

async function record(id: string, on: string): Promise<Recorder> {
  const recorder = new Recorder(on, id);
  recorders.push(recorder);
  await recorder.session.ready();
  return recorder;
}

async function timeline(id: string, messageId: string, on = 0): Promise<Timeline> {
  const path = `/v1/sessions/${id}/messages/${messageId}/timeline`;
  const { status, body } = await rest<Timeline>(stack.urls[on]!, 'GET', path);
  expect(status).toBe(200);
  return body;
}

const named = ({ spans }: Timeline, name: string): TimelineSpan | undefined =>
  spans.find((span) => span.name === name);
const longest = ({ spans, longest: index = -1 }: Timeline): TimelineSpan | undefined => spans[index];

/** Silent for 0.7 s, then four tokens; its first attempt is refused for 1.2 s. */
const LIMITED: AgentSpec = speaker('limited', 2, {
  script: {
    tokens: 2,
    paceMs: 300,
    faults: [{ kind: 'limit', afterTokens: 1, attempt: 1, retryAfterMs: 1_200 }],
  },
});

test('a provider that is slow and refuses, and a message that waits for that turn', async () => {
  const id = await openSession(stack.urls[0]!, [LIMITED]);
  const [here, there] = await Promise.all(stack.urls.map((url) => record(id, url)));
  await here!.session.send({ messageId: 'm1', text: 'Hello' });
  await there!.session.send({ messageId: 'm2', text: 'And?' });
  await Promise.all([here!.turnsEnded(2), there!.turnsEnded(2)]);

  await eventually('both clients have acknowledged the answer', async () => {
    const { spans } = await timeline(id, 'm1', 1);
    return spans.filter(({ name, endedAt }) => name === 'acknowledge' && endedAt !== undefined).length >= 2;
  });
  const first = await timeline(id, 'm1', 1);
  expect(first).toMatchObject({ status: 'completed', turn: 't1', gateways: { asked: 2, answered: 2 } });
  expect(longest(first)).toMatchObject({
    name: 'retry',
    reason: 'retry',
    cause: { code: 'agent_rate_limited' },
  });
  expect(named(first, 'attempt')).toMatchObject({ attempt: 1, reason: 'provider' });
  expect(named(first, 'answer')).toMatchObject({ attempt: 2, reason: 'provider' });
  expect(named(first, 'answer')!.ms).toBeGreaterThanOrEqual(250);
  expect(named(first, 'signal')).toMatchObject({
    process: expect.stringContaining(`${stack.gateways[0]!.pid}@`),
  });
  const pids = first.spans.filter(({ name }) => name === 'push').map(({ process }) => process?.split('@')[0]);
  expect(pids.sort()).toEqual(stack.gateways.map(({ pid }) => String(pid)).sort());

  const second = await timeline(id, 'm2');
  expect(longest(second)).toMatchObject({ name: 'queue', reason: 'queue', behind: ['t1'] });
  // The cause behind it is that of the turn in front.
  expect(longest(second)?.front).toMatchObject([
    { turn: 't1', by: { name: 'retry', reason: 'retry', agent: 'limited' } },
  ]);
  expect(named(second, 'signal')).toMatchObject({
    process: expect.stringContaining(`${stack.gateways[1]!.pid}@`),
  });
  // The same over a socket.
  expect((await here!.session.timeline('m2')).longest).toBe(second.longest);
}, 30_000);

test('a worker that is killed in the middle: the gap is named, with what was lost and what went on', async () => {
  const id = await openSession(stack.urls[0]!, [speaker('writer', 8)]);
  const seen = await record(id, stack.urls[0]!);
  await seen.session.send({ messageId: 'm', text: 'Go.' });
  await eventually('it speaks', () => seen.deltas.length > 0);
  const running = named(await timeline(id, 'm'), 'attempt');
  const lost = stack.workers.find(({ pid }) => running?.process?.startsWith(`${pid}@`));
  const name = running?.process;
  expect(running).not.toHaveProperty('endedAt');
  await lost!.end('SIGKILL');
  await seen.turnsEnded(1);
  const told = await timeline(id, 'm');
  expect(longest(told)).toMatchObject({
    ...{ name: 'lost', kind: 'gap', reason: 'worker', process: name, attempt: 1 },
    cause: { code: 'worker_lost' },
  });
  const [tokens] = told.spans.filter((span) => span.name === 'tokens');
  expect(tokens).toMatchObject({ attempt: 2 });
  expect(tokens?.process).not.toBe(name);
}, 30_000);
