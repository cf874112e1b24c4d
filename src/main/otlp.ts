/** Where a process sends what it reports over OTLP: the variables that OpenTelemetry defines. The exporter itself reads headers and certificates. */
import { setting, type Environment } from '../cli/environment.ts';
import { ConfigError } from '../project/config-error.ts';

/** Undefined if it is sent nowhere. Throws `ConfigError`. */
export function otlpUrl(env: Environment, signal: 'metrics' | 'traces'): string | undefined {
  const name = signal.toUpperCase();
  const whole = setting(env, `OTEL_EXPORTER_OTLP_${name}_ENDPOINT`);
  const base = setting(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const exporters = (setting(env, `OTEL_${name}_EXPORTER`) ?? 'otlp').split(',');
  if ((base ?? whole) === undefined || !exporters.includes('otlp')) return undefined;
  const url = whole ?? `${(base ?? '').replace(/\/$/, '')}/v1/${signal}`;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    const where = whole === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : `OTEL_EXPORTER_OTLP_${name}_ENDPOINT`;
    throw new ConfigError(where, 'it must be an http or https URL: http://127.0.0.1:4318.');
  }
  const protocol =
    setting(env, `OTEL_EXPORTER_OTLP_${name}_PROTOCOL`) ?? setting(env, 'OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol !== undefined && protocol !== 'http/protobuf')
    throw new ConfigError(
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'use http/protobuf, and the port at which the collector takes that (mostly 4318).',
    );
  return url;
}
