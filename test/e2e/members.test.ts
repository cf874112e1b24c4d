/** Agents and people that join, leave, are paused and resumed while a session runs, on the whole product. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type {
  AgentSpec,
  MembersReply,
  MembersRequest,
  Problem,
  SessionView,
} from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { workerOf } from '../support/worker-of.ts';
import { continueAsNew, flushRedis } from './forcing.ts';
import {
  allEvents,
  expectOrdered,
  expectWhole,
  freshId,
  Recorder,
  rest,
  speaker,
  type Answer,
} from './scene.ts';
import { openEventStream } from './sse.ts';

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

async function open(options: Record<string, number> = {}): Promise<{ id: string; seen: Recorder }> {
  const id = freshId();
  const agents = [speaker('ann', 20), speaker('ben', 20)];
  const body = { id, team: { name: 'groupChat', options }, agents };
  expect((await rest(url(), 'POST', '/v1/sessions', { body })).status).toBe(201);
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  return { id, seen };
}

const change = (id: string, body: MembersRequest): Promise<Answer<MembersReply & Omit<Problem, 'status'>>> =>
  rest(url(), 'POST', `/v1/sessions/${id}/members`, { body });

const names = ({ members }: Pick<SessionView, 'members'>): string[] =>
  members.map(({ name, status }) => (status === 'active' ? name : `${name} ${status}`));

const spoke = (seen: Recorder, turn: string): string[] =>
  seen.steps.filter((step) => step.turn === turn && step.status === 'completed').map(({ agent }) => agent);

/** The members as a client has them, once these are there. */
const until = (seen: Recorder, ...expected: string[]): Promise<void> =>
  seen.until(`the members are ${expected.join()}`, (view) => names(view).join() === expected.join());

describe('a running group chat', () => {
  test('lets those speak who join, passes over those who leave, and lets a paused one finish', async () => {
    const { id, seen } = await open({ speakers: 4 });
    await seen.session.send('Go.');
    await seen.streaming();
    expect((await change(id, { join: speaker('cat', 20) })).body).toMatchObject({ status: 'changed' });
    expect(names(await seen.session.members({ pause: 'ann' }))).toEqual(['ann paused', 'ben', 'cat']);
    await until(seen, 'ann paused', 'ben', 'cat');
    await seen.turnsEnded(1);
    expect(spoke(seen, 't1')).toEqual(['ann', 'ben', 'cat', 'ben']);
    expectWhole(await allEvents(url(), id));
  });

  test('ends its turn well when all are paused, and the next one too; resumed, they speak', async () => {
    const { id, seen } = await open();
    await seen.session.send('Go.');
    await seen.streaming();
    for (const pause of ['ann', 'ben']) await change(id, { pause });
    await until(seen, 'ann paused', 'ben paused');
    await seen.turnsEnded(1);
    expect(spoke(seen, 't1')).toEqual(['ann']);
    await seen.session.send('Anybody?');
    await seen.turnsEnded(2);
    expect(seen.view.turns.map(({ status }) => status)).toEqual(['completed', 'completed']);
    await change(id, { resume: 'ben' });
    await seen.session.send('You?');
    await seen.turnsEnded(3);
    expect(spoke(seen, 't3')).toEqual(['ben']);
    expectWhole(await allEvents(url(), id));
  });

  test('keeps its members over a killed worker, a log that is lost, and continue-as-new', async () => {
    const { id, seen } = await open({ speakers: 3 });
    await change(id, { join: speaker('cat', 20) });
    await change(id, { join: { kind: 'person', name: 'Anna' } });
    await change(id, { leave: 'ann' });
    await until(seen, 'ben', 'cat', 'Anna');
    await seen.session.send('Go.');
    await seen.streaming();
    const worker = await workerOf(stack, id);
    await worker.end('SIGKILL');
    await flushRedis(stack);
    await worker.start();
    await change(id, { pause: 'cat' });
    await seen.turnsEnded(1);
    expect(spoke(seen, 't1').slice(0, 1)).toEqual(['ben']);
    await until(seen, 'ben', 'cat paused', 'Anna');
    await continueAsNew(stack, id, 'ben');
    await flushRedis(stack);
    const again = new Recorder(stack.urls, id);
    closers.push(() => again.close());
    await again.session.ready();
    expect(names(again.view)).toEqual(['ben', 'cat paused', 'Anna']);
    expect(await again.session.members({ pause: 'cat' })).toMatchObject({ status: 'unchanged' });
    await again.session.send('And now?');
    await again.turnsEnded(2);
    expect(new Set(spoke(again, 't2'))).toEqual(new Set(['ben']));
    expectOrdered(seen);
  }, 120_000);
});

