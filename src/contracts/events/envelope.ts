/**
 * Events: the durable facts of a session. A draft is a fact that has been decided; appending it to the log gives it `seq` and `epoch`.
 * The union is discriminated by `type`. Readers ignore types that they do not know.
 */
import type { SessionRef } from '../ids.ts';
import { reasonOf } from '../reasons.ts';
import type { MessageEventData } from './message.ts';
import type { SessionEventData } from './session.ts';
import type { StepEventData } from './step.ts';
import type { TurnEventData } from './turn.ts';

/** Data of each event type. */
export interface EventData extends SessionEventData, MessageEventData, TurnEventData, StepEventData {}

export type EventType = keyof EventData;

/** When an event passed each of the four stages, ms since the Unix epoch. */
export interface Stamps {
  readonly ingest?: number;
  readonly orchestrate?: number;
  readonly execute?: number;
  readonly deliver?: number;
}

interface DraftOf<T extends EventType> {
  /** Names the fact (see `eventId`): unique in the session, the same in every attempt to append it. */
  readonly id: string;
  readonly type: T;
  /** When it was decided, ms since the Unix epoch. */
  readonly at: number;
  readonly turn?: string;
  readonly step?: string;
  readonly attempt?: number;
  readonly agent?: string;
  /** The message that caused it. */
  readonly cause?: string;
  readonly stamps?: Stamps;
  readonly data: EventData[T];
}

/** A decided fact that has no position yet. */
export type EventDraft = { [T in EventType]: DraftOf<T> }[EventType];

/** A fact and its position; what the log stores. */
export type LoggedEvent = EventDraft & { readonly seq: number };

/** The envelope that clients see: a logged event with its session and the epoch of the log. */
export type SessionEvent = LoggedEvent & {
  readonly v: 1;
  readonly tenant: string;
  readonly session: string;
  readonly epoch: number;
};

/** A logged event in its envelope. A reason that is still a plain sentence becomes an object. */
export function envelope(ref: SessionRef, epoch: number, event: LoggedEvent): SessionEvent {
  const logged = { v: 1, tenant: ref.tenant, session: ref.session, epoch, ...event } as const;
  if (!('reason' in logged.data) || typeof logged.data.reason !== 'string') return logged;
  // safety: data of the same type, with the other form of its reason
  return { ...logged, data: { ...logged.data, reason: reasonOf(logged.data.reason) } } as SessionEvent;
}
