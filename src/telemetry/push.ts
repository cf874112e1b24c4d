/** Pushes metrics over OTLP (HTTP, protobuf). The exporter itself reads the standard variables for headers and certificates. */
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { LIMITS } from '../contracts/index.ts';
import type { MetricRegistry } from './registry.ts';

export interface Pushing {
  readonly url: string;
  readonly everyMs: number;
  /** Told each time that a push has failed. */
  readonly onError: (error: unknown) => void;
}

/** Pushes until the returned function is called, which pushes once more. A collector that is away gets the next push. */
export function pushMetrics(
  registry: MetricRegistry,
  { url, everyMs, onError }: Pushing,
): () => Promise<void> {
  const timeoutMillis = everyMs / 2;
  const otlp = new OTLPMetricExporter({ url, timeoutMillis });
  const exporter: PushMetricExporter = {
    export: (metrics, done) =>
      otlp.export(metrics, (result) => {
        if (result.error) onError(result.error);
        done(result);
      }),
    forceFlush: () => otlp.forceFlush(),
    shutdown: () => otlp.shutdown(),
  };
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: everyMs,
    exportTimeoutMillis: timeoutMillis,
  });
  reader.setMetricProducer(registry);
  // One that is away must not keep the process from ending.
  return () => reader.shutdown({ timeoutMillis: LIMITS.metricAskMs }).catch(() => undefined);
}
