/** Workers with different model endpoints: each step runs where its endpoint is, and an endpoint that nobody has is refused at once. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startScriptedModel } from '../../examples/scripted-model/server.ts';
import type { ScriptedModel } from '../../examples/scripted-model/server.ts';
import type { AgentSpec } from '../../src/contracts/index.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { freshId, openSession, Recorder, rest, transcript } from './scene.ts';

const NAMES = ['left', 'right'] as const;
const MESSAGES = 3;

let models: readonly ScriptedModel[] = [];
let stack: Stack;

beforeAll(async () => {
  models = await Promise.all(NAMES.map((name) => startScriptedModel({ answer: `from ${name}` })));
  const workerEnv = NAMES.map((name, index) => ({
    CONVOKE_PROVIDERS: JSON.stringify({ [name]: { baseUrl: models[index]!.url, model: 'm' } }),
  }));
  stack = await startStack({ workers: NAMES.length, workerEnv });
}, 90_000);

afterAll(async () => {
  await stack.stop();
  await Promise.all(models.map((model) => model.stop()));
});

test('a turn goes from worker to worker, to the endpoint that each agent names', async () => {
  const agents: readonly AgentSpec[] = NAMES.map((name) => ({ name, runner: 'model', provider: name }));
  const id = await openSession(stack.urls[0]!, agents);
  const seen = new Recorder(stack.urls, id);
  await seen.session.ready();
  for (let sent = 1; sent <= MESSAGES; sent += 1) {
    await seen.session.send(`message ${sent}`);
    await seen.turnsEnded(sent, 30_000);
  }
  seen.close();
  const once = ['left: from left', 'right: from right'];
  expect(await transcript(stack.urls[0]!, id)).toEqual(Array.from({ length: MESSAGES }, () => once).flat());
  expect(models.map(({ requests }) => requests.length)).toEqual([MESSAGES, MESSAGES]);
}, 90_000);

test('a session whose agent names an endpoint that no worker has is refused', async () => {
  const agents = [{ name: 'a', runner: 'model', provider: 'middle' }];
  const answer = await rest(stack.urls[0]!, 'POST', '/v1/sessions', { body: { id: freshId(), agents } });
  expect(answer).toMatchObject({
    status: 422,
    body: { code: 'agent_unknown', errors: [{ pointer: '/agents/0/provider' }] },
  });
});
