/**
 * Events: the durable facts of a session. A draft is a fact that has been decided; appending it to the log gives it `seq` and `epoch`.
 * The union is discriminated by `type`. Readers ignore types that they do not know.
 */
import type { AgentSpec, TeamName } from './agent.ts';
import type { JsonObject } from './json.ts';
import type { MessagePart } from './message.ts';

/** Tokens that a model counted for one attempt of a step. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Input tokens that the provider's prompt cache held. */
  readonly cachedTokens?: number;
  /** Output tokens that the model spent on reasoning. */
  readonly reasoningTokens?: number;
}

/** Why a model stopped: at its own end, at its length limit, by the provider's filter, or to call tools. */
export type FinishReason = 'stop' | 'length' | 'filter' | 'tools';

/** Why a step or a turn failed: a code of the error table and a sentence. */
export interface FailureInfo {
  readonly code: string;
  readonly message: string;
}

/** Data of each event type. */
export interface EventData {
  'session.created': {
    readonly team: TeamName;
    readonly agents: readonly AgentSpec[];
    readonly metadata: JsonObject;
  };
  'session.closed': { readonly reason: string };
  /** The session's workflow ended without closing it; the next message reopens the session. */
  'session.interrupted': { readonly reason: string };
  'session.reopened': Record<string, never>;
  /** A position whose event was lost with the log; what it said follows later, or in the snapshot. */
  'session.recovered': Record<string, never>;
  'message.accepted': {
    readonly messageId: string;
    readonly parts: readonly MessagePart[];
    readonly from?: string;
    /** True if it waits for a running turn. */
    readonly queued: boolean;
  };
  'message.rejected': { readonly messageId: string; readonly code: string };
  'turn.started': { readonly messageIds: readonly string[] };
  'turn.completed': Record<string, never>;
  'turn.failed': FailureInfo;
  'turn.cancelled': { readonly reason: string };
  'step.started': Record<string, never>;
  /** A new attempt begins: all text of the attempts before is withdrawn. `usage`: what the superseded attempt cost, if it was counted. */
  'step.restarted': { readonly reason: string; readonly usage?: Usage };
  /** The step pauses before its next attempt. `until`: when that begins, ms since the Unix epoch. */
  'step.waiting': FailureInfo & { readonly until: number };
  /** `finish` other than `stop`: the answer was cut. `reasoning`: what the model thought before it answered. */
  'step.completed': {
    readonly text: string;
    readonly reasoning?: string;
    readonly usage?: Usage;
    readonly finish?: FinishReason;
  };
  /** `retryAt`: when the provider will take the next call, ms since the Unix epoch. */
  'step.failed': FailureInfo & {
    readonly text: string;
    readonly reasoning?: string;
    readonly usage?: Usage;
    readonly retryAt?: number;
  };
  'step.cancelled': {
    readonly reason: string;
    readonly text: string;
    readonly reasoning?: string;
    readonly usage?: Usage;
  };
}

export type EventType = keyof EventData;

/** When an event passed the four stages, ms since the Unix epoch. */
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

/**
 * A piece of an open step's text, or of its reasoning. `offset` and lengths count UTF-16 code units, as JavaScript strings do; text and
 * reasoning have offsets of their own. No `seq`, never in history.
 */
export interface Delta {
  readonly session: string;
  readonly step: string;
  readonly attempt: number;
  readonly offset: number;
  readonly text: string;
  /** Absent: the text. */
  readonly part?: 'reasoning';
}

/** A step that has begun and not ended: its newest attempt and the text so far. */
export interface OpenStep {
  readonly step: string;
  readonly attempt: number;
  readonly text: string;
  /** Absent: none so far. */
  readonly reasoning?: string;
}

/** True for the event that ends a step: exactly one for each step that started. */
export function endsStep(type: string): boolean {
  return type === 'step.completed' || type === 'step.failed' || type === 'step.cancelled';
}

/** True for the event that ends a turn: exactly one for each turn. */
export function endsTurn(type: string): boolean {
  return type === 'turn.completed' || type === 'turn.failed' || type === 'turn.cancelled';
}
