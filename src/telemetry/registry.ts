/**
 * Counts what a process reports, and tells it in OpenTelemetry's terms, from which its own exporters make Prometheus text and OTLP. Not with
 * the instruments of its SDK: those keep each series for ever, and the tenants that have one change.
 */
import { ValueType, type HrTime } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { CollectionResult, MetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import { LIMITS } from '../contracts/index.ts';
import { METRICS } from './metrics.ts';
import type {
  CounterName,
  GaugeName,
  HistogramName,
  LabelsOf,
  MetricName,
  Metrics,
  Readings,
} from './metrics.ts';
import { OTHER, TenantNames } from './tenant-names.ts';

const SCOPE = { name: 'convoke' };

/** The present: seconds since the Unix epoch, and nanoseconds. */
function now(): HrTime {
  const ms = Date.now();
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6];
}

const STARTED: HrTime = now();

type Attributes = Readonly<Record<string, string>>;

interface Series {
  readonly attributes: Attributes;
  /** When it began: a tenant that gets its own series again begins at 0. */
  readonly startTime: HrTime;
  /** Of a counter. Of a histogram: the sum. */
  value: number;
  /** Of a histogram: values in each bucket, and above the last. */
  readonly counts: number[];
}

type Reader = () => Readings<MetricName> | Promise<Readings<MetricName>>;

interface Family {
  readonly name: MetricName;
  readonly labels: readonly string[];
  readonly buckets: readonly number[];
  readonly zeros: readonly Attributes[];
  readonly series: Map<string, Series>;
  readonly readers: Reader[];
}

function familyOf(name: MetricName): Family {
  const { labels, ...entry } = METRICS[name];
  const buckets: readonly number[] = 'buckets' in entry ? entry.buckets : [];
  const zeros: readonly Attributes[] = 'zeros' in entry ? entry.zeros : [];
  return { name, labels, buckets, zeros, series: new Map(), readers: [] };
}

export class MetricRegistry implements Metrics, MetricProducer {
  readonly #resource: Resource;
  readonly #families: ReadonlyMap<MetricName, Family>;
  readonly #tenants: TenantNames;
  readonly #timer: NodeJS.Timeout;

  /** `resource`: who reports. `tenants`: how many of them have series of their own. */
  constructor(resource: Resource, tenants: number = LIMITS.metricTenants) {
    this.#resource = resource;
    const names = Object.keys(METRICS) as MetricName[]; // safety: its keys
    this.#families = new Map(names.map((name) => [name, familyOf(name)]));
    this.#tenants = new TenantNames((tenant) => this.#forget(tenant), tenants);
    this.#timer = setInterval(() => this.rank(), LIMITS.metricRankMs).unref();
  }

  add<N extends CounterName>(name: N, labels: LabelsOf<N>, by = 1): void {
    this.#series(name, labels).value += by;
  }

  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, value: number): void {
    const series = this.#series(name, labels);
    const { buckets } = this.#family(name);
    // Clocks of two machines may differ.
    const seen = Math.max(0, value);
    let bucket = 0;
    while (bucket < buckets.length && seen > (buckets[bucket] ?? 0)) bucket += 1;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.value += seen;
  }

  read<N extends GaugeName | CounterName>(name: N, read: () => Readings<N> | Promise<Readings<N>>): void {
    this.#family(name).readers.push(read as Reader); // safety: it is asked for this name only
  }

  /** Begins what processes of this role tell as 0 before anything is counted. */
  begin(role: 'gateway' | 'worker'): void {
    for (const { name, labels, zeros } of this.#families.values())
      if (!labels.includes('tenant') && METRICS[name].roles.includes(role))
        for (const zero of zeros) this.#series(name, zero);
  }

  /** Chooses anew which tenants have series of their own. */
  rank(): void {
    this.#tenants.rank();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async collect(): Promise<CollectionResult> {
    const errors: unknown[] = [];
    const metrics = await Promise.all(
      [...this.#families.values()].map(async (family) => toldOf(family, await read(family, errors))),
    );
    const told = metrics.filter(({ dataPoints }) => dataPoints.length > 0);
    return {
      resourceMetrics: { resource: this.#resource, scopeMetrics: [{ scope: SCOPE, metrics: told }] },
      errors,
    };
  }

  #family(name: MetricName): Family {
    const family = this.#families.get(name);
    if (!family) throw new Error(`There is no metric ${name}`);
    return family;
  }

  #series(name: MetricName, labels: Attributes): Series {
    const family = this.#family(name);
    const tenant = labels['tenant'];
    if (tenant === undefined) return seriesOf(family, labels);
    const named = this.#tenants.nameOf(tenant);
    const found = family.series.get(keyOf(family, labels, named));
    if (found) return found;
    for (const zero of family.zeros)
      if (zero['stage'] === labels['stage']) seriesOf(family, { ...zero, tenant: named });
    return seriesOf(family, { ...labels, tenant: named });
  }

  #forget(tenant: string): void {
    for (const { series } of this.#families.values())
      for (const [key, { attributes }] of series) if (attributes['tenant'] === tenant) series.delete(key);
  }
}

