/** The metrics of a process, and where they are told. */
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { NO_METRICS, type Logger, type Metrics } from '../telemetry/index.ts';
import { listening } from './listening.ts';
import type { MetricsConfig } from './metrics-config.ts';
import type { Opened } from './opened.ts';
import { sdkMetricsUrl } from './sdk-metrics.ts';

/** Metrics that cannot be had are logged at most this often, ms. */
const TOLD_MS = 60_000;

interface Telling {
  readonly role: 'gateway' | 'worker';
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly opened: Opened;
}

/** Of `package.json`, which stands beside the build and above the sources. */
function version(): string {
  const require = createRequire(import.meta.url);
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      return String((require(path) as { version?: unknown }).version); // safety: any JSON of an object
    } catch {
      // It is the other one.
    }
  }
  return 'unknown';
}

/** The same is wrong at every scrape. */
function seldom(tell: (error: unknown) => void): (error: unknown) => void {
  let toldAt = -Infinity;
  return (error) => {
    if (performance.now() - toldAt < TOLD_MS) return;
    toldAt = performance.now();
    tell(error);
  };
}

/** Counts nothing, and loads nothing, unless `config` says where it is to be told. Throws `ConfigError`. */
export async function openMetrics(
  config: MetricsConfig | undefined,
  { role, logger, opened }: Telling,
): Promise<Metrics> {
  if (!config) return NO_METRICS;
  const [{ MetricRegistry }, { measureProcess }, { resourceFromAttributes }] = await Promise.all([
    import('../telemetry/registry.ts'),
    import('../telemetry/process.ts'),
    import('@opentelemetry/resources'),
  ]);
  const who = { version: version(), role };
  const resource = resourceFromAttributes({
    'service.name': `convoke-${role}`,
    'service.version': who.version,
    'service.instance.id': `${hostname()}:${process.pid}`,
  });
  const registry = opened.add(new MetricRegistry(resource), (each) => each.close());
  measureProcess(registry, who);
  if (config.otlp) {
    const { pushMetrics } = await import('../telemetry/push.ts');
    opened.add(pushMetrics(registry, config.otlp), (end) => end());
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
