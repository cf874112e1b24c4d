/** The metrics of a process, and where they are told. */
import { NO_METRICS, type Logger, type Metrics } from '../telemetry/index.ts';
import { listening } from './listening.ts';
import type { MetricsConfig } from './metrics-config.ts';
import type { Opened } from './opened.ts';
import { resourceOf, version } from './resource.ts';
import { sdkMetricsUrl } from './sdk-metrics.ts';
import { seldom } from './seldom.ts';

export interface Telling {
  readonly role: 'gateway' | 'worker';
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly opened: Opened;
}

/** Counts nothing, and loads nothing, unless `config` says where it is to be told. Throws `ConfigError`. */
export async function openMetrics(
  config: MetricsConfig | undefined,
  { role, logger, opened }: Telling,
): Promise<Metrics> {
  if (!config) return NO_METRICS;
  const [{ MetricRegistry }, { measureProcess }] = await Promise.all([
    import('../telemetry/registry.ts'),
    import('../telemetry/process.ts'),
  ]);
  const who = { version: version(), role };
  const registry = opened.add(new MetricRegistry(await resourceOf(role)), (each) => each.close());
  registry.begin(role);
  measureProcess(registry, who);
  if (config.otlp) {
    const { pushMetrics } = await import('../telemetry/push.ts');
    const onError = seldom((error) => logger.warn({ err: error }, 'Metrics could not be pushed'));
    opened.add(pushMetrics(registry, { ...config.otlp, onError }), (end) => end());
  }
  const { port, host } = config;
  if (port === undefined) return registry;
  const { serveMetrics } = await import('../telemetry/scrape.ts');
  const scraped = {
    registry,
    // A gateway has none of Temporal's native library.
    other: () => (role === 'worker' ? sdkMetricsUrl() : undefined),
    onError: seldom((error) => logger.warn({ err: error }, 'A part of the metrics cannot be told')),
  };
  const serve = (): ReturnType<typeof serveMetrics> => serveMetrics(scraped, port, host);
  const where = { port, host, setting: 'CONVOKE_METRICS_PORT' };
  const served = opened.add(await listening(where, serve), (each) => each.close());
  logger.info({ port: served.port, host }, 'Metrics are served at /metrics');
  return registry;
}
