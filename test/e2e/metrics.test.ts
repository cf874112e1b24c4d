/** Each process tells what it does: to Prometheus at a port of its own, to a collector over OTLP, and nobody at the public port. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startScriptedModel } from '../../examples/scripted-model/server.ts';
import type { ScriptedModel } from '../../examples/scripted-model/server.ts';
import type { AgentSpec } from '../../src/contracts/index.ts';
import { METRICS } from '../../src/telemetry/index.ts';
import { startCollector, type ReceivedMetric, type TestCollector } from '../support/collector.ts';
import { freePort } from '../support/ports.ts';
import { eventually } from '../support/process.ts';
import { familyOf, samplesOf, valueIn, type Sample } from '../support/prometheus.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { openSession, Recorder, rest } from './scene.ts';

const MODEL: AgentSpec = { name: 'writer', runner: 'model' };

let stack: Stack;
let model: ScriptedModel;
let collector: TestCollector;
let ports: { readonly gateway: number; readonly worker: number };

beforeAll(async () => {
  collector = await startCollector();
  const otlp = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
  };
  ports = { gateway: await freePort(), worker: await freePort() };
  model = await startScriptedModel({ answer: 'You said: {{message}}' });
  stack = await startStack({
    ...{ gateways: 1, workers: 2 },
    env: { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sk-test', CONVOKE_MODEL: 'scripted-model' },
    gatewayEnv: { CONVOKE_METRICS_PORT: String(ports.gateway), ...otlp },
    workerEnv: [{ CONVOKE_METRICS_PORT: String(ports.worker) }, otlp],
  });
}, 90_000);

afterAll(async () => {
  await stack.stop();
  await model.stop();
  await collector.stop();
});

async function scraped(port: number): Promise<readonly Sample[]> {
  const reply = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect([reply.status, reply.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  return samplesOf(await reply.text());
}

/** One turn in a session of its own, seen to its end. */
async function turn(): Promise<string> {
  const [url] = stack.urls;
  const id = await openSession(url!, [MODEL]);
  const recorder = new Recorder(url!, id);
  await recorder.session.ready();
  await rest(url!, 'POST', `/v1/sessions/${id}/messages`, { body: { messageId: 'm1', text: 'Hello' } });
  await recorder.turnsEnded(1);
  recorder.close();
  return id;
}

test('a turn is told by each stage that it passes, with what its agent has said', async () => {
  let worker: readonly Sample[] = [];
  // Either worker may get a session.
  await eventually('the worker that is scraped has run a turn', async () => {
    await turn();
    worker = await scraped(ports.worker);
    return (
      (valueIn(worker, 'convoke_stage_total', { stage: 'execute', tenant: 'dev', outcome: 'ok' }) ?? 0) > 0
    );
  });
  expect(
    valueIn(worker, 'convoke_stage_seconds_count', { stage: 'orchestrate', tenant: 'dev' }),
  ).toBeGreaterThan(0);
  expect(valueIn(worker, 'convoke_steps_total', { kind: 'agent', outcome: 'completed' })).toBeGreaterThan(0);
  expect(valueIn(worker, 'convoke_attempts_total', { kind: 'agent', cause: 'first' })).toBeGreaterThan(0);
  expect(valueIn(worker, 'convoke_first_token_seconds_count')).toBeGreaterThan(0);
  expect(valueIn(worker, 'convoke_tokens_total', { tenant: 'dev', direction: 'output' })).toBeGreaterThan(0);
  expect(valueIn(worker, 'convoke_turns_running')).toBe(0);
  expect(valueIn(worker, 'convoke_task_queue_backlog', { kind: 'workflow' })).toBeGreaterThanOrEqual(0);
  expect(valueIn(worker, 'convoke_up', { dependency: 'redis' })).toBe(1);
  // Of Temporal's native library, in the same answer.
  expect(valueIn(worker, 'temporal_workflow_task_schedule_to_start_latency_seconds_count')).toBeGreaterThan(
    0,
  );
  const gateway = await scraped(ports.gateway);
  const ingest = { stage: 'ingest', tenant: 'dev' };
  expect(valueIn(gateway, 'convoke_stage_total', { ...ingest, outcome: 'ok' })).toBeGreaterThan(0);
  expect(
    valueIn(gateway, 'convoke_stage_seconds_count', { stage: 'deliver', tenant: 'dev' }),
  ).toBeGreaterThan(0);
  expect(valueIn(gateway, 'convoke_sent_total', { kind: 'event' })).toBeGreaterThan(0);
  expect(valueIn(gateway, 'convoke_resumes_total', { kind: 'new' })).toBeGreaterThan(0);
  expect(valueIn(gateway, 'convoke_up', { dependency: 'temporal' })).toBe(1);
});

test('what is refused is told by its code and by its tenant, and no series names a session', async () => {
  const [url] = stack.urls;
  const id = await turn();
  const refused = await rest(url!, 'POST', `/v1/sessions/${id}/messages`, {
    body: { text: 'Without an id' },
  });
  expect(refused.status).toBe(422);
  const stranger = await rest(url!, 'GET', '/v1/sessions', { key: 'wrong' });
  expect(stranger.status).toBe(401);
  const gateway = await scraped(ports.gateway);
  const ingest = { stage: 'ingest', tenant: 'dev', outcome: 'refused' };
  expect(valueIn(gateway, 'convoke_stage_total', ingest)).toBe(1);
  const invalid = { operation: 'send', code: 'invalid_request' };
  expect(valueIn(gateway, 'convoke_errors_total', invalid)).toBe(1);
  const unknown = { operation: 'authenticate', code: 'unauthorized' };
  expect(valueIn(gateway, 'convoke_errors_total', unknown)).toBe(1);
  const messages = { method: 'post', route: '/v1/sessions/{id}/messages' };
  await eventually('the answer is counted', async () => {
    const samples = await scraped(ports.gateway);
    return valueIn(samples, 'convoke_http_seconds_count', { ...messages, status: '4xx' }) === 1;
  });
  const all = [...gateway, ...(await scraped(ports.worker))];
  expect(all.filter(({ labels }) => Object.values(labels).some((value) => value.includes(id)))).toEqual([]);
  // Nothing that the table does not have.
  const names = all.map(({ name }) => name).filter((name) => !/^(temporal_|target_info)/.test(name));
  const unlisted = names.filter((name) => !(name in METRICS) && !(familyOf(name) in METRICS));
  expect(unlisted).toEqual([]);
});

test('clients do not reach them', async () => {
  const reply = await fetch(`${stack.urls[0]}/metrics`);
  expect(reply.status).toBe(404);
});

test('the collector gets the same from each process, from the native library, too', async () => {
  const of = (name: string): ReceivedMetric[] => collector.metrics.filter((each) => each.name === name);
  await eventually('a gateway and a worker have pushed, each as itself', () => {
    const names = ['convoke_stage_total', 'convoke_turns_running', 'temporal_worker_task_slots_used'];
    const instances = of('convoke_up').map(({ resource }) => resource['service.instance.id']);
    return names.every((name) => of(name).length > 0) && new Set(instances).size === 2;
  });
  // Prometheus calls a gauge of the unit 1 a ratio.
  const ratios = collector.metrics.filter(({ kind, unit }) => kind === 'gauge' && unit === '1');
  expect(ratios).toEqual([]);
});
