/** Feedback of people and of scorers, on the whole product. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { startScriptedModel } from '../../examples/scripted-model/server.ts';
import type { ScriptedModel } from '../../examples/scripted-model/server.ts';
import { feedbackOf } from '../../src/client/feedback.ts';
import { scoringId } from '../../src/contracts/index.ts';
import type { SessionEvent, SessionView } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { allEvents, expectOrdered, freshId, Recorder, rest } from './scene.ts';

const CONFIG = fileURLToPath(new URL('./project/feedback.config.ts', import.meta.url));
const JUDGEMENT = '{"score": 0.25, "label": "vague", "comment": "It only repeats."}';

let model: ScriptedModel;
let stack: Stack;
let url: string;

beforeAll(async () => {
  model = await startScriptedModel({ answer: JUDGEMENT });
  const key = `k1=${randomBytes(32).toString('base64url')}`;
  const env = { CONVOKE_CONFIG: CONFIG, JUDGE_URL: model.url };
  stack = await startStack({ env, gatewayEnv: { CONVOKE_TOKEN_KEYS: key } });
  url = stack.urls[0]!;
}, 60_000);

afterAll(async () => {
  await stack.stop();
  await model.stop();
});

async function tokenOf(subject: string, sessions: readonly string[], role = 'participant'): Promise<string> {
  const body = { subject, role, sessions };
  return (await rest<{ token: string }>(url, 'POST', '/v1/tokens', { body })).body.token;
}

type Given = Extract<SessionEvent, { type: 'feedback.given' }>;
const given = (events: readonly SessionEvent[]): readonly Given[] =>
  events.filter((event): event is Given => event.type === 'feedback.given');

/** Who has said something, with what; null: withheld. */
const told = (events: readonly SessionEvent[]): readonly (readonly unknown[] | null)[] =>
  given(events).map(({ data }) => ('withheld' in data ? null : [data.by, data.score ?? data.thumb]));

/** A session with a turn that has ended, followed by Ada. */
async function answered(): Promise<{ readonly id: string; readonly ada: Recorder; readonly token: string }> {
  const id = freshId();
  const { status } = await rest(url, 'POST', '/v1/sessions', { body: { id, agents: ['echo'] } });
  expect(status).toBe(201);
  const token = await tokenOf('Ada', [id]);
  const ada = new Recorder(url, id, token);
  await ada.session.ready();
  await ada.session.send('Hello');
  await ada.turnsEnded(1, 30_000);
  return { id, ada, token };
}

