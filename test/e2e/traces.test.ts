/** One message is one trace, from its sender's span to the provider, the tools and whoever is told; and one line in a log for each decision about it. */
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startScriptedModel } from '../../examples/scripted-model/server.ts';
import type { ScriptedModel } from '../../examples/scripted-model/server.ts';
import type { AgentSpec } from '../../src/contracts/index.ts';
import { startCollector, type ReceivedSpan, type TestCollector } from '../support/collector.ts';
import { eventually } from '../support/process.ts';
import { startStack, type Role, type Stack } from '../support/stack.ts';
import { allEvents, openSession, Recorder, rest, speaker } from './scene.ts';

const WORKER = fileURLToPath(new URL('tools-worker.ts', import.meta.url));
const FILE = join(tmpdir(), `traces-${process.pid}.txt`);

const SENDER = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };
const TRACEPARENT = `00-${SENDER.trace}-${SENDER.span}-01`;
const OPERATOR = 'an-operator-key-for-this-test';
const SECRET = 'the-password-is-swordfish';

let stack: Stack;
let model: ScriptedModel;
let collector: TestCollector;

beforeAll(async () => {
  [collector, model] = await Promise.all([startCollector(), startScriptedModel({ answer: `No: ${SECRET}` })]);
  const on = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_METRICS_EXPORTER: 'none',
    CONVOKE_OPERATOR_KEY: OPERATOR,
  };
  stack = await startStack({
    ...{ workerFile: WORKER, gateways: 2, workers: 1, gatewayEnv: on, workerEnv: [on] },
    env: {
      TEST_CALLS: FILE,
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: 'sk-test',
      CONVOKE_MODEL: 'scripted-model',
    },
  });
}, 120_000);

afterAll(async () => {
  await stack.stop();
  await Promise.all([model.stop(), collector.stop(), rm(FILE, { force: true })]);
});

const named = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan[] =>
  spans.filter((span) => span.name === name);

async function traceOf(trace: string, most: string, count = 1): Promise<readonly ReceivedSpan[]> {
  const spans = (): ReceivedSpan[] => collector.spans.filter((span) => span.trace === trace);
  await eventually(`${count} × ${most} came`, () => named(spans(), most).length >= count, 15_000);
  return spans();
}

/** What a process has logged, with that in each line. */
function linesOf(role: Role, session: string): readonly Record<string, unknown>[] {
  const lines = role
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['session'] === session);
}

test('from the span of the sender to the provider, a tool, and two gateways that deliver', async () => {
  const writer: AgentSpec = { name: 'writer', runner: 'model', tools: [] };
  const caller: AgentSpec = {
    name: 'caller',
    runner: 'scripted',
    script: { calls: [[{ tool: 'look' }]], say: 'Done.' },
  };
  const id = await openSession(stack.urls[0]!, [caller, writer]);
  const seen = stack.urls.map((url) => new Recorder(url, id));
  await Promise.all(seen.map(({ session }) => session.ready()));
  const sent = { messageId: 'm1', text: `Is it ${SECRET}?` };
  const path = `/v1/sessions/${id}/messages`;
  const headers = { traceparent: TRACEPARENT };
  expect((await rest(stack.urls[0]!, 'POST', path, { body: sent, headers })).status).toBe(202);
  await Promise.all(seen.map((each) => each.turnsEnded(1)));
  for (const each of seen) each.close();
  const spans = await traceOf(SENDER.trace, 'deliver turn.completed', 2);
  await traceOf(SENDER.trace, 'invoke_workflow sequence');
  const all = collector.spans.filter(({ trace }) => trace === SENDER.trace);

  const [send] = named(all, 'send message');
  expect(send).toMatchObject({
    service: 'convoke-gateway',
    kind: 'SERVER',
    parent: SENDER.span,
    error: undefined,
  });
  const [orchestrate] = named(all, 'orchestrate');
  const [turn] = named(all, 'invoke_workflow sequence');
  for (const each of [orchestrate, turn, ...named(spans, 'deliver turn.completed')])
    expect(each?.parent).toBe(send?.id);
  const [asked] = named(all, 'invoke_agent writer');
  const [tool] = named(all, 'execute_tool look');
  for (const each of [asked, tool])
    expect(each).toMatchObject({ service: 'convoke-worker', parent: turn?.id });
  expect(tool?.attributes).toMatchObject({
    ...{ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'look', 'gen_ai.agent.name': 'caller' },
    ...{ 'gen_ai.conversation.id': id, 'convoke.tenant': 'dev', 'convoke.turn': 't1' },
  });
  const [chat] = named(all, 'chat');
  expect(chat).toMatchObject({ kind: 'CLIENT', parent: asked?.id, events: ['first token'] });
  expect(chat?.attributes).toMatchObject({
    ...{
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'model',
      'gen_ai.response.finish_reasons': ['stop'],
    },
    'gen_ai.usage.output_tokens': expect.any(Number),
    'gen_ai.response.time_to_first_chunk': expect.any(Number),
  });
  // The provider may go on with it.
  expect(model.requests.at(-1)?.headers['traceparent']).toBe(`00-${SENDER.trace}-${chat?.id}-01`);
  // Every span is below another one of the trace, or below the sender's.
  const ids = new Set([SENDER.span, ...all.map((span) => span.id)]);
  expect(all.filter(({ parent }) => !ids.has(parent))).toEqual([]);

  const events = await allEvents(stack.urls[1]!, id);
  const caused = events.filter(({ cause }) => cause !== undefined);
  expect(caused.length).toBeGreaterThan(5);
  expect(caused.filter(({ trace }) => trace !== SENDER.trace)).toEqual([]);
  // Nobody has asked for what was said.
  expect(JSON.stringify(collector.spans)).not.toContain(SECRET);
  const said = [...stack.gateways, ...stack.workers].map((role) => role.output()).join('');
  expect(said).not.toContain('Spans could not be sent');
}, 60_000);

