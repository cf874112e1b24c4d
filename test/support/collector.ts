/** A real OpenTelemetry Collector (`node scripts/collector.mjs` builds it) on a free port, and what it has taken in. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { cacheFolder, isProgram } from '../../src/cli/setup/programs.ts';
import { freePort } from './ports.ts';
import { eventually, startProcess } from './process.ts';

const PROGRAM = join(cacheFolder(), 'otelcol-0.165.0');

type Value = string | number | boolean | readonly Value[];
type Attributes = Readonly<Record<string, Value>>;

export interface ReceivedSpan {
  readonly service: string;
  readonly trace: string;
  readonly id: string;
  /** Empty: it has none. */
  readonly parent: string;
  readonly name: string;
  readonly kind: string;
  /** ms since the Unix epoch. */
  readonly from: number;
  readonly until: number;
  readonly error: string | undefined;
  readonly attributes: Attributes;
  readonly events: readonly string[];
}

export interface ReceivedMetric {
  /** Of the process: `service.name`, `service.instance.id`, … */
  readonly resource: Attributes;
  readonly name: string;
  readonly unit: string;
  readonly kind: 'gauge' | 'sum' | 'histogram';
}

export interface TestCollector {
  /** As `OTEL_EXPORTER_OTLP_ENDPOINT` takes it. */
  readonly url: string;
  /** Those that it has accepted, in the order in which they came; it answers when they are here. */
  readonly spans: readonly ReceivedSpan[];
  readonly metrics: readonly ReceivedMetric[];
  stop(): Promise<void>;
}

/** OTLP as JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding), as far as the tests look at it. */
interface WireValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly WireValue[] };
}
type WireAttributes = readonly { readonly key: string; readonly value: WireValue }[];
interface WireResource {
  readonly resource: { readonly attributes?: WireAttributes };
}
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: WireAttributes;
  readonly events?: readonly { readonly name: string }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}
interface WireMetric {
  readonly name: string;
  readonly unit?: string;
  readonly gauge?: object;
  readonly sum?: object;
  readonly histogram?: object;
}
interface Wire {
  readonly resourceSpans?: readonly (WireResource & {
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  })[];
  readonly resourceMetrics?: readonly (WireResource & {
    readonly scopeMetrics: readonly { readonly metrics: readonly WireMetric[] }[];
  })[];
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const ERROR = 2;

function valueOf(value: WireValue): Value {
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(valueOf);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? '';
}

const attributesOf = (pairs: WireAttributes = []): Attributes =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]));

const milliseconds = (nanoseconds: string): number => Number(BigInt(nanoseconds) / 1_000_000n);

function spansIn({ resourceSpans = [] }: Wire): readonly ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service: String(attributesOf(resource.attributes)['service.name']),
        ...{ trace: span.traceId, id: span.spanId, parent: span.parentSpanId ?? '' },
        ...{ name: span.name, kind: KINDS[span.kind] ?? '' },
        from: milliseconds(span.startTimeUnixNano),
        until: milliseconds(span.endTimeUnixNano),
        error: span.status?.code === ERROR ? span.status.message : undefined,
        attributes: attributesOf(span.attributes),
        events: (span.events ?? []).map(({ name }) => name),
      })),
    ),
  );
}

function metricsIn({ resourceMetrics = [] }: Wire): readonly ReceivedMetric[] {
  return resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics.map((metric) => ({
        resource: attributesOf(resource.attributes),
        ...{ name: metric.name, unit: metric.unit ?? '' },
        kind: metric.gauge ? 'gauge' : metric.sum ? 'sum' : 'histogram',
      })),
    ),
  );
}

/** What it runs with: it passes on at once what it has accepted, and answers when that has arrived. */
function settings(port: number, sink: string): string {
  const exporter = { encoding: 'json', compression: 'none', sending_queue: { enabled: false } };
  const pipeline = { receivers: ['otlp'], exporters: ['otlp_http'] };
  return JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { otlp_http: { ...exporter, endpoint: sink } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: pipeline, metrics: pipeline },
    },
  });
}

export async function startCollector(): Promise<TestCollector> {
  if (!isProgram(PROGRAM)) throw new Error('There is no collector: node scripts/collector.mjs');
  const spans: ReceivedSpan[] = [];
  const metrics: ReceivedMetric[] = [];
  const sink = createServer((req, res) => {
    void json(req).then((body) => {
      spans.push(...spansIn(body as Wire));
      metrics.push(...metricsIn(body as Wire));
      res.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = settings(port, `http://127.0.0.1:${(sink.address() as AddressInfo).port}`);
  const program = startProcess(PROGRAM, ['--config', `yaml:${config}`]);
  const headers = { 'Content-Type': 'application/json' };
  const isThere = async (): Promise<boolean> =>
    (await fetch(`${url}/v1/traces`, { method: 'POST', headers, body: '{}' })).ok;
  await eventually('the collector takes spans', isThere).catch((error: unknown) => {
    throw new Error(program.output(), { cause: error });
  });
  return {
    ...{ url, spans, metrics },
    async stop() {
      await program.end('SIGTERM');
      sink.closeAllConnections();
      await new Promise((resolve) => sink.close(resolve));
    },
  };
}
