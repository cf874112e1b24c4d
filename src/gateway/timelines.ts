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
import type {
  GatewayTrace,
  PlaceHolder,
  SessionRef,
  Timeline,
  TimelineExtras,
  TimelineSpan,
  ToldWorker,
} from '../contracts/index.ts';
import type { Delivery } from '../deliver/delivery.ts';
import { readerOf } from '../tenants/index.ts';
import type { Principal } from '../tenants/index.ts';
import { mayOperate, mayTouch } from '../tenants/index.ts';
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

type TellingWorker = Pick<ToldWorker, 'id' | 'handedOver'>;

export interface TimelineSources {
  readonly delivery: Delivery;
  readonly fleet: Pick<FleetAsk<TraceQuestion, GatewayTrace>, 'ask'>;
  /** Those that run, asked for while something runs. Absent: nobody knows. */
  readonly workers?: () => Promise<readonly TellingWorker[]>;
  /** Turns that have the places of a tenant, asked for while one waits. Absent: nobody knows. */
  readonly holders?: (tenant: string) => Promise<readonly PlaceHolder[]>;
}

/** Throws `message_not_found`, `session_not_found`, `log_unavailable`, `archive_unavailable`. */
export async function readTimeline(
  { delivery, fleet, ...sources }: TimelineSources,
  principal: Principal,
  { ref, messageId }: { readonly ref: SessionRef; readonly messageId: string },
): Promise<Timeline> {
  const story = await delivery.story(ref, messageId);
  const reader = readerOf(principal);
  const isHidden = story?.events.some((event) => isWithheld(disclosedTo(reader, envelope(ref, 0, event))));
  if (!story || isHidden === true) throw notFound();
  const { answers: gateways, asked } = await fleet.ask({ ...ref, messageId, seq: story.newest });
  const { truncated, speaking } = story;
  const extras = {
    ...{ now: Date.now(), gateways, asked, truncated },
    ...(speaking && { speaking: new Set(speaking) }),
  };
  const told = timelineOf(ref.session, story.events, messageId, extras);
  if (!told) throw notFound();
  const known = await knownOf(sources, principal, { ref, spans: told.spans });
  const timeline = timelineOf(ref.session, story.events, messageId, { ...extras, ...known }) ?? told;
  return mayOperate(principal) ? timeline : publicTimeline(timeline, principal.grant?.subject);
}

/** It goes on in a worker, or waits for one, or for a turn that may. */
function runs({ stage, name, endedAt }: TimelineSpan): boolean {
  return endedAt === undefined && (stage === 'execute' || name === 'queue' || name === 'start');
}

function waitsForPlace({ name, endedAt, front = [] }: TimelineSpan): boolean {
  return endedAt === undefined && (name === 'place' || front.some(({ by }) => by?.name === 'place'));
}

/** What is known beside the events of what goes on now. */
async function knownOf(
  { workers, holders }: Pick<TimelineSources, 'workers' | 'holders'>,
  principal: Principal,
  { ref, spans }: { readonly ref: SessionRef; readonly spans: readonly TimelineSpan[] },
): Promise<Partial<TimelineExtras>> {
  const isToldHolders = mayOperate(principal) && spans.some(waitsForPlace);
  const [running, held] = await Promise.all([
    workers && spans.some(runs) ? workersOf(workers, ref) : null,
    holders && isToldHolders ? holders(ref.tenant).catch(() => null) : null,
  ]);
  const seen = held?.filter(({ session }) => mayTouch(principal, session));
  return { ...running, ...(seen && { holders: seen }) };
}

/** Null: not known, or none has told of itself. */
async function workersOf(
  workers: NonNullable<TimelineSources['workers']>,
  { tenant, session }: SessionRef,
): Promise<Pick<TimelineExtras, 'workers' | 'handedOver'> | null> {
  try {
    const all = await workers();
    // Several may run in one process, which events name.
    const names = all.map(({ id }) => id.split('/')[0] ?? id);
    const turns = all
      .flatMap(({ handedOver = [] }) => handedOver)
      .filter((each) => each.tenant === tenant && each.session === session)
      .sort((one, other) => one.at - other.at);
    const handedOver = new Map(turns.map((each) => [each.turn, each]));
    return names.length === 0 ? null : { workers: new Set(names), handedOver };
  } catch {
    return null;
  }
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
