/** A long session with a summary on the real server: its worker is killed meanwhile, its workflow and its log are lost afterwards. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isSummaryStep, type SessionEvent } from '../../src/contracts/index.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { workerOf } from '../support/worker-of.ts';
import { flushRedis, terminate } from './forcing.ts';
import { allEvents, expectOrdered, expectWhole, freshId, Recorder, rest, speaker, words } from './scene.ts';

const TOKENS = 40;
const READER = { name: 'reader', runner: 'scripted', script: { say: 'I was told: {{summary}}' } };
const SUMMARY = { agent: speaker('scribe', TOKENS), afterChars: 1_200 };

let stack: Stack;
let recorder: Recorder | undefined;

beforeAll(async () => {
  stack = await startStack({ gateways: 1, workers: 2 });
}, 60_000);

afterAll(async () => {
  recorder?.close();
  await stack.stop();
});

type Ended = Extract<SessionEvent, { type: 'step.completed' }>;

/** The answer of a turn. */
function answerIn(events: readonly SessionEvent[], turn: string): Ended['data'] | undefined {
  return events.find(
    (event): event is Ended =>
      event.type === 'step.completed' && event.turn === turn && !isSummaryStep(event.step ?? ''),
  )?.data;
}

test('a summary survives its worker, its workflow, its log and a fork', async () => {
  const id = freshId();
  const url = stack.urls[0]!;
  const body = { id, agents: [READER], summary: SUMMARY };
  expect((await rest(url, 'POST', '/v1/sessions', { body })).status).toBe(201);
  const seen = new Recorder(url, id);
  recorder = seen;
  await seen.session.ready();
  const text = 'x'.repeat(400);
  for (let turn = 1; turn <= 3; turn += 1) {
    await seen.session.send(text);
    await seen.turnsEnded(turn);
  }
  await seen.session.send(text);
  await seen.until('a summary is being made', ({ entries }) =>
    entries.some((entry) => entry.kind === 'step' && entry.summarises !== undefined && entry.text !== ''),
  );
  const worker = await workerOf(stack, id);
  await worker.end('SIGKILL');
  await seen.turnsEnded(4);
  await worker.start();
  const before = await allEvents(url, id);
  expectWhole(before);
  expectOrdered(seen);
  const made = before.filter((event) => isSummaryStep(event.step ?? ''));
  expect(made.map(({ type }) => type)).toEqual(['step.started', 'step.restarted', 'step.completed']);
  expect(made.at(-1)).toMatchObject({
    step: 't4.s1',
    data: { text: words(TOKENS), summarises: { upTo: 't2' } },
  });
  const shown = { from: 't3', summary: { step: 't4.s1', upTo: 't2' } };
  expect(answerIn(before, 't4')).toMatchObject({ text: `I was told: ${words(TOKENS)}`, shown });

  await terminate(stack, id);
  await flushRedis(stack);
  await seen.session.send('And now?');
  await seen.turnsEnded(5);
  const after = await allEvents(url, id);
  expect(answerIn(after, 't5')).toMatchObject({ text: `I was told: ${words(TOKENS)}`, shown });

  const path = `/v1/sessions/${id}/fork`;
  const message = { text: 'And here?' };
  const below = made.at(-1)!.seq - 1;
  for (const [at, turn, told] of [
    [after.length, 't6', words(TOKENS)],
    // The summary had begun there, and ended in the parent only.
    [below, 't5', 'made by the fork'],
  ] as const) {
    const fork = await rest<{ id: string }>(url, 'POST', path, { body: { at, message } });
    expect(fork.status).toBe(201);
    const forked = new Recorder(url, fork.body.id);
    await forked.until('the fork has answered', ({ turns }) =>
      turns.some((each) => each.turn === turn && each.status === 'completed'),
    );
    forked.close();
    const events = await allEvents(url, fork.body.id);
    const own = events.filter(({ type, seq }) => type === 'step.completed' && seq > at);
    expect(answerIn(events, turn)?.text).toBe(`I was told: ${words(TOKENS)}`);
    expect(own.some(({ step = '' }) => isSummaryStep(step))).toBe(told !== words(TOKENS));
  }
}, 60_000);
