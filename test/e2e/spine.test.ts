/** The spine: a message goes in by REST or socket, agents answer token by token, and everybody sees the same, on whichever gateway. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startScriptedModel } from '../../examples/scripted-model/server.ts';
import type { ScriptedModel } from '../../examples/scripted-model/server.ts';
import { formatPosition } from '../../src/contracts/index.ts';
import type {
  AgentSpec,
  Delta,
  Problem,
  Receipt,
  SessionEvent,
  SessionPage,
  SessionView,
} from '../../src/contracts/index.ts';
import { OTHER_KEY, startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { eventually } from '../support/process.ts';
import {
  allEvents,
  expectWhole,
  freshId,
  openSession,
  Recorder,
  rest,
  speaker,
  transcript,
  words,
} from './scene.ts';
import type { Answer } from './scene.ts';
import { openEventStream } from './sse.ts';

let stack: Stack;
let model: ScriptedModel;
let url: string;
const recorders: Recorder[] = [];

beforeAll(async () => {
  model = await startScriptedModel({ answer: 'You said: {{message}}' });
  const env = { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sk-test', CONVOKE_MODEL: 'scripted-model' };
  stack = await startStack({ gateways: 2, workers: 1, env });
  url = stack.urls[0]!;
}, 60_000);

afterEach(() => {
  for (const recorder of recorders.splice(0)) recorder.close();
});

afterAll(async () => {
  await stack.stop();
  await model.stop();
});

async function record(id: string, on = url): Promise<Recorder> {
  const recorder = new Recorder(on, id);
  recorders.push(recorder);
  await recorder.session.ready();
  return recorder;
}

function send(id: string, messageId: string, text = 'Hello'): Promise<Answer<Problem>> {
  return rest(url, 'POST', `/v1/sessions/${id}/messages`, { body: { messageId, text } });
}

describe('a session', () => {
  test('opened, asked and closed by REST alone', async () => {
    const id = await openSession(url, [speaker('writer', 5), speaker('critic', 3)]);
    const sent = await send(id, 'm1');
    expect(sent.status).toBe(202);
    expect(sent.body).toMatchObject({ session: id, messageId: 'm1', status: 'accepted' });
    const location = sent.headers.get('location') ?? '';
    await eventually('the turn is over', async () => {
      const { body } = await rest<Receipt>(url, 'GET', location);
      return body.turnStatus === 'completed';
    });
    const snapshot = await rest<SessionView>(url, 'GET', `/v1/sessions/${id}`);
    expect(snapshot.body.entries.map((entry) => (entry.kind === 'step' ? entry.text : null))).toEqual([
      null,
      words(5),
      words(3),
    ]);
    expect((await rest(url, 'DELETE', `/v1/sessions/${id}`)).status).toBe(204);
    await eventually('it is closed', async () => {
      const { body } = await rest<SessionView>(url, 'GET', `/v1/sessions/${id}`);
      return body.status === 'closed';
    });
    // Between its last event and the end of its workflow a message is still taken, and rejected by the session itself.
    await eventually('messages are refused', async () => {
      const { status, body } = await send(id, 'm2');
      return status === 409 && body.code === 'session_closed';
    });
    const events = await allEvents(url, id);
    expectWhole(events);
    expect(events.map((event) => event.type).filter((type) => type !== 'message.rejected')).toEqual([
      ...['session.created', 'message.accepted', 'turn.started'],
      ...['step.started', 'step.completed', 'step.started', 'step.completed', 'turn.completed'],
      'session.closed',
    ]);
  });

  test('is seen alike on every gateway, by those who came early and late', async () => {
    const id = await openSession(url, [speaker('writer', 30)]);
    const early = await record(id, stack.urls[0]);
    await early.session.send('Go.');
    await early.streaming(20);
    const late = await record(id, stack.urls[1]);
    expect(late.steps[0]?.text.length).toBeGreaterThan(0);
    await Promise.all([early.turnsEnded(1), late.turnsEnded(1)]);
    expect(late.view).toEqual(early.view);
    expect(early.steps[0]?.text).toBe(words(30));
    // A late joiner gets no replay of tokens.
    expect(late.deltas.length).toBeLessThan(early.deltas.length);
  });

  test('queues what comes during a turn, and answers it in order', async () => {
    const id = await openSession(url, [
      { name: 'echo', runner: 'scripted', script: { say: '{{message}}', paceMs: 200 } },
    ]);
    const seen = await record(id);
    for (const text of ['one', 'two', 'three']) await seen.session.send({ messageId: text, text });
    expect(await seen.session.receipt('three')).toMatchObject({ status: 'queued' });
    await seen.turnsEnded(3);
    expect(await transcript(url, id)).toEqual(['echo: one', 'echo: two', 'echo: three']);
    expectWhole(await allEvents(url, id));
  });

  test('a turn is cancelled while it runs, and another before it starts', async () => {
    const id = await openSession(url, [speaker('writer', 400)]);
    const seen = await record(id);
    await seen.session.send({ messageId: 'a', text: 'Go.' });
    await seen.session.send({ messageId: 'b', text: 'And then.' });
    await seen.streaming();
    expect(await seen.session.cancel('t2')).toEqual({ status: 'cancelling', turn: 't2' });
    expect(await seen.session.cancel()).toEqual({ status: 'cancelling', turn: 't1' });
    await seen.turnsEnded(2);
    expect(seen.view.turns.map((turn) => turn.status).sort()).toEqual(['cancelled', 'cancelled']);
    expect(await seen.session.receipt('b')).toMatchObject({ status: 'rejected', code: 'turn_cancelled' });
    const [step] = seen.steps;
    expect(step?.status).toBe('cancelled');
    expect(words(400).startsWith(step?.text ?? 'nothing')).toBe(true);
    expectWhole(await allEvents(url, id));
    await seen.session.send('Still there?');
    await seen.streaming();
  });

  test('quick agents answer inside the workflow task', async () => {
    const quick = { name: 'quick', runner: 'scripted', quick: true, script: { say: 'At once.' } } as const;
    const id = await openSession(url, [quick, { ...quick, name: 'quicker' }]);
    const seen = await record(id);
    await seen.session.send('Go.');
    await seen.turnsEnded(1);
    expect(await transcript(url, id)).toEqual(['quick: At once.', 'quicker: At once.']);
    expectWhole(await allEvents(url, id));
  });

  test('is listed with its tenant, status and team, and for nobody else', async () => {
    const id = await openSession(url, [speaker('writer', 1)]);
    const list = async (query: string, key = 'dev'): Promise<SessionPage['data']> =>
      (await rest<SessionPage>(url, 'GET', `/v1/sessions?limit=100${query}`, { key })).body.data;
    const ids = async (query: string, key = 'dev'): Promise<string[]> =>
      (await list(query, key)).map((each) => each.id);
    await eventually('it is listed', async () => (await ids('&status=open&team=sequence')).includes(id));
    expect(await ids('&status=closed')).not.toContain(id);
    const { createdAt } = (await list('')).find((each) => each.id === id)!;
    expect(await ids(`&createdAfter=${createdAt}`)).toContain(id);
    expect(await ids(`&createdAfter=${createdAt + 1}`)).not.toContain(id);
    expect(await ids('', OTHER_KEY)).toEqual([]);
    for (const path of ['', '/events', '/stream', '/messages/m1']) {
      const { status, body } = await rest(url, 'GET', `/v1/sessions/${id}${path}`, { key: OTHER_KEY });
      expect([path, status, body.code]).toEqual([path, 404, 'session_not_found']);
    }
  });
});

describe('server-sent events', () => {
  test('tell events with cursors and deltas, and resume after Last-Event-ID', async () => {
    const id = await openSession(url, [speaker('writer', 20)]);
    const first = await openEventStream(url, id);
    await send(id, 'm1');
    await first.until((frame) => frame.event === 'delta');
    const cursor = first.frames.findLast((frame) => frame.id !== undefined)?.id;
    first.close();
    const second = await openEventStream(stack.urls[1]!, id, cursor);
    await second.until((frame) => frame.event === 'turn.completed');
    second.close();
    const told = [...first.frames, ...second.frames].filter((frame) => frame.event.includes('.'));
    const events = told.map((frame) => frame.data as SessionEvent);
    const head = events[0]?.seq ?? 0;
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => head + index));
    expect(told.map((frame) => frame.id)).toEqual(events.map(formatPosition));
    // The open step came in one piece: its deltas join without a hole and without a repeat.
    let text = '';
    for (const { event, data } of second.frames) {
      if (event !== 'delta') continue;
      const delta = data as Delta;
      expect(delta.offset).toBe(text.length);
      text += delta.text;
    }
    expect(text).toBe(words(20));
  });
});

describe('agents', () => {
  test('a real OpenAI-compatible stream', async () => {
    const id = await openSession(url, [{ name: 'assistant', runner: 'model', instructions: 'Be brief.' }]);
    const seen = await record(id);
    await seen.session.send('Hello, model!');
    await seen.turnsEnded(1);
    expect(seen.steps[0]).toMatchObject({ status: 'completed', text: 'You said: Hello, model!' });
    expect(seen.steps[0]?.usage?.outputTokens).toBeGreaterThan(0);
  });

  const faulty = (
    kind: 'throw' | 'refuse' | 'hang' | 'flood' | 'empty',
    more: Partial<AgentSpec> = {},
  ): AgentSpec => ({
    name: kind,
    runner: 'scripted',
    maxAttempts: 2,
    script: { tokens: 5, faults: [{ kind, afterTokens: 2 }] },
    ...more,
  });
  test.each([
    ['agent_failed', faulty('throw')],
    ['agent_refused', faulty('refuse')],
    ['agent_stalled', faulty('hang', { idleMs: 300 })],
    ['agent_output_too_large', faulty('flood')],
    ['agent_empty', faulty('empty')],
    ['agent_timeout', speaker('slow', 1_000, { timeoutMs: 300, maxAttempts: 1 })],
  ])('that misbehave end with the reason: %s', async (code, agent) => {
    const id = await openSession(url, [agent, speaker('never', 1)]);
    const seen = await record(id);
    await seen.session.send('Go.');
    await seen.turnsEnded(1);
    expect(seen.view.turns[0]).toMatchObject({ status: 'failed', failure: { code } });
    expect(seen.steps.map((step) => [step.agent, step.status])).toEqual([[agent.name, 'failed']]);
    expectWhole(await allEvents(url, id));
  });

  test('that fail once and are tried again: the text of the first attempt is withdrawn', async () => {
    const agent: AgentSpec = {
      name: 'writer',
      runner: 'scripted',
      script: { tokens: 8, paceMs: 20, faults: [{ kind: 'throw', afterTokens: 4, attempt: 1 }] },
    };
    const id = await openSession(url, [agent]);
    const seen = await record(id);
    await seen.session.send('Go.');
    await seen.turnsEnded(1);
    expect(seen.steps[0]).toMatchObject({ attempt: 2, status: 'completed', text: words(8) });
    expect((await allEvents(url, id)).map((event) => event.type)).toContain('step.restarted');
  });
});

describe('bad input on the real engine', () => {
  test.each([
    ['GET /v1/sessions/nobody', undefined, '404 session_not_found'],
    ['POST /v1/sessions/nobody/messages', { messageId: 'm', text: 'x' }, '404 session_not_found'],
    ['POST /v1/sessions/nobody/cancel', {}, '404 session_not_found'],
    ['DELETE /v1/sessions/nobody', undefined, '404 session_not_found'],
    ['GET /v1/sessions/nobody/events', undefined, '404 session_not_found'],
    ['GET /v1/sessions/nobody/stream', undefined, '404 session_not_found'],
    ['POST /v1/sessions', { team: 'mob' }, '422 unknown_team'],
    ['GET /v1/sessions?cursor=bm9uc2Vuc2U', undefined, '422 invalid_cursor'],
  ])('%s', async (request, body, expected) => {
    const [method = '', path = ''] = request.split(' ');
    const answer = await rest(url, method, path, body === undefined ? {} : { body });
    expect(`${answer.status} ${answer.body.code}`).toBe(expected);
    expect(answer.body.detail.length).toBeGreaterThan(10);
    expect(JSON.stringify(answer.body)).not.toContain('    at ');
  });

  test('the same id, opened differently', async () => {
    const id = freshId();
    const agents = [speaker('writer', 1)];
    await openSession(url, agents, id);
    const again = await rest(url, 'POST', '/v1/sessions', { body: { id, agents } });
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    const other = await rest(url, 'POST', '/v1/sessions', { body: { id, agents: [speaker('x', 2)] } });
    expect([other.status, other.body.code]).toEqual([409, 'session_exists']);
  });

  test('cancelling nothing', async () => {
    const id = await openSession(url, [speaker('writer', 1)]);
    const answer = await rest(url, 'POST', `/v1/sessions/${id}/cancel`, { body: { turn: 't7' } });
    expect([answer.status, answer.body.code]).toEqual([404, 'turn_not_found']);
  });
});
