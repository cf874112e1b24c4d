/** Code of one's own that never yields takes its worker with it, twice at most; the worker is replaced, and nobody else notices much. */
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { RECOVERY } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import {
  allEvents,
  expectOrdered,
  expectWhole,
  freshId,
  openSession,
  Recorder,
  rest,
  speaker,
  words,
} from './scene.ts';

const CONFIG = fileURLToPath(new URL('./project/endless.config.ts', import.meta.url));
/** Tokens of those who are answered meanwhile: 10 s. */
const LONG = 200;
/** Two workers are ended after 5 s each, and start again; on a busy machine that takes long. */
const OVER_MS = 90_000;
/** Workers that are ended: two, and those that began with the turn before it was known what it does. */
const MOST = RECOVERY.stalledWorkers + 2;

let stack: Stack;
const closers: (() => void)[] = [];

beforeAll(async () => {
  stack = await startStack({ workers: 2, env: { CONVOKE_CONFIG: CONFIG } });
  for (const worker of stack.workers) worker.supervise();
}, 120_000);

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

afterAll(async () => {
  await stack.stop();
});

async function follow(id: string): Promise<Recorder> {
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  return seen;
}

async function opened(body: object): Promise<Recorder> {
  const id = freshId();
  const { status } = await rest(stack.urls[0]!, 'POST', '/v1/sessions', { body: { id, ...body } });
  expect(status).toBe(201);
  return follow(id);
}

/** Lines of all workers about one that ended itself. */
const ends = (): readonly Record<string, unknown>[] =>
  stack.workers
    .flatMap((worker) => worker.output().split('\n'))
    .filter((line) => line.includes('"fatal"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test.each([
  ['an agent’s regular expression', { agents: ['matcher'] }, { step: 't1.1', agent: 'matcher' }],
  ['a tool', { agents: ['caller'] }, { step: 't1.1.c1', agent: 'caller' }],
  ['a team', { agents: ['echo'], team: 'spinning' }, {}],
  [
    'a team of quick agents',
    {
      agents: [{ name: 'q', runner: 'scripted', script: { say: 'I answer.' }, quick: true }],
      team: 'spinning',
    },
    {},
  ],
])(
  '%s that never yields: its turn fails, everybody else is answered',
  async (_, body, place) => {
    const before = ends().length;
    const others = await Promise.all(
      [1, 2, 3].map(async (n) => follow(await openSession(stack.urls[0]!, [speaker(`s${n}`, LONG)]))),
    );
    for (const each of others) await each.session.send('Speak.');
    for (const each of others) await each.streaming();
    const seen = await opened(body);
    await seen.session.send('spin');
    await seen.turnsEnded(1, OVER_MS);
    expect(seen.view.turns).toMatchObject([{ status: 'failed', failure: { code: 'worker_blocked' } }]);
    expect(seen.steps.filter(({ status }) => status !== 'failed' && status !== 'completed')).toEqual([]);
    const told = ends().filter(({ session }) => session === seen.session.id);
    expect(told.length).toBeGreaterThanOrEqual(RECOVERY.stalledWorkers);
    expect(ends().length - before).toBeLessThanOrEqual(MOST);
    for (const line of told) {
      expect(line).toMatchObject({ tenant: 'dev', turn: 't1', ...place });
      expect(line['stack']).toContainEqual(expect.stringContaining('endless.config.ts:'));
    }
    await seen.session.send('Hello.');
    await seen.turnsEnded(2, OVER_MS);
    expect(seen.view.turns.at(-1)).toMatchObject({ turn: 't2', status: 'completed' });
    expect(seen.steps.at(-1)!.text).toContain('I answer.');
    await Promise.all(others.map((each) => each.turnsEnded(1, OVER_MS)));
    for (const each of [...others, seen]) {
      expectWhole(await allEvents(stack.urls[0]!, each.session.id));
      expectOrdered(each);
    }
    expect(others.map(({ steps }) => steps.map(({ text }) => text))).toEqual(others.map(() => [words(LONG)]));
    await eventually(
      'both workers are back',
      async () => {
        const answers = await Promise.all(stack.workers.map(({ url }) => fetch(`${url}/readyz`)));
        return answers.every(({ ok }) => ok);
      },
      OVER_MS,
    );
  },
  240_000,
);
