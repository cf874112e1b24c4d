/** Where a process sends what it reports over OTLP: the variables that OpenTelemetry defines. The exporter itself reads headers and certificates. */
import { setting, type Environment } from '../cli/environment.ts';
import { ConfigError } from '../project/config-error.ts';

const VARIABLES = {
  metrics: {
    endpoint: 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
    exporter: 'OTEL_METRICS_EXPORTER',
    protocol: 'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
  },
  traces: {
    endpoint: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    exporter: 'OTEL_TRACES_EXPORTER',
    protocol: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
  },
} as const;

/** Undefined if it is sent nowhere. Throws `ConfigError`. */
export function otlpUrl(env: Environment, signal: keyof typeof VARIABLES): string | undefined {
  const names = VARIABLES[signal];
  const whole = setting(env, names.endpoint);
  const base = setting(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const exporters = (setting(env, names.exporter) ?? 'otlp').split(',');
  if ((base ?? whole) === undefined || !exporters.includes('otlp')) return undefined;
  const url = whole ?? `${(base ?? '').replace(/\/$/, '')}/v1/${signal}`;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    const where = whole === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : names.endpoint;
    throw new ConfigError(where, 'it must be an http or https URL: http://127.0.0.1:4318.');
  }
  const protocol = setting(env, names.protocol) ?? setting(env, 'OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol !== undefined && protocol !== 'http/protobuf')
    throw new ConfigError(
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'use http/protobuf, and the port at which the collector takes that (mostly 4318).',
    );
  return url;
}