/** `tenant`: under which name it is counted, if that is not its own. */
function keyOf({ labels }: Family, given: Attributes, tenant = given['tenant']): string {
  let key = '';
  for (const label of labels) key += `${label === 'tenant' ? tenant : given[label]}\n`;
  return key;
}

function seriesOf(family: Family, given: Attributes): Series {
  const key = keyOf(family, given);
  const found = family.series.get(key);
  if (found) return found;
  if (family.series.size < LIMITS.metricSeries) return begin(family, key, given);
  return family.series.get(OTHER) ?? begin(family, OTHER, {});
}

function begin({ labels, series, buckets }: Family, key: string, given: Attributes): Series {
  // In the order of the table; without values: everything that there is no room for.
  const attributes = Object.fromEntries(labels.map((label) => [label, given[label] ?? OTHER]));
  const counts = buckets.length === 0 ? [] : Array.from({ length: buckets.length + 1 }, () => 0);
  const made: Series = { attributes, startTime: now(), value: 0, counts };
  series.set(key, made);
  return made;
}

/** What its readers say now; one that fails says nothing. */
async function read({ readers }: Family, errors: unknown[]): Promise<Readings<MetricName>> {
  const readings = await Promise.all(
    readers.map(async (reader) => {
      try {
        return await reader();
      } catch (error) {
        errors.push(error);
        return [];
      }
    }),
  );
  return readings.flat();
}

function toldOf({ name, series, buckets }: Family, readings: Readings<MetricName>): MetricData {
  const { kind, unit, help: description } = METRICS[name];
  const endTime = now();
  const descriptor = { name, description, unit, valueType: ValueType.DOUBLE };
  const shared = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  if (kind === 'histogram') {
    const dataPoints = [...series.values()].map(({ attributes, startTime, value: sum, counts }) => {
      const count = counts.reduce((all, each) => all + each, 0);
      const value = { buckets: { boundaries: [...buckets], counts: [...counts] }, sum, count };
      return { attributes, startTime, endTime, value };
    });
    return { ...shared, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const points = new Map<
    string,
    { attributes: Attributes; startTime: HrTime; endTime: HrTime; value: number }
  >();
  for (const [key, { attributes, startTime, value }] of series)
    points.set(key, { attributes, startTime, endTime, value });
  for (const [labels, value] of readings) {
    const key = METRICS[name].labels.map((label) => `${(labels as Attributes)[label]}\n`).join('');
    const point = points.get(key) ?? { attributes: labels, startTime: STARTED, endTime, value: 0 };
    points.set(key, { ...point, value: point.value + value });
  }
  const dataPoints = [...points.values()];
  return kind === 'counter'
    ? { ...shared, dataPointType: DataPointType.SUM, dataPoints, isMonotonic: true }
    : { ...shared, dataPointType: DataPointType.GAUGE, dataPoints };
}
