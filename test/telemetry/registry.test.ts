/** What is counted is told as Prometheus reads it, and there are never more series than there may be. */
import { afterEach, expect, test } from '@jest/globals';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LIMITS } from '../../src/contracts/index.ts';
import { MetricRegistry } from '../../src/telemetry/registry.ts';
import { scrape, serveMetrics } from '../../src/telemetry/scrape.ts';
import { samplesOf, valueIn, type Sample } from '../support/prometheus.ts';

const opened: MetricRegistry[] = [];

function registryOf(tenants?: number): MetricRegistry {
  const registry = new MetricRegistry(resourceFromAttributes({ 'service.name': 'test' }), tenants);
  opened.push(registry);
  return registry;
}

afterEach(() => {
  for (const registry of opened.splice(0)) registry.close();
});

async function told(registry: MetricRegistry): Promise<readonly Sample[]> {
  const errors: unknown[] = [];
  const text = await scrape({ registry, onError: (error) => errors.push(error) });
  expect(errors).toEqual([]);
  return samplesOf(text);
}

/** The tenants with series of their own, and what they have sent. */
function sentBy(samples: readonly Sample[]): Record<string, number> {
  const sent = samples.filter(({ name }) => name === 'convoke_stage_total');
  return Object.fromEntries(sent.map(({ labels, value }) => [labels['tenant']!, value]));
}

const sends = (registry: MetricRegistry, tenant: string, count = 1): void => {
  for (let sent = 0; sent < count; sent += 1)
    registry.add('convoke_stage_total', { stage: 'ingest', tenant, outcome: 'ok' });
};

test('counters add up, histograms have cumulative buckets, and nothing is told of what was never counted', async () => {
  const registry = registryOf();
  registry.add('convoke_sent_total', { kind: 'delta' }, 3);
  registry.add('convoke_sent_total', { kind: 'delta' });
  for (const seconds of [0.004, 0.3, 0.5, 200, -1])
    registry.observe('convoke_intake_seconds', { operation: 'send' }, seconds);
  const samples = await told(registry);
  expect(valueIn(samples, 'convoke_sent_total', { kind: 'delta' })).toBe(4);
  const within = (le: string): number | undefined =>
    valueIn(samples, 'convoke_intake_seconds_bucket', { operation: 'send', le });
  // A clock that is behind makes a time 0.
  expect(['0.005', '0.25', '0.5', '120', '+Inf'].map(within)).toEqual([2, 2, 4, 4, 5]);
  expect(valueIn(samples, 'convoke_intake_seconds_sum')).toBeCloseTo(200.804);
  expect(samples.some(({ name }) => name.startsWith('convoke_http'))).toBe(false);
});

test('what is rare is told as 0 from the start, so that its first time is a rise', async () => {
  const registry = registryOf();
  registry.begin('gateway');
  sends(registry, 'small');
  const samples = await told(registry);
  expect(valueIn(samples, 'convoke_gaps_total', { filled: 'rebuilt' })).toBe(0);
  expect(valueIn(samples, 'convoke_slow_consumers_total')).toBe(0);
  expect(valueIn(samples, 'convoke_spans_dropped_total', { reason: 'full' })).toBe(0);
  const ingest = { stage: 'ingest', tenant: 'small' };
  expect(valueIn(samples, 'convoke_stage_total', { ...ingest, outcome: 'failed' })).toBe(0);
  expect(valueIn(samples, 'convoke_stage_total', { ...ingest, outcome: 'ok' })).toBe(1);
  // Of workers alone, and of a stage that nothing has passed.
  expect(valueIn(samples, 'convoke_attempts_total')).toBeUndefined();
  expect(valueIn(samples, 'convoke_stage_total', { stage: 'execute' })).toBeUndefined();
});

