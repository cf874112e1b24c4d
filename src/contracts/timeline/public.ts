/** What of a timeline is told to whoever may watch the session and no more: neither processes, models and limits, nor connections of others. */
import type { Timeline, TimelineSpan } from './types.ts';

/** How the deployment is made up. */
function publicly<T extends Partial<TimelineSpan>>({
  process: _process,
  limit: _limit,
  most: _most,
  used: _used,
  holders: _holders,
  needs: _needs,
  provider: _provider,
  model: _model,
  ...span
}: T): Omit<T, 'process' | 'limit' | 'most' | 'used' | 'holders' | 'needs' | 'provider' | 'model'> {
  return span;
}

/** `subject`: who asks; connections of hers are told. */
export function publicTimeline(
  { gateways: _gateways, spans: all, longest: _longest, ...rest }: Timeline,
  subject?: string,
): Timeline {
  const isTold = ({ connection }: TimelineSpan): boolean =>
    connection === undefined || (subject !== undefined && connection.subject === subject);
  const spans = all.filter(isTold).map((span) => {
    const { front, ...told } = publicly(span);
    if (!front) return told;
    return { ...told, front: front.map(({ by, ...each }) => ({ ...each, ...(by && { by: publicly(by) }) })) };
  });
  return { ...rest, spans, ...longestOf(spans) };
}

/** What took longest, as an index: a connection `aside` only if there is nothing else. */
export function longestOf(spans: readonly TimelineSpan[]): Pick<Timeline, 'longest'> {
  if (spans.length === 0) return {};
  const ranks = spans.map(({ aside, ms }) => (aside ? ms - Number.MAX_SAFE_INTEGER : ms));
  return { longest: ranks.indexOf(Math.max(...ranks)) };
}
