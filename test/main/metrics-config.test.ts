/** Where metrics are told is read from the environment, and a mistake there has a sentence. */
import { expect, test } from '@jest/globals';
import { metricsConfigOf } from '../../src/main/metrics-config.ts';

const OTLP = 'OTEL_EXPORTER_OTLP_ENDPOINT';

test('nobody asks: nothing is counted', () => {
  expect(metricsConfigOf({})).toEqual({});
  expect(metricsConfigOf({ CONVOKE_METRICS_PORT: '', CONVOKE_METRICS_HOST: '0.0.0.0' })).toEqual({});
  expect(metricsConfigOf({ [OTLP]: 'http://c:4318', OTEL_METRICS_EXPORTER: 'none' })).toEqual({});
});

test('a port, a collector, or both', () => {
  expect(metricsConfigOf({ CONVOKE_METRICS_PORT: '9464' })).toEqual({
    metrics: { port: 9464, host: '127.0.0.1' },
  });
  expect(metricsConfigOf({ [OTLP]: 'http://c:4318/', OTEL_METRIC_EXPORT_INTERVAL: '5000' })).toEqual({
    metrics: { host: '127.0.0.1', otlp: { url: 'http://c:4318/v1/metrics', everyMs: 5_000 } },
  });
  const both = { CONVOKE_METRICS_PORT: '0', CONVOKE_METRICS_HOST: '::1', [OTLP]: 'http://c:4318' };
  expect(metricsConfigOf({ ...both, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'https://m/in' })).toEqual({
    metrics: { port: 0, host: '::1', otlp: { url: 'https://m/in', everyMs: 15_000 } },
  });
});

test.each([
  [{ CONVOKE_METRICS_PORT: 'x' }, /CONVOKE_METRICS_PORT.*from 0 to 65535/],
  [{ CONVOKE_METRICS_PORT: '70000' }, /CONVOKE_METRICS_PORT/],
  [{ [OTLP]: 'collector:4317' }, /OTEL_EXPORTER_OTLP_ENDPOINT.*http or https URL/],
  [
    { [OTLP]: 'http://c:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    /OTEL_EXPORTER_OTLP_PROTOCOL.*http\/protobuf/,
  ],
  [{ [OTLP]: 'http://c:4318', OTEL_METRIC_EXPORT_INTERVAL: '10' }, /OTEL_METRIC_EXPORT_INTERVAL.*1000/],
])('%j is a mistake', (env, sentence) => {
  expect(() => metricsConfigOf(env)).toThrow(sentence);
});
