/** Agents with tools on real servers: a call that must not be repeated is not, and calls cost no history. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { workflowId, type ScriptCall, type StepEntry } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { freshId, Recorder, rest } from './scene.ts';

const WORKER = fileURLToPath(new URL('tools-worker.ts', import.meta.url));
const FILE = join(tmpdir(), `convoke-calls-${process.pid}`);

let stack: Stack;
let connection: Connection;

beforeAll(async () => {
  stack = await startStack({ workerFile: WORKER, env: { TEST_CALLS: FILE } });
  connection = await Connection.connect({ address: stack.temporal.address });
}, 120_000);

beforeEach(() => writeFile(FILE, ''));

afterAll(async () => {
  await connection.close();
  await stack.stop();
  await rm(FILE, { force: true });
});

/** The calls of all workers, `key attempt`. */
const called = async (): Promise<readonly string[]> =>
  (await readFile(FILE, 'utf8')).split('\n').filter((line) => line !== '');

async function talk(calls: readonly (readonly ScriptCall[])[]) {
  const id = freshId();
  const agents = [{ name: 'a', runner: 'scripted', script: { calls, say: 'So: {{results}}' } }];
  const { status } = await rest(stack.urls[0]!, 'POST', '/v1/sessions', { body: { id, agents } });
  expect(status).toBe(201);
  const seen = new Recorder(stack.urls, id);
  await seen.session.ready();
  await seen.session.send('go');
  const steps = (): readonly StepEntry[] =>
    (seen.session.view?.entries ?? []).filter((entry) => entry.kind === 'step');
  const over = (): Promise<void> =>
    eventually('the turn is over', () => seen.session.view?.turns.at(-1)?.status === 'completed', 60_000);
  return { id, steps, over };
}

async function killedInMidCall(tool: string) {
  const session = await talk([[{ tool, input: { slow: true } }]]);
  await eventually('it is called', async () => (await called()).length === 1);
  await stack.workers[0]!.end('SIGKILL');
  await stack.workers[0]!.start();
  await session.over();
  return session;
}

test('a call that must not be repeated is not, whose worker was killed: the agent goes on', async () => {
  const { steps } = await killedInMidCall('pay');
  expect(await called()).toHaveLength(1);
  expect(steps()).toMatchObject([
    { step: 't1.1', calls: [{ tool: 'pay' }] },
    { step: 't1.1.c1', use: { tool: 'pay' }, status: 'failed', failure: { code: 'tool_outcome_unknown' } },
    { step: 't1.1.2', text: expect.stringContaining('So: tool_outcome_unknown') },
  ]);
});

test('another one is repeated, under the same key', async () => {
  const { steps } = await killedInMidCall('look');
  const keys = (await called()).map((line) => line.split(' ')[0]);
  expect(keys).toEqual([keys[0], keys[0]]);
  expect(steps().at(-1)).toMatchObject({ step: 't1.1.2', text: 'So: paid' });
});

test('a turn with twenty calls has as many history events as one with none', async () => {
  const lengthOf = async (calls: readonly (readonly ScriptCall[])[]): Promise<number> => {
    const { id, over } = await talk(calls);
    await over();
    const session = workflowId({ tenant: 'dev', session: id });
    const { workflow } = new Client({ connection });
    let length = 0;
    let before = -1;
    await eventually('the history is at rest', async () => {
      before = length;
      length = (await workflow.getHandle(session).describe()).historyLength;
      return length === before;
    });
    return length;
  };
  const none = await lengthOf([]);
  const round = Array.from({ length: 5 }, () => ({ tool: 'look' }));
  // A workflow task more or less is a matter of when the message comes; each call would be several.
  expect(await lengthOf([round, round, round, round])).toBeLessThanOrEqual(none + 3);
  expect(await called()).toHaveLength(20);
}, 60_000);