test('a message without a trace gets one, which goes on at the worker that takes over', async () => {
  const id = await openSession(stack.urls[0]!, [speaker('writer', 12)]);
  const seen = new Recorder(stack.urls, id);
  await seen.session.ready();
  await seen.session.send({ messageId: 'm1', text: SECRET });
  await seen.streaming();
  await stack.workers[0]!.end('SIGKILL');
  await stack.workers[0]!.start();
  await seen.turnsEnded(1);
  seen.close();
  const [event] = seen.events.filter(({ type }) => type === 'turn.completed');
  const trace = event?.trace ?? '';
  const spans = await traceOf(trace, 'deliver turn.completed');
  expect(named(spans, 'send message')[0]?.parent).toBe('');
  await traceOf(trace, 'invoke_agent writer');
  const [attempt] = named(await traceOf(trace, 'attempt of scripted agent'), 'attempt of scripted agent');
  expect(attempt?.attributes).toMatchObject({ 'convoke.attempt': 2 });
}, 60_000);

test('a line for each decision, once an operator asks for them, and none for a token; without what was said', async () => {
  const body = { level: 'debug', minutes: 1 };
  const reply = await rest<{ level: string }>(stack.urls[0]!, 'POST', '/v1/admin/log-level', {
    body,
    key: OPERATOR,
  });
  expect([reply.status, reply.body.level]).toEqual([200, 'debug']);
  expect((await rest(stack.urls[0]!, 'POST', '/v1/admin/log-level', { body })).status).toBe(403);
  const processes = [...stack.gateways, ...stack.workers];
  await eventually('all of them follow', () =>
    processes.every((role) => role.output().includes('The log level changes')),
  );
  const told = await Promise.all(
    [4, 40].map(async (tokens) => {
      const script = { tokens, paceMs: 10 };
      const id = await openSession(stack.urls[0]!, [{ name: 'writer', runner: 'scripted', script }]);
      const seen = new Recorder(stack.urls[0]!, id);
      await seen.session.ready();
      await seen.session.send({ messageId: 'm1', text: SECRET });
      await seen.turnsEnded(1);
      seen.close();
      const lines = (): readonly Record<string, unknown>[] => processes.flatMap((role) => linesOf(role, id));
      await eventually('the run is over', () => lines().some(({ msg }) => msg === 'Turn stops running'));
      const [event] = seen.events.filter(({ type }) => type === 'turn.completed');
      return { lines: lines(), trace: event?.trace };
    }),
  );
  const [few, many] = told;
  expect(many!.lines.map(({ msg }) => msg).sort()).toEqual(few!.lines.map(({ msg }) => msg).sort());
  for (const { lines, trace } of told) {
    const of = (msg: string) => lines.find((line) => line['msg'] === msg);
    expect(of('Message accepted')).toMatchObject({ level: 'debug', tenant: 'dev', message: 'm1', trace });
    expect(of('Step ended')).toMatchObject({
      turn: 't1',
      step: 't1.1',
      outcome: 'completed',
      attempt: 1,
      trace,
    });
    expect(of('Turn stops running')).toMatchObject({ turn: 't1', status: 'done', trace });
    expect(of('Subscribed')).toMatchObject({ tenant: 'dev', connection: expect.any(String), how: 'new' });
  }
  const said = processes.map((role) => role.output()).join('');
  expect(said).not.toContain(SECRET);
  expect(said).not.toContain('sk-test');
}, 60_000);
