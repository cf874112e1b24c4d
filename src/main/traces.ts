/** What a process records of the way of messages, and where it sends that. */
import { NO_METRICS, NO_SPANS, type Metrics, type Spans } from '../telemetry/index.ts';
import type { Telling } from './metrics.ts';
import { resourceOf } from './resource.ts';
import { seldom } from './seldom.ts';
import type { TracesConfig } from './traces-config.ts';

/** Records nothing, and loads nothing, unless `config` says where it is to be sent. */
export async function openSpans(
  config: TracesConfig | undefined,
  { role, logger, opened, metrics = NO_METRICS }: Telling & { readonly metrics?: Metrics },
): Promise<Spans> {
  if (!config) return NO_SPANS;
  const [{ exportSpans }, resource] = await Promise.all([
    import('../telemetry/span-export.ts'),
    resourceOf(role),
  ]);
  const onError = seldom((error) => logger.warn({ err: error }, 'Spans could not be sent'));
  const onDropped = (count: number, reason: 'full' | 'failed'): void =>
    metrics.add('convoke_spans_dropped_total', { reason }, count);
  const spans = exportSpans(resource, { ...config, onError, onDropped });
  return opened.add(spans, (each) => each.close());
}
