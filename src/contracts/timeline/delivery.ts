/** The spans of delivery: what gateways remember of the newest event of a timeline. Pure. */
import { spanOf, type Moment } from './builder.ts';
import type { GatewayTrace, TimelineSpan } from './types.ts';

/** The newest event of the timeline, as its writer stamped it. */
export interface Newest {
  readonly event: Moment;
  /** It is the answer, or the last word otherwise: before that nobody can have it. */
  readonly isLast: boolean;
  /** Who sent the message, and how long the answer took, ms. Another's connection counts only if it took longer than that. */
  readonly sender: string | undefined;
  readonly took: number;
}

/** `later`: of connections that came after the event. */
export interface Delivered {
  readonly span: TimelineSpan;
  readonly later?: true;
}

export function deliverySpans(
  newest: Newest,
  gateways: readonly GatewayTrace[],
  now: number,
): readonly Delivered[] {
  const { event } = newest;
  const told = gateways.flatMap((gateway) => spansOf(newest, gateway, now));
  return told.length > 0 ? told : [{ span: spanOf('undelivered', event, undefined, { now: event.at }) }];
}

function spansOf(newest: Newest, trace: GatewayTrace, now: number): readonly Delivered[] {
  const { event, isLast, sender, took } = newest;
  const { gateway: process, pushedAt, connections } = trace;
  const pushed =
    pushedAt === undefined ? [] : [{ span: spanOf('push', event, { at: pushedAt, process }, { now }) }];
  const told = connections.flatMap(
    ({ since, until, acknowledgedAt, ...connection }): readonly Delivered[] => {
      // Nobody acknowledges an answer that does not exist yet.
      if (acknowledgedAt === undefined && !isLast) return [];
      const sent = { at: Math.max(since, pushedAt ?? since), process };
      const ends = acknowledgedAt === undefined ? undefined : { at: acknowledgedAt, process };
      // One that has left without a word acknowledges nothing any more.
      const span = spanOf('acknowledge', sent, ends, { now: until ?? now, process, connection });
      const isLater = since > (pushedAt ?? event.at);
      const isSenders = sender !== undefined && connection.subject === sender;
      const isAside = isLater || (!isSenders && span.ms <= took);
      return [{ span: isAside ? { ...span, aside: true } : span, ...(isLater && { later: true }) }];
    },
  );
  return [...pushed, ...told];
}
