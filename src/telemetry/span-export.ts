/**
 * Sends spans over OTLP (HTTP, protobuf), in batches. The exporter itself reads the standard variables for headers and certificates. Spans are
 * made here, and not by the SDK's tracer: that gives each a random id and expects its parent in the same process.
 */
import {
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Attributes,
  type HrTime,
  type SpanContext,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Resource } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import { LIMITS } from '../contracts/index.ts';
import type { Span, Spans } from './spans.ts';

export interface Exporting {
  readonly url: string;
  /** The share of the messages without a trace of their own that gets one, 0 to 1. */
  readonly share: number;
  readonly withContent: boolean;
  /** Told each time that spans could not be sent. */
  readonly onError: (error: unknown) => void;
  /** Told of spans that are lost: `full`, so many waited; `failed`, `onError` says why. */
  readonly onDropped: (count: number, reason: 'full' | 'failed') => void;
}

const SCOPE = { name: 'convoke' };

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
  producer: SpanKind.PRODUCER,
} as const;

function time(ms: number): HrTime {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}

function attributesOf(given: Span['attributes']): Attributes {
  const told = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(told) as Attributes; // safety: those that are undefined are left out
}

function contextOf({ trace: traceId, id: spanId }: Pick<Span, 'trace' | 'id'>): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

function readable({ kind = 'internal', ...span }: Span, resource: Resource): ReadableSpan {
  const { parent, name, from, error, events = [], links = [] } = span;
  // Clocks of two machines may differ.
  const until = Math.max(from, span.until);
  const context = contextOf(span);
  const failed = error === undefined ? {} : { 'error.type': error };
  return {
    ...{ name, kind: KINDS[kind], resource, instrumentationScope: SCOPE },
    links: links.map((each) => ({ context: contextOf(each) })),
    spanContext: () => context,
    ...(parent !== undefined && { parentSpanContext: { ...context, spanId: parent } }),
    ...{ startTime: time(from), endTime: time(until), duration: time(until - from), ended: true },
    status:
      error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
    attributes: { ...attributesOf(span.attributes), ...failed },
    events: events.map(({ name: what, at }) => ({ name: what, time: time(at) })),
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
}

/** Of the last 52 bits: W3C wants those to be random. */
function isWithin(trace: string, share: number): boolean {
  return parseInt(trace.slice(-13), 16) / 2 ** 52 < share;
}

export interface ExportedSpans extends Spans {
  /** Sends what waits, for a moment. */
  close(): Promise<void>;
}

/** Sends until it is closed. While a collector is away, `LIMITS.spansWaiting` wait and the others are dropped. */
export function exportSpans(
  resource: Resource,
  { url, share, withContent, onError, onDropped }: Exporting,
): ExportedSpans {
  // As the processor counts them: it drops without a word.
  let waiting = 0;
  const otlp = new OTLPTraceExporter({ url, timeoutMillis: LIMITS.spanPushWithinMs });
  const exporter: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length;
      otlp.export(spans, (result) => {
        if (result.error) {
          onDropped(spans.length, 'failed');
          onError(result.error);
        }
        done(result);
      });
    },
    shutdown: () => otlp.shutdown(),
  };
  const processor = new BatchSpanProcessor({
    ...{ exporter, maxQueueSize: LIMITS.spansWaiting, maxExportBatchSize: LIMITS.spansSent },
    ...{ scheduledDelayMillis: LIMITS.spanPushMs, exportTimeoutMillis: LIMITS.spanPushWithinMs },
  });
  return {
    withContent,
    samples: (trace) => isWithin(trace, share),
    add(span) {
      if (waiting >= LIMITS.spansWaiting) {
        onDropped(1, 'full');
        return;
      }
      waiting += 1;
      processor.onEnd(readable(span, resource));
    },
    async close() {
      // One that is away must not keep the process from ending.
      const late = new Promise<void>((resolve) => setTimeout(resolve, LIMITS.metricAskMs).unref());
      await Promise.race([processor.shutdown().catch(() => undefined), late]);
    },
  };
}
