/** Pushes metrics over OTLP (HTTP, protobuf), where the standard variables `OTEL_EXPORTER_OTLP_…` say; the library reads them. */
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { LIMITS } from '../contracts/index.ts';
import type { MetricRegistry } from './registry.ts';

/** Pushes until the returned function is called, which pushes once more. A collector that is away is tried again at the next turn. */
export function pushMetrics(
  registry: MetricRegistry,
  everyMs: number = LIMITS.metricPushMs,
): () => Promise<void> {
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ timeoutMillis: everyMs / 2 }),
    exportIntervalMillis: everyMs,
    exportTimeoutMillis: everyMs / 2,
  });
  reader.setMetricProducer(registry);
  // One that is away must not keep the process from ending.
  return () => reader.shutdown({ timeoutMillis: LIMITS.metricAskMs }).catch(() => undefined);
}