test('people, keys and scorers say what they think of a turn; each is told what is theirs to know', async () => {
  const { id, ada, token } = await answered();
  const path = `/v1/sessions/${id}/feedback`;
  const feedback = feedbackOf(ada.session);
  const byAda = { session: id, turn: 't1', by: 'Ada', status: 'accepted' };
  expect(await feedback.give({ turn: 't1', thumb: 'up', from: 'Mallory' })).toEqual(byAda);
  expect(await feedback.give({ turn: 't1', thumb: 'down', comment: 'On second thoughts.' })).toEqual(byAda);
  const keyed = { body: { turn: 't1', step: 't1.1', score: 0.5, feedbackId: 'f1' } };
  expect((await rest(url, 'POST', path, keyed)).body).toMatchObject({ by: 'application' });
  expect((await rest(url, 'POST', path, keyed)).status).toBe(202);

  // Scorers run after the turn, each once, and nobody waits for them.
  const events = async (): Promise<readonly SessionEvent[]> => allEvents(url, id);
  await eventually('the scorers have said it', async () => told(await events()).length >= 5);
  const all = told(await events());
  expect(all.slice().sort()).toEqual([
    ['Ada', 'down'],
    ['Ada', 'up'],
    ['application', 0.5],
    ['scorer:brief', 1],
    ['scorer:helpful', 0.25],
  ]);
  const { body: asked } = model.requests[0]!;
  expect(JSON.stringify(asked)).toContain('RUBRIC: does the answer help?');
  expect(JSON.stringify(asked)).toContain('echo: I heard: Hello');

  // What the judge says is private: Ada is told that there is something.
  await ada.until('all of it has come', ({ position }) => position.seq >= given(ada.events).at(-1)!.seq);
  await eventually('Ada has heard them all', () => told(ada.events).length === 5);
  expect(told(ada.events)).toContain(null);
  expect(told(ada.events)).not.toContainEqual(['scorer:helpful', 0.25]);
  expectOrdered(ada);
  const { body: view } = await rest<SessionView>(url, 'GET', `/v1/sessions/${id}`, { key: token });
  expect(view.feedback).toEqual(ada.view.feedback);
  expect(
    feedback
      .of('t1')
      .map(({ by, thumb, score, step }) => [by, thumb ?? score, step])
      .sort(),
  ).toEqual([
    ['Ada', 'down', undefined],
    ['application', 0.5, 't1.1'],
    ['scorer:brief', 1, undefined],
  ]);
  await feedback.retract({ turn: 't1' });
  await ada.until('it is taken back', () => !feedback.of('t1').some(({ by }) => by === 'Ada'));

  // One that fails does so in its own workflow; the session goes on.
  await ada.session.send('Again');
  await ada.turnsEnded(2, 30_000);
  const markdown = await (
    await fetch(`${url}/v1/sessions/${id}/export?format=md`, { headers: { Authorization: 'Bearer dev' } })
  ).text();
  expect(markdown).toContain('I heard: Hello');
  expect(markdown).toContain(
    '> **Feedback by scorer:helpful on turn 1:** score 0.25, vague\n> It only repeats.',
  );
  expect(markdown).toMatch(/\n<!-- end: \d+ events -->\n$/);
  ada.close();
}, 60_000);

test('feedback on what is not there, or not theirs, is refused as unknown', async () => {
  const { id, ada, token } = await answered();
  const give = async (body: object, key = token, session = id): Promise<unknown> => {
    const reply = await rest(url, 'POST', `/v1/sessions/${session}/feedback`, { body, key });
    return [reply.status, reply.body.code];
  };
  expect(await give({ turn: 't2', thumb: 'up' })).toEqual([404, 'turn_not_found']);
  expect(await give({ turn: 't1', step: 't1.9', thumb: 'up' })).toEqual([404, 'step_not_found']);
  expect(await give({ turn: 't1', thumb: 'up' }, token, 'other')).toEqual([404, 'session_not_found']);
  expect(await give({ turn: 't1', thumb: 'up' }, 'dev', 'other')).toEqual([404, 'session_not_found']);
  const observer = await tokenOf('Ola', [id], 'observer');
  expect(await give({ turn: 't1', thumb: 'up' }, observer)).toEqual([403, 'forbidden']);
  expect(await give({ turn: 't1', thumb: 'up', from: 'echo' }, 'dev')).toEqual([422, 'invalid_request']);
  for (const bad of [
    { turn: 't1' },
    { turn: 't1', score: 1.1 },
    { turn: 't1', thumb: 'up', retracted: true },
    { turn: 't1', step: 't2.1', thumb: 'up' },
    { turn: 't1', comment: 'x'.repeat(1_001) },
  ])
    expect(await give(bad)).toEqual([422, 'invalid_request']);
  expect(told(ada.events).filter((each) => each !== null && !String(each[0]).startsWith('scorer:'))).toEqual(
    [],
  );
  ada.close();
}, 60_000);

test('a scorer that fails is reported by its workflow, with nothing of what it has thrown', async () => {
  const { id, ada } = await answered();
  const connection = await Connection.connect({ address: stack.temporal.address });
  const client = new Client({ connection });
  const scoring = client.workflow.getHandle(scoringId({ tenant: 'dev', session: id }, 't1'));
  const failure = await scoring.result().then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ cause: { cause: { type: 'agent_failed' } } });
  const history = JSON.stringify(await scoring.fetchHistory());
  expect(history).not.toContain('a secret of the deployment');
  await connection.close();
  ada.close();
}, 60_000);
