/** What was counted, for tests of parts that report. */
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MetricRegistry } from '../../src/telemetry/registry.ts';
import { scrape } from '../../src/telemetry/scrape.ts';
import { samplesOf, valueIn } from './prometheus.ts';

export interface Counted {
  readonly metrics: MetricRegistry;
  /** The sum of what has this name and these labels; undefined: nothing was counted. */
  value(name: string, labels?: Readonly<Record<string, string>>): Promise<number | undefined>;
}

/** Close `metrics` at the end. */
export function counting(): Counted {
  const metrics = new MetricRegistry(resourceFromAttributes({}));
  return {
    metrics,
    async value(name, labels) {
      const onError = (error: unknown): never => {
        throw error;
      };
      return valueIn(samplesOf(await scrape({ registry: metrics, onError })), name, labels);
    },
  };
}
