/** The spans of delivery: what gateways remember of the newest event of a timeline. Pure. */
import { spanOf, type Moment } from './builder.ts';
import type { GatewayTrace, TimelineSpan } from './types.ts';

/** `event`: the newest one of the timeline, as its writer stamped it. */
export function deliverySpans(
  event: Moment,
  gateways: readonly GatewayTrace[],
  now: number,
): readonly TimelineSpan[] {
  const spans = gateways.flatMap((gateway) => spansOf(event, gateway, now));
  return spans.length > 0 ? spans : [spanOf('undelivered', event, undefined, { now: event.at })];
}

function spansOf(event: Moment, trace: GatewayTrace, now: number): readonly TimelineSpan[] {
  const { gateway: process, pushedAt, connections } = trace;
  const pushed = pushedAt === undefined ? [] : [spanOf('push', event, { at: pushedAt, process }, { now })];
  const told = connections.map(({ since, until, acknowledgedAt, ...connection }) => {
    const sent = { at: Math.max(since, pushedAt ?? since), process };
    const ends = acknowledgedAt === undefined ? undefined : { at: acknowledgedAt, process };
    // One that has left without a word acknowledges nothing any more.
    return spanOf('acknowledge', sent, ends, { now: until ?? now, process, connection });
  });
  return [...pushed, ...told];
}
