/** A timeline, as it is shown: up to the answer, and apart from that the connections that came for it later. Pure. */
import type { Timeline, TimelineSpan } from '../../../../src/contracts/public.ts';

export interface Told {
  readonly spans: readonly TimelineSpan[];
  /** From the beginning to the end of these, ms. */
  readonly ms: number;
  readonly later: readonly TimelineSpan[];
}

const endOf = ({ startedAt, ms }: TimelineSpan): number => startedAt + ms;

/** Gateways answer one after the other: what they sent is put in the order of time. */
function inOrder(spans: readonly TimelineSpan[]): readonly TimelineSpan[] {
  const delivered = spans.filter(({ stage }) => stage === 'deliver');
  delivered.sort((one, other) => one.startedAt - other.startedAt);
  return [...spans.filter(({ stage }) => stage !== 'deliver'), ...delivered];
}

export function told({ spans, from }: Timeline): Told {
  const own = spans.filter(({ name }) => name !== 'acknowledge');
  const answered = Math.max(from, ...own.map(endOf));
  // Nobody waited there for the answer: the console itself is one of those.
  const isLater = ({ aside, startedAt }: TimelineSpan): boolean => aside === true && startedAt > answered;
  const shown = inOrder(spans);
  const inTime = shown.filter((span) => !isLater(span));
  return {
    spans: inTime,
    ms: Math.max(1, ...inTime.map((span) => endOf(span) - from)),
    later: shown.filter(isLater),
  };
}

/** What took longest of these. */
export function longestOf(spans: readonly TimelineSpan[]): TimelineSpan | undefined {
  return spans.reduce<TimelineSpan | undefined>(
    (most, span) => (!span.aside && span.ms > (most?.ms ?? 0) ? span : most),
    undefined,
  );
}
