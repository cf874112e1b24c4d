/** What a process reports besides its log. */
import type { Metrics, Spans } from '../telemetry/index.ts';
import type { Config } from './config.ts';
import { openMetrics, type Telling } from './metrics.ts';
import { openSpans } from './traces.ts';

export interface Telemetry {
  readonly metrics: Metrics;
  readonly spans: Spans;
}

/** Nothing is counted, recorded or loaded that `config` does not say where to tell. Throws `ConfigError`. */
export async function openTelemetry(
  { metrics, traces }: Pick<Config, 'metrics' | 'traces'>,
  telling: Telling,
): Promise<Telemetry> {
  const counted = await openMetrics(metrics, telling);
  return { metrics: counted, spans: await openSpans(traces, { ...telling, metrics: counted }) };
}