describe('a person', () => {
  test('is asked, and answers after a killed worker, a lost log and continue-as-new; her answer starts no turn', async () => {
    const id = freshId();
    const asks: AgentSpec = { name: 'ann', runner: 'scripted', script: { say: 'What do you think, @Anna?' } };
    const hears: AgentSpec = { name: 'ben', runner: 'scripted', script: { say: 'She said: {{message}}' } };
    const team = { name: 'groupChat', options: { speakers: 2, askPeopleMs: 3_600_000 } };
    const opened = await rest(url(), 'POST', '/v1/sessions', { body: { id, team, agents: [asks, hears] } });
    expect(opened.status).toBe(201);
    const seen = new Recorder(stack.urls, id);
    closers.push(() => seen.close());
    await seen.session.ready();
    await change(id, { join: { kind: 'person', name: 'Anna' } });
    await until(seen, 'ann', 'ben', 'Anna');
    await seen.session.send({ text: 'Go.', from: 'Bob' });
    await seen.until('Anna is asked', ({ asked }) => asked.length === 1);
    expect(seen.view.asked).toMatchObject([{ turn: 't1', name: 'Anna', text: 'What do you think, @Anna?' }]);
    await Promise.all(stack.workers.map((worker) => worker.end('SIGKILL')));
    await Promise.all(stack.workers.map((worker) => worker.start()));
    await continueAsNew(stack, id, 'ben');
    await flushRedis(stack);
    await seen.until('Anna is still asked', ({ asked, turns }) => asked.length === 1 && turns.length === 1);
    const { messageId } = await seen.session.send({ text: 'I like it.', from: 'Anna' });
    await seen.turnsEnded(1);
    expect(spoke(seen, 't1')).toEqual(['ann', 'ben']);
    expect(seen.view.asked).toEqual([]);
    expect(await seen.session.receipt(messageId)).toMatchObject({
      ...{ status: 'consumed', turn: 't1', turnStatus: 'completed' },
    });
    expect(seen.view.turns).toHaveLength(1);
    expectWhole(await allEvents(url(), id));
  }, 120_000);
});

test('clients are told the names of agents, and nothing of how they work: on no way, and not of a fork', async () => {
  const secret = (name: string): AgentSpec => ({
    ...{ name, runner: 'scripted', script: { say: 'I am {{agent}}.', paceMs: 1 }, tools: [] },
    ...{ instructions: 'SECRET', model: 'SECRET', stop: ['SECRET'] },
  });
  const opening = {
    team: { name: 'groupChat', options: { speakers: 2 } },
    agents: [secret('ann'), secret('ben')],
    metadata: { customer: 'SECRET', public: { title: 'Told' } },
  };
  const id = freshId();
  expect((await rest(url(), 'POST', '/v1/sessions', { body: { id, ...opening } })).status).toBe(201);
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  const all: unknown[] = [];
  all.push(await change(id, { join: secret('cat') }), await change(id, { leave: 'ann' }));
  await seen.session.send('Go.');
  await seen.turnsEnded(1);
  const fork = await seen.session.fork();
  await fork.ready();
  await flushRedis(stack);
  await seen.session.send('On.');
  await seen.turnsEnded(2);
  const stream = await openEventStream(url(), id);
  await stream.until(({ event }) => event === 'reset');
  stream.close();
  const schedules = seen.client.schedules;
  all.push(await schedules.create({ id, cron: '0 7 1 1 *', open: opening, message: { text: 'Go.' } }));
  await eventually('the schedule is listed', async () => {
    const { data } = await schedules.list();
    all.push(data);
    return data.some((each) => each.id === id);
  });
  await schedules.remove(id);
  for (const session of [id, fork.id]) all.push(await allEvents(url(), session));
  all.push(await rest(url(), 'GET', `/v1/sessions/${id}`), await rest(url(), 'GET', '/v1/sessions'));
  all.push(seen.events, seen.view, fork.view, stream.frames, await seen.session.state());
  const told = JSON.stringify(all);
  expect(told).not.toMatch(/.{0,80}(SECRET|"options"|"memory"|"runner")/);
  for (const name of ['ann', 'ben', 'cat', 'Told']) expect(told).toContain(name);
});

describe('what cannot be', () => {
  test('is refused with a code and the remedy; nothing changes', async () => {
    const { id, seen } = await open();
    const refused: [MembersRequest, number, string][] = [
      [{ leave: 'nobody' }, 404, 'member_not_found'],
      [{ join: { name: 'ann', runner: 'scripted' } }, 409, 'member_exists'],
      [{ join: { kind: 'person', name: 'Ben' } }, 409, 'member_exists'],
      [{ join: 'stranger' }, 422, 'agent_unknown'],
      [{ join: { name: 'dan', runner: 'model', tools: ['nothing'] } }, 422, 'tool_unknown'],
      [{ join: { name: 'dan', runner: 'scripted', handoff: ['eve'] } }, 422, 'invalid_request'],
      [{ pause: 'ann', resume: 'ben' }, 422, 'invalid_request'],
      [{}, 422, 'invalid_request'],
    ];
    for (const [body, status, code] of refused) {
      const answer = await change(id, body);
      expect([answer.status, answer.body.code]).toEqual([status, code]);
      expect(answer.body.detail).toMatch(/./);
    }
    expect((await change(id, { join: 'stranger' })).body.errors).toMatchObject([{ pointer: '/join' }]);
    await change(id, { leave: 'ann' });
    expect((await change(id, { leave: 'ben' })).body).toMatchObject({ code: 'last_agent' });
    await until(seen, 'ben');
    await seen.session.close();
    await seen.until('the session is closed', ({ status }) => status === 'closed');
    await eventually('the session takes no change any more', async () => {
      return (await change(id, { pause: 'ben' })).body.code === 'session_closed';
    });
  });

  test('nobody speaks under the name of an agent that has joined', async () => {
    const { id, seen } = await open();
    await seen.session.send({ text: 'Hello.', from: 'cat' });
    await change(id, { join: speaker('cat', 5) });
    await until(seen, 'ann', 'ben', 'cat');
    const body = { messageId: 'x', text: 'Hello.', from: 'Cat' };
    const { status, body: problem } = await rest(url(), 'POST', `/v1/sessions/${id}/messages`, { body });
    expect([status, problem.errors]).toMatchObject([422, [{ pointer: '/from' }]]);
  });
});
