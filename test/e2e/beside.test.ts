/** Turns that run side by side, on the whole product: each is answered once, whatever happens to its worker, its session's run, or the others. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { endsTurn, type AgentSpec, type OpenRequest, type SessionEvent } from '../../src/contracts/index.ts';
import { startStack, type Stack } from '../support/stack.ts';
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

const url = (): string => stack.urls[0]!;

async function open(more: OpenRequest): Promise<Recorder> {
  const id = freshId();
  expect((await rest(url(), 'POST', '/v1/sessions', { body: { id, ...more } })).status).toBe(201);
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  return seen;
}

const speaking = (seen: Recorder): string[] => [
  ...new Set(
    seen.steps.filter(({ status, text }) => status === 'running' && text !== '').map(({ turn }) => turn),
  ),
];

/** Sends messages that are all answered at the same time, and waits until they are. */
async function sideBySide(seen: Recorder, count: number): Promise<void> {
  for (let n = 1; n <= count; n += 1) void seen.session.send(`This is m${n}.`, { policy: 'parallel' });
  await seen.until(`${count} turns speak`, () => speaking(seen).length === count);
}

async function ended(seen: Recorder, count: number): Promise<readonly SessionEvent[]> {
  await seen.turnsEnded(count, 60_000);
  const events = await allEvents(url(), seen.session.id);
  expectWhole(events);
  expectOrdered(seen);
  return events;
}

/** Turn → how it ended, in the order of turns. */
const ends = (events: readonly SessionEvent[]): string[] =>
  events
    .filter(({ type }) => endsTurn(type))
    .map(({ turn = '', type }) => `${turn} ${type}`)
    .sort();

const texts = (events: readonly SessionEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'step.completed' ? [event.data.text] : []));

test('two turns run at once and both are answered; they are shown nothing of each other, and a later turn is shown both', async () => {
  const tells: AgentSpec = { name: 'ann', runner: 'scripted', script: { say: 'Said before: {{previous}}.' } };
  const seen = await open({ agents: [tells, speaker('ben', 40)] });
  void seen.session.send('This is m1.');
  await seen.until('ben speaks', () => seen.steps.some(({ agent, text }) => agent === 'ben' && text !== ''));
  void seen.session.send('This is m2.', { policy: 'parallel' });
  await seen.until('both speak', () => speaking(seen).length === 2);
  expect(seen.view.turns.map(({ turn, beside }) => [turn, beside ?? false])).toEqual([
    ['t1', false],
    ['t2', true],
  ]);
  await seen.turnsEnded(2);
  void seen.session.send('This is m3.');
  const events = await ended(seen, 3);
  expect(ends(events)).toEqual(['t1 turn.completed', 't2 turn.completed', 't3 turn.completed']);
  const starts = events.flatMap((event) => (event.type === 'turn.started' ? [event.data] : []));
  expect(starts).toMatchObject([{}, { beside: true, unseen: ['t1'] }, {}]);
  expect(starts[2]).not.toHaveProperty('unseen');
  const told = events.filter(({ type, agent }) => type === 'step.completed' && agent === 'ann');
  expect(told.map((event) => 'text' in event.data && event.data.text)).toEqual([
    ...['Said before: .', 'Said before: .', `Said before: ${words(40)}.`],
  ]);
});

test('a worker that dies while three turns run: each is answered whole, and once', async () => {
  const seen = await open({ agents: [speaker('ann', 60)] });
  await sideBySide(seen, 3);
  // Where the turns run nobody can say.
  for (const worker of stack.workers) {
    await worker.end('SIGKILL');
    await worker.start();
  }
  const events = await ended(seen, 3);
  expect(ends(events)).toEqual(['t1 turn.completed', 't2 turn.completed', 't3 turn.completed']);
  expect(texts(events)).toEqual([words(60), words(60), words(60)]);
}, 90_000);

test('a log that is lost while three turns run is built anew with what all of them have said', async () => {
  const seen = await open({ agents: [speaker('ann', 20), speaker('ben', 60)] });
  await sideBySide(seen, 3);
  await seen.until('all of the first have spoken', () => {
    return seen.steps.filter(({ agent, status }) => agent === 'ann' && status === 'completed').length === 3;
  });
  await flushRedis(stack);
  const events = await ended(seen, 3);
  expect(ends(events)).toEqual(['t1 turn.completed', 't2 turn.completed', 't3 turn.completed']);
  expect(texts(events).toSorted()).toEqual([
    words(20),
    words(20),
    words(20),
    words(60),
    words(60),
    words(60),
  ]);
}, 90_000);

test('the cancel of one leaves the others; that of all ends all', async () => {
  const seen = await open({ agents: [speaker('ann', 40)] });
  await sideBySide(seen, 3);
  expect(await seen.session.cancel('t2')).toEqual({ status: 'cancelling', turn: 't2' });
  const events = await ended(seen, 3);
  expect(ends(events)).toEqual(['t1 turn.completed', 't2 turn.cancelled', 't3 turn.completed']);
  const again = await open({ agents: [speaker('ann', 200)] });
  await sideBySide(again, 3);
  expect(await again.session.cancel({ all: true })).toEqual({
    status: 'cancelling',
    turns: ['t1', 't2', 't3'],
  });
  expect(ends(await ended(again, 3))).toEqual([
    't1 turn.cancelled',
    't2 turn.cancelled',
    't3 turn.cancelled',
  ]);
});

test('two that wait for a person go on in the next run of the workflow, each with its own answer; then the session closes', async () => {
  const asks: AgentSpec = { name: 'ann', runner: 'scripted', script: { say: 'What do you say, @Anna?' } };
  const hears: AgentSpec = { name: 'ben', runner: 'scripted', script: { say: 'I heard: {{message}}' } };
  const team = { name: 'groupChat', options: { speakers: 2, askPeopleMs: 3_600_000 } };
  const seen = await open({ team, agents: [asks, hears] });
  await seen.session.members({ join: { kind: 'person', name: 'Anna' } });
  void seen.session.send('First.');
  await seen.until('she is asked', ({ asked }) => asked.length === 1);
  void seen.session.send('Second.', { policy: 'parallel' });
  await seen.until('she is asked again', ({ asked }) => asked.length === 2);
  await continueAsNew(stack, seen.session.id, 'ben');
  for (const { question, turn } of [...seen.view.asked].reverse())
    void seen.session.send(`So be ${turn}.`, { answers: question });
  const events = await ended(seen, 2);
  expect(ends(events)).toEqual(['t1 turn.completed', 't2 turn.completed']);
  await seen.session.close();
  await seen.until('it is closed', ({ status }) => status === 'closed');
}, 90_000);
