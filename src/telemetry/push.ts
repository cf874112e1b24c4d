/** Pushes metrics over OTLP (HTTP, protobuf). The exporter itself reads the standard variables for headers and certificates. */
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { LIMITS } from '../contracts/index.ts';
import type { MetricRegistry } from './registry.ts';

export interface Pushing {
  readonly url: string;
  readonly everyMs: number;
}

/** Pushes until the returned function is called, which pushes once more. A collector that is away gets the next push. */
export function pushMetrics(registry: MetricRegistry, { url, everyMs }: Pushing): () => Promise<void> {
  const timeoutMillis = everyMs / 2;
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url, timeoutMillis }),
    exportIntervalMillis: everyMs,
    exportTimeoutMillis: timeoutMillis,
  });
  reader.setMetricProducer(registry);
  // One that is away must not keep the process from ending.
  return () => reader.shutdown({ timeoutMillis: LIMITS.metricAskMs }).catch(() => undefined);
}
