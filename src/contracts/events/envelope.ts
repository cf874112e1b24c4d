/**
 * Events: the durable facts of a session. A draft is a fact that has been decided; appending it to the log gives it `seq` and `epoch`.
 * The union is discriminated by `type`. Readers ignore types that they do not know.
 */
import type { SessionRef } from '../ids.ts';
import { reasonOf } from '../reasons.ts';
import type { Wait } from '../timeline/waits.ts';
import { disclosedData } from './disclosure.ts';
import type { DisclosedData } from './disclosure.ts';
import type { ChannelEventData } from './channel.ts';
import type { FeedbackEventData } from './feedback.ts';
import type { MessageEventData } from './message.ts';
import type { QuotaEventData } from './quota.ts';
import type { SessionEventData } from './session.ts';
import type { StepEventData } from './step.ts';
import type { TurnEventData } from './turn.ts';

/** Data of each event type. */
export interface EventData
  extends
    SessionEventData,
    MessageEventData,
    ChannelEventData,
    TurnEventData,
    StepEventData,
    FeedbackEventData,
    QuotaEventData {}

export type EventType = keyof EventData;

/** When an event passed each of the four stages, ms since the Unix epoch; `src/contracts/timeline/spans.ts` has the table of all stamps. */
export interface Stamps {
  readonly ingest?: number;
  /** Of a message: it was let in, and handed to Temporal. */
  readonly admit?: number;
  readonly orchestrate?: number;
  readonly execute?: number;
  /** Of the end of a step: the first and the last token of text or reasoning of its last attempt. */
  readonly first?: number;
  readonly last?: number;
}

/** A model, as the configuration of the worker names it; at most `LIMITS.asksChars` each. */
export interface Asks {
  readonly provider: string;
  readonly model?: string;
}

interface DraftOf<T extends EventType, D extends Record<T, unknown> = EventData> {
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
  /** The trace of that message, by its W3C id (32 hexadecimal digits); absent: its way is not recorded. */
  readonly trace?: string;
  readonly stamps?: Stamps;
  /** The gateway that took the message in, the worker that began the attempt: `pid@host`. Not told to clients. */
  readonly by?: string;
  /** What held it up before. Not told to clients. */
  readonly waits?: readonly Wait[];
  /** Of `step.started`: the model endpoint and the model that are asked. Not told to clients. */
  readonly asks?: Asks;
  readonly data: D[T];
}

/** A decided fact that has no position yet. */
export type EventDraft = { [T in EventType]: DraftOf<T> }[EventType];

/** A fact and its position; what the log stores. */
export type LoggedEvent = EventDraft & { readonly seq: number };

/** An event as clients get it, in its envelope: with its session and the epoch of the log, and of its data what clients are told. */
export type SessionEvent = { [T in EventType]: DraftOf<T, DisclosedData> }[EventType] & {
  readonly seq: number;
  readonly v: 1;
  readonly tenant: string;
  readonly session: string;
  readonly epoch: number;
};

/** What clients get of a logged event. A reason that is still a plain sentence becomes an object. */
export function envelope(ref: SessionRef, epoch: number, event: LoggedEvent): SessionEvent {
  const { tenant, session } = ref;
  const { by: _by, waits: _waits, asks: _asks, ...rest } = event;
  const data = disclosedData(event);
  const told =
    'reason' in data && typeof data.reason === 'string' ? { ...data, reason: reasonOf(data.reason) } : data;
  // safety: the data belongs to the event's type
  return { v: 1, tenant, session, epoch, ...rest, data: told } as SessionEvent;
}
