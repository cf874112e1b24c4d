/** The timeline of a message, for whoever asks: from the events, and what gateways remember of delivery. */
import {
  ConvokeError,
  disclosedTo,
  envelope,
  isId,
  isWithheld,
  publicTimeline,
  timelineOf,
} from '../contracts/index.ts';
import type { GatewayTrace, SessionRef, Timeline } from '../contracts/index.ts';
import type { Delivery } from '../deliver/delivery.ts';
import { readerOf } from '../tenants/index.ts';
import type { Principal } from '../tenants/index.ts';
import { mayOperate } from '../tenants/index.ts';
import { isObject } from './fleet-ask.ts';
import type { FleetAsk, Topic } from './fleet-ask.ts';

/** What gateways are asked of delivery. */
export interface TraceQuestion {
  readonly tenant: string;
  readonly session: string;
  readonly messageId: string;
  readonly seq: number;
}

/** Of messages that came in here. */
export type AcceptedAt = (ref: SessionRef, messageId: string) => number | undefined;

/** What this gateway remembers. */
export function traceOf(
  {
    gateway,
    delivery,
    acceptedAt,
  }: { readonly gateway: string; readonly delivery: Delivery; readonly acceptedAt: AcceptedAt },
  { tenant, session, messageId, seq }: TraceQuestion,
): GatewayTrace {
  const ref = { tenant, session };
  const accepted = acceptedAt(ref, messageId);
  const pushed = delivery.pushed(ref, seq) ?? { connections: [] };
  return { gateway, ...(accepted !== undefined && { acceptedAt: accepted }), ...pushed };
}

/** Throws `message_not_found`, `session_not_found`, `log_unavailable`, `archive_unavailable`. */
export async function readTimeline(
  {
    delivery,
    fleet,
  }: { readonly delivery: Delivery; readonly fleet: Pick<FleetAsk<TraceQuestion, GatewayTrace>, 'ask'> },
  principal: Principal,
  { ref, messageId }: { readonly ref: SessionRef; readonly messageId: string },
): Promise<Timeline> {
  const story = await delivery.story(ref, messageId);
  const reader = readerOf(principal);
  const isHidden = story?.events.some((event) => isWithheld(disclosedTo(reader, envelope(ref, 0, event))));
  if (!story || isHidden === true) throw notFound();
  const { answers: gateways, asked } = await fleet.ask({ ...ref, messageId, seq: story.newest });
  const extras = { now: Date.now(), gateways, asked, truncated: story.truncated };
  const timeline = timelineOf(ref.session, story.events, messageId, extras);
  if (!timeline) throw notFound();
  return mayOperate(principal) ? timeline : publicTimeline(timeline, principal.grant?.subject);
}

function notFound(): ConvokeError {
  return new ConvokeError('message_not_found', 'Check the messageId, or send the message again under it.');
}

/** What gateways ask each other for a timeline. */
export function traceTopic(
  own: (question: TraceQuestion) => GatewayTrace,
): Topic<TraceQuestion, GatewayTrace> {
  return { name: 'trace', own, isQuestion, isAnswer: isTrace };
}

function isQuestion(value: unknown): value is TraceQuestion {
  if (!isObject(value)) return false;
  const { tenant, session, messageId, seq } = value;
  return isId(tenant) && isId(session) && isId(messageId) && Number.isSafeInteger(seq);
}

function isTrace(value: unknown): value is GatewayTrace {
  if (!isObject(value) || !Array.isArray(value['connections'])) return false;
  return (
    typeof value['gateway'] === 'string' &&
    value['connections'].every(
      (each) => isObject(each) && typeof each['id'] === 'string' && Number.isFinite(each['since']),
    )
  );
}
