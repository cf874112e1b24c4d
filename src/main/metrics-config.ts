/** Where a process tells its metrics. */
import { setting, type Environment } from '../cli/environment.ts';
import { ConfigError } from '../project/config-error.ts';

export interface MetricsConfig {
  /** Of `GET /metrics`; absent: it is not served. 0 picks a free one. */
  readonly port?: number;
  /** The address of that port. */
  readonly host: string;
  /** They are pushed over OTLP, where the standard variables say. The address, for parts that do not read them. */
  readonly otlpUrl?: string;
}

const MAX_PORT = 65_535;

/** An empty object if the process tells nothing. Throws `ConfigError`. */
export function metricsConfigOf(env: Environment): { readonly metrics?: MetricsConfig } {
  const port = setting(env, 'CONVOKE_METRICS_PORT');
  const otlpUrl = otlpUrlOf(env);
  if (port === undefined && otlpUrl === undefined) return {};
  const host = setting(env, 'CONVOKE_METRICS_HOST') ?? '127.0.0.1';
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) <= MAX_PORT))
    throw new ConfigError('CONVOKE_METRICS_PORT', `it must be a whole number from 0 to ${MAX_PORT}.`);
  return {
    metrics: {
      host,
      ...(port !== undefined && { port: Number(port) }),
      ...(otlpUrl !== undefined && { otlpUrl }),
    },
  };
}

/** As OpenTelemetry defines these variables: the second one is the whole address. */
function otlpUrlOf(env: Environment): string | undefined {
  const base = setting(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const whole = setting(env, 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT');
  const exporter = setting(env, 'OTEL_METRICS_EXPORTER') ?? 'otlp';
  if ((base === undefined && whole === undefined) || !exporter.split(',').includes('otlp')) return undefined;
  const [where, url] =
    whole === undefined
      ? ['OTEL_EXPORTER_OTLP_ENDPOINT', base]
      : ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', whole];
  if (!/^https?:$/.test(URL.parse(url ?? '')?.protocol ?? ''))
    throw new ConfigError(where, 'it must be an http or https URL: http://127.0.0.1:4318.');
  const protocol =
    setting(env, 'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL') ?? setting(env, 'OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol !== undefined && protocol !== 'http/protobuf')
    throw new ConfigError(
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'use http/protobuf, and the port of the collector for that (mostly 4318).',
    );
  return whole ?? `${(base ?? '').replace(/\/$/, '')}/v1/metrics`;
}
