/** Where a process tells its metrics. */
import { setting, type Environment } from '../cli/environment.ts';
import { LIMITS } from '../contracts/index.ts';
import { ConfigError } from '../project/config-error.ts';
import { otlpUrl } from './otlp.ts';

/** Pushing over OTLP (HTTP, protobuf). */
export interface OtlpConfig {
  readonly url: string;
  readonly everyMs: number;
}

export interface MetricsConfig {
  /** Of `GET /metrics`; absent: it is not served. 0 picks a free one. */
  readonly port?: number;
  /** The address of that port. */
  readonly host: string;
  /** Absent: they are not pushed. */
  readonly otlp?: OtlpConfig;
}

const MAX_PORT = 65_535;

/** An empty object if the process tells nothing. Throws `ConfigError`. */
export function metricsConfigOf(env: Environment): { readonly metrics?: MetricsConfig } {
  const port = setting(env, 'CONVOKE_METRICS_PORT');
  const otlp = otlpOf(env);
  if (port === undefined && otlp === undefined) return {};
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) <= MAX_PORT))
    throw new ConfigError('CONVOKE_METRICS_PORT', `it must be a whole number from 0 to ${MAX_PORT}.`);
  const host = setting(env, 'CONVOKE_METRICS_HOST') ?? '127.0.0.1';
  return { metrics: { host, ...(port !== undefined && { port: Number(port) }), ...(otlp && { otlp }) } };
}

function otlpOf(env: Environment): OtlpConfig | undefined {
  const url = otlpUrl(env, 'metrics');
  return url === undefined ? undefined : { url, everyMs: everyMsOf(env) };
}

function everyMsOf(env: Environment): number {
  const text = setting(env, 'OTEL_METRIC_EXPORT_INTERVAL');
  if (text === undefined) return LIMITS.metricPushMs;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= LIMITS.metricPushLeastMs && value <= LIMITS.metricPushMostMs)
    return value;
  throw new ConfigError(
    'OTEL_METRIC_EXPORT_INTERVAL',
    `use milliseconds, from ${LIMITS.metricPushLeastMs} to ${LIMITS.metricPushMostMs}.`,
  );
}