test('what is read is the present, and adds up over parts; a part that fails leaves out its own', async () => {
  const registry = registryOf();
  let running = 3;
  registry.read('convoke_turns_running', () => [[{}, running]]);
  registry.read('convoke_turns_running', async () => [[{}, 1]]);
  expect(valueIn(await told(registry), 'convoke_turns_running')).toBe(4);
  running = 0;
  registry.read('convoke_watchers', () => {
    throw new Error('It cannot be told');
  });
  const errors: unknown[] = [];
  const samples = samplesOf(await scrape({ registry, onError: (error) => errors.push(error) }));
  expect(valueIn(samples, 'convoke_turns_running')).toBe(1);
  expect(valueIn(samples, 'convoke_watchers')).toBeUndefined();
  expect(errors).toHaveLength(1);
});

test('so many tenants have series of their own, and nothing that the others do is lost', async () => {
  const registry = registryOf();
  const all = 10 * LIMITS.metricTenants;
  for (let each = 0; each < all; each += 1) sends(registry, `t${each}`, 2);
  const sent = sentBy(await told(registry));
  expect(Object.keys(sent)).toHaveLength(LIMITS.metricTenants + 1);
  expect(sent['other']).toBe(2 * (all - LIMITS.metricTenants));
});

test('a tenant with clearly more traffic takes the place of the one with the least, whose series end', async () => {
  const registry = registryOf(2);
  sends(registry, 'small', 2);
  sends(registry, 'large', 90);
  sends(registry, 'newcomer', 50);
  sends(registry, 'like-it', 4);
  registry.rank();
  sends(registry, 'small', 3);
  sends(registry, 'newcomer', 5);
  expect(sentBy(await told(registry))).toEqual({ large: 90, newcomer: 5, other: 50 + 4 + 3 });
});

test('equal tenants do not take turns', async () => {
  const registry = registryOf(1);
  for (let minute = 0; minute < 5; minute += 1) {
    sends(registry, 'first', 10);
    sends(registry, 'second', 15);
    registry.rank();
  }
  expect(sentBy(await told(registry))).toEqual({ first: 50, other: 75 });
});

test('who comes after very many others is counted, too', async () => {
  const registry = registryOf(1);
  for (let each = 0; each < 2 * LIMITS.metricTenantsSeen; each += 1) sends(registry, `t${each}`);
  const { other } = sentBy(await told(registry));
  expect(other).toBe(2 * LIMITS.metricTenantsSeen - 1);
});

test('values beyond the bound of series are counted together', async () => {
  const registry = registryOf();
  for (let each = 0; each < LIMITS.metricSeries + 10; each += 1)
    registry.add('convoke_errors_total', { operation: 'send', code: `code_${each}` });
  const samples = await told(registry);
  expect(samples.filter(({ name }) => name === 'convoke_errors_total')).toHaveLength(LIMITS.metricSeries + 1);
  expect(valueIn(samples, 'convoke_errors_total', { operation: 'other', code: 'other' })).toBe(10);
});

test('what another part of the process counts stands in the same answer, and may be away', async () => {
  const registry = registryOf();
  registry.add('convoke_sent_total', { kind: 'event' });
  const part = registryOf();
  part.add('convoke_slow_consumers_total', {}, 7);
  const onError = (): void => undefined;
  const partServed = await serveMetrics({ registry: part, onError }, 0, '127.0.0.1');
  const other = (): string => `http://127.0.0.1:${partServed.port}/metrics`;
  const served = await serveMetrics({ registry, other, onError }, 0, '127.0.0.1');
  try {
    const url = `http://127.0.0.1:${served.port}`;
    const both = samplesOf(await (await fetch(`${url}/metrics`)).text());
    expect(valueIn(both, 'convoke_sent_total')).toBe(1);
    expect(valueIn(both, 'convoke_slow_consumers_total')).toBe(7);
    partServed.close();
    const own = samplesOf(await (await fetch(`${url}/metrics`)).text());
    expect(valueIn(own, 'convoke_sent_total')).toBe(1);
    expect(valueIn(own, 'convoke_slow_consumers_total')).toBeUndefined();
    expect((await fetch(`${url}/`)).status).toBe(404);
  } finally {
    partServed.close();
    served.close();
  }
});
