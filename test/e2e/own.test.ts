/** A configuration of one's own: an agent in code and a team outlive a killed worker, and what no worker knows is refused at once. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { workerOf } from '../support/worker-of.ts';
import { allEvents, expectOrdered, expectWhole, freshId, Recorder, rest, transcript } from './scene.ts';

const CONFIG = fileURLToPath(new URL('./project/convoke.config.ts', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../bin/convoke.mjs', import.meta.url));
const COUNT = 60;

let stack: Stack;
const closers: (() => void)[] = [];

beforeAll(async () => {
  stack = await startStack({ workers: 2, env: { CONVOKE_CONFIG: CONFIG } });
}, 90_000);

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

afterAll(async () => {
  await stack.stop();
});

const open = (body: object): ReturnType<typeof rest> =>
  rest(stack.urls[0]!, 'POST', '/v1/sessions', { body });

test('an own agent and an own team outlive a killed worker', async () => {
  const id = freshId();
  const agents = [{ name: 'ada', use: 'counter', options: { to: COUNT } }, 'echo'];
  expect((await open({ id, agents, team: 'recount' })).status).toBe(201);
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  await seen.session.send('Count.');
  await seen.streaming();
  const worker = await workerOf(stack, id);
  await worker.end('SIGKILL');
  await seen.turnsEnded(1, 60_000);
  await worker.start();
  const numbers = Array.from({ length: COUNT }, (_, index) => index + 1).join(' ');
  const [said, heard, ...more] = await transcript(stack.urls[0]!, id);
  expect(said).toMatch(new RegExp(`^ada: a([2-9]): ${numbers}$`));
  expect(heard).toBe(`echo: I heard: ${said!.slice('ada: '.length)}`);
  expect(more).toEqual([]);
  expectWhole(await allEvents(stack.urls[0]!, id));
  expectOrdered(seen);
  const { body } = await rest<{ agents: string[]; team: { name: string } }>(
    stack.urls[0]!,
    'GET',
    `/v1/sessions/${id}`,
  );
  expect(body).toMatchObject({ team: { name: 'recount' }, agents: ['ada', 'echo'] });
}, 90_000);

test('the sleep of a team is ended by whoever asks for it, each sleep once; nothing else is', async () => {
  const id = freshId();
  expect((await open({ id, agents: ['echo'], team: 'patient' })).status).toBe(201);
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  expect(await seen.session.wake()).toEqual({ status: 'none' });
  await seen.session.send('Wait.');
  const woken = (ask: () => Promise<unknown>): Promise<void> =>
    eventually('it sleeps', async () => isDeepStrictEqual(await ask(), { status: 'woken', turn: 't1' }));
  await woken(() => seen.session.wake());
  await seen.until('it has gone on', () => seen.steps.length === 1);
  expect(await seen.session.wake('t2')).toEqual({ status: 'none' });
  const path = `/v1/sessions/${id}/wake`;
  await woken(async () => (await rest(stack.urls[0]!, 'POST', path, { body: { turn: 't1' } })).body);
  await seen.turnsEnded(1, 30_000);
  expect(await transcript(stack.urls[0]!, id)).toEqual([
    expect.stringContaining('The first hour is woken.'),
    expect.stringContaining('The second hour is woken.'),
  ]);
  expectWhole(await allEvents(stack.urls[0]!, id));
  await seen.session.close();
});

test('a promise that nobody awaits and a throw in a timer are logged, and their worker goes on', async () => {
  const id = freshId();
  const pids = stack.workers.map(({ pid }) => pid);
  expect((await open({ id, agents: ['stray'] })).status).toBe(201);
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  await seen.session.send('Go on.');
  await seen.turnsEnded(1, 30_000);
  expect(await transcript(stack.urls[0]!, id)).toEqual(['stray: I go on.']);
  expect((await allEvents(stack.urls[0]!, id)).map(({ type }) => type)).not.toContain('step.restarted');
  const logged = (): string => stack.workers.map((worker) => worker.output()).join('');
  for (const said of ['nobody awaits it', 'nobody catches it'])
    await eventually(`the log has "${said}"`, () => logged().includes(said));
  for (const pid of pids) expect(process.kill(pid, 0)).toBe(true);
});

test.each([
  ['agent', { agents: ['biling'] }, 'agent_unknown', '/agents/0'],
  ['team', { agents: ['echo'], team: 'recuont' }, 'unknown_team', '/team'],
  [
    'options',
    { agents: [{ name: 'c', use: 'counter', options: { to: 0 } }] },
    'invalid_request',
    '/agents/0/options/to',
  ],
  ['no options', { agents: ['counter'] }, 'invalid_request', '/agents/0/options'],
])('what is wrong is said when the session is opened: %s', async (_, body, code, pointer) => {
  const answer = await open(body);
  expect(answer.status).toBe(422);
  expect(answer.body).toMatchObject({ code, errors: [{ pointer }] });
});

test('a worker with a broken configuration does not start, and says where it is broken', () => {
  const env = {
    ...process.env,
    CONVOKE_CONFIG: fileURLToPath(new URL('./project/broken.config.ts', import.meta.url)),
  };
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, 'worker'], { env, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('broken.config.ts: line 6: agents.triage.handoff.0: there is no agent "biling"');
});
