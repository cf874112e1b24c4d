/**
 * A receiver of traces over OTLP (HTTP, protobuf). It is no collector: it decodes what comes by the messages of opentelemetry-proto 1.9 with
 * protobufjs, and keeps it. What does not decode is answered with 400, as a collector does.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';

/** The messages of `opentelemetry/proto/trace/v1/trace.proto` and what they are made of, as far as traces need them. */
const PROTO = `
syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message InstrumentationScope { string name = 1; string version = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; SpanKind kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10;
  repeated Event events = 11; uint32 dropped_events_count = 12; repeated Link links = 13; uint32 dropped_links_count = 14;
  Status status = 15; fixed32 flags = 16;
  enum SpanKind { UNSPECIFIED = 0; INTERNAL = 1; SERVER = 2; CLIENT = 3; PRODUCER = 4; CONSUMER = 5; }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
  message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; }
}
message Status { string message = 2; Code code = 3; enum Code { UNSET = 0; OK = 1; ERROR = 2; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; } }
message ArrayValue { repeated AnyValue values = 1; }
`;

type Value = string | number | boolean | readonly Value[];

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
  readonly attributes: Readonly<Record<string, Value>>;
  readonly events: readonly string[];
}

interface AnyValue {
  readonly [kind: string]: unknown;
}
interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}
interface WireSpan {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly name: string;
  readonly kind: string;
  readonly start_time_unix_nano: string;
  readonly end_time_unix_nano: string;
  readonly attributes?: readonly KeyValue[];
  readonly events?: readonly { readonly name: string }[];
  readonly status?: { readonly code?: string; readonly message?: string };
}
interface WireRequest {
  readonly resource_spans?: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scope_spans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

const Request = protobuf.parse(PROTO, { keepCase: true }).root.lookupType('ExportTraceServiceRequest');

const hex = (base64 = ''): string => Buffer.from(base64, 'base64').toString('hex');

function valueOf(value: AnyValue): Value {
  const [kind, held] = Object.entries(value)[0]!;
  if (kind === 'int_value') return Number(held);
  if (kind === 'array_value') return ((held as { values?: AnyValue[] }).values ?? []).map(valueOf);
  return held as Value;
}

function attributesOf(pairs: readonly KeyValue[] = []): ReceivedSpan['attributes'] {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]));
}

function spansIn(body: Buffer): readonly ReceivedSpan[] {
  const decoded = Request.toObject(Request.decode(body), { bytes: String, longs: String, enums: String });
  return ((decoded as WireRequest).resource_spans ?? []).flatMap(({ resource, scope_spans: scopes }) =>
    scopes.flatMap(({ spans }) =>
      spans.map((span) => ({
        service: String(attributesOf(resource.attributes)['service.name']),
        ...{ trace: hex(span.trace_id), id: hex(span.span_id), parent: hex(span.parent_span_id) },
        ...{ name: span.name, kind: span.kind },
        from: Number(BigInt(span.start_time_unix_nano) / 1_000_000n),
        until: Number(BigInt(span.end_time_unix_nano) / 1_000_000n),
        error: span.status?.code === 'ERROR' ? span.status.message : undefined,
        attributes: attributesOf(span.attributes),
        events: (span.events ?? []).map(({ name }) => name),
      })),
    ),
  );
}

export interface OtlpReceiver {
  readonly url: string;
  /** Those that have come. */
  readonly spans: ReceivedSpan[];
  /** What did not decode, and what was posted elsewhere. */
  readonly refused: string[];
  stop(): Promise<void>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const refused: string[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      try {
        if (req.url !== '/v1/traces') throw new Error(`${req.url} is not for traces`);
        if (req.headers['content-type'] !== 'application/x-protobuf') throw new Error('no protobuf');
        spans.push(...spansIn(Buffer.concat(chunks)));
        res.writeHead(200, { 'Content-Type': 'application/x-protobuf' }).end();
      } catch (error) {
        refused.push(String(error));
        res.writeHead(400).end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ spans, refused },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
