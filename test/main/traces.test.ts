/** What is recorded, by the variables of OpenTelemetry; nothing by default, and then nothing of OpenTelemetry is loaded. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { LIMITS, parseTraceparent } from '../../src/contracts/index.ts';
import { WayIn } from '../../src/ingest/index.ts';
import { Opened } from '../../src/main/opened.ts';
import { tracesConfigOf } from '../../src/main/traces-config.ts';
import { openSpans } from '../../src/main/traces.ts';
import { NO_SPANS, traceIdOf, type Span } from '../../src/telemetry/index.ts';
import { startCollector } from '../support/collector.ts';
import { counting } from '../support/counted.ts';
import { eventually } from '../support/process.ts';

const BASE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
const REF = { tenant: 'dev', session: 's' };

test.each([
  [{}, undefined],
  [{ ...BASE, OTEL_TRACES_EXPORTER: 'none' }, undefined],
  [BASE, { url: 'http://collector:4318/v1/traces', share: 1, withContent: false }],
  [{ ...BASE, CONVOKE_TRACE_CONTENT: '1' }, { withContent: true }],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://t/x' }, { url: 'https://t/x' }],
  [
    { ...BASE, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
    { share: 0.1 },
  ],
  [{ ...BASE, OTEL_TRACES_SAMPLER: 'always_off' }, { share: 0 }],
])('%j', (env, traces) => {
  if (traces) expect(tracesConfigOf(env).traces).toMatchObject(traces);
  else expect(tracesConfigOf(env)).toEqual({});
});

test.each([
  [{ ...BASE, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL'],
  [{ ...BASE, OTEL_TRACES_SAMPLER: 'jaeger_remote' }, 'OTEL_TRACES_SAMPLER'],
  [{ ...BASE, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, 'OTEL_TRACES_SAMPLER_ARG'],
])('a mistake is told with the name of the variable: %j', (env, name) => {
  expect(() => tracesConfigOf(env)).toThrow(name);
});

test.each([
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', true],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00', false],
  ['01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03-more', true],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more', null],
  ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', null],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', null],
  ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', null],
  ['00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01', null],
  ['x', null],
])('traceparent %s', (text, isSampled) => {
  expect(parseTraceparent(text)?.isSampled ?? null).toBe(isSampled);
});

test('whose trace a message belongs to', () => {
  const spans = { withContent: false, samples: () => true, add: () => undefined };
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const given = `00-${trace}-00f067aa0ba902b7`;
  const own = { trace: traceIdOf('dev', 's', 'm') };
  for (const wayIn of [new WayIn(spans), new WayIn()])
    expect(wayIn.traced(REF, 'm', `${given}-01`)).toEqual({ trace, parent: '00f067aa0ba902b7' });
  expect(new WayIn(spans).traced(REF, 'm', `${given}-00`)).toBeUndefined();
  expect(new WayIn(spans).traced(REF, 'm', undefined)).toEqual(own);
  expect(new WayIn(spans).traced(REF, 'm', 'malformed')).toEqual(own);
  expect(new WayIn({ ...spans, samples: () => false }).traced(REF, 'm', undefined)).toBeUndefined();
  expect(new WayIn().traced(REF, 'm', undefined)).toBeUndefined();
});

test('the share of messages that is recorded, and a collector that is away', async () => {
  const told: string[] = [];
  const opened = new Opened();
  const collector = await startCollector();
  const telling = {
    role: 'worker',
    opened,
    logger: { info: () => undefined, warn: (_: object, text: string) => void told.push(text) },
  } as const;
  const config = { share: 0.25, withContent: false };
  const spans = await openSpans({ ...config, url: `${collector.url}/v1/traces` }, telling);
  const traces = Array.from({ length: 2_000 }, (_, index) => traceIdOf('dev', 's', `m${index}`));
  const share = traces.filter((trace) => spans.samples(trace)).length / traces.length;
  expect(Math.abs(share - 0.25)).toBeLessThan(0.05);
  const span: Span = {
    trace: traces[0]!,
    id: '00f067aa0ba902b7',
    name: 'x',
    from: 1_000,
    until: 900,
    attributes: { a: 1, b: undefined },
  };
  spans.add(span);
  const away = await openSpans({ ...config, url: 'http://127.0.0.1:9/v1/traces' }, telling);
  for (let index = 0; index < 5_000; index += 1) away.add(span);
  await opened.close();
  await eventually('it came', () => collector.spans.length === 1);
  expect(collector.spans[0]).toMatchObject({
    service: 'convoke-worker',
    from: 1_000,
    until: 1_000,
    attributes: { a: 1 },
  });
  expect(collector.spans[0]?.attributes).not.toHaveProperty('b');
  await collector.stop();
  // Whoever reads the log hears of the other one once.
  expect(told.filter((text) => text === 'Spans could not be sent').length).toBeLessThanOrEqual(1);
});

test('spans that are not sent are counted: too many wait, or the collector refuses them', async () => {
  const counted = counting();
  const opened = new Opened();
  const collector = await startCollector();
  const told: string[] = [];
  const logger = { info: () => undefined, warn: (_: object, text: string) => void told.push(text) };
  const telling = { role: 'worker', opened, logger, metrics: counted.metrics } as const;
  const config = { share: 1, withContent: false };
  const span: Span = {
    ...{ trace: traceIdOf('dev', 's', 'm'), id: '00f067aa0ba902b7', name: 'x' },
    ...{ from: 1, until: 2, attributes: {} },
  };
  const dropped = (reason: string) => counted.value('convoke_spans_dropped_total', { reason });
  const refused = await openSpans({ ...config, url: `${collector.url}/elsewhere` }, telling);
  for (let index = 0; index < LIMITS.spansSent; index += 1) refused.add(span);
  await eventually('they are counted', async () => (await dropped('failed')) === LIMITS.spansSent);
  expect(told).toEqual(['Spans could not be sent']);
  const full = await openSpans({ ...config, url: `${collector.url}/v1/traces` }, telling);
  const more = 100;
  // One batch is on its way.
  const room = LIMITS.spansSent + LIMITS.spansWaiting;
  for (let index = 0; index < room + more; index += 1) full.add(span);
  expect(await dropped('full')).toBe(more);
  await opened.close();
  expect(collector.spans).toHaveLength(room);
  await collector.stop();
  counted.metrics.close();
});

test('nothing is recorded and nothing of OpenTelemetry is loaded where nobody asks', async () => {
  expect(
    await openSpans(undefined, {
      role: 'worker',
      logger: { info: () => undefined, warn: () => undefined },
      opened: new Opened(),
    }),
  ).toBe(NO_SPANS);
  const main = fileURLToPath(new URL('../../src/main/telemetry.ts', import.meta.url));
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = new Set();
    registerHooks({ resolve: (name, context, next) => { if (name.includes('@opentelemetry')) loaded.add(name); return next(name, context); } });
    const { openTelemetry } = await import(${JSON.stringify(main)});
    const { Opened } = await import(${JSON.stringify(main.replace('telemetry.ts', 'opened.ts'))});
    const telling = { role: 'worker', logger: { info() {}, warn() {} }, opened: new Opened() };
    await openTelemetry({}, telling);
    const before = loaded.size;
    await openTelemetry({ traces: { url: 'http://127.0.0.1:9/v1/traces', share: 1, withContent: false } }, telling);
    console.log(before, loaded.size > 0);`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--no-warnings',
    '-e',
    program,
  ]);
  expect(stdout.trim()).toBe('0 true');
});
