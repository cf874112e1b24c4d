/** What of a timeline is told to whoever may watch the session and no more: neither processes, nor limits, nor connections of others. */
import type { Timeline, TimelineSpan } from './types.ts';

/** `subject`: who asks; connections of hers are told. */
export function publicTimeline(
  { gateways: _gateways, spans: all, longest: _longest, ...rest }: Timeline,
  subject?: string,
): Timeline {
  const isTold = ({ connection }: TimelineSpan): boolean =>
    connection === undefined || (subject !== undefined && connection.subject === subject);
  const spans = all.filter(isTold).map(({ process: _process, limit: _limit, ...span }) => span);
  return { ...rest, spans, ...longestOf(spans) };
}

/** What took longest, as an index. */
export function longestOf(spans: readonly TimelineSpan[]): Pick<Timeline, 'longest'> {
  if (spans.length === 0) return {};
  return { longest: spans.reduce((most, { ms }, index) => (ms > (spans[most]?.ms ?? 0) ? index : most), 0) };
}
