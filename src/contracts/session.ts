/** What a session is made of, and how its workflow is addressed. */
import type { AgentSpec, TeamName } from './agent.ts';
import type { EventDraft, LoggedEvent } from './event.ts';
import type { JsonObject } from './json.ts';
import type { Receipt } from './message.ts';
import type { Position } from './cursor.ts';
import type { SessionRef } from './ids.ts';

/** What a session was created with; never changes. */
export interface SessionInfo {
  readonly team: TeamName;
  readonly agents: readonly AgentSpec[];
  readonly metadata: JsonObject;
  /** ms since the Unix epoch. */
  readonly createdAt: number;
}

export type SessionStatus = 'open' | 'closing' | 'closed';

/** The workflow's argument. `carried` is set by continue-as-new only. */
export interface SessionInput extends SessionRef {
  readonly info: SessionInfo;
  readonly carried?: CarriedState;
}

/** What one run of the workflow hands to the next. */
export interface CarriedState {
  readonly status: SessionStatus;
  readonly closeReason: string;
  readonly known: Position;
  /** Every event up to this seq is in the archive. */
  readonly archivedTo: number;
  readonly turns: number;
  readonly inbox: readonly QueuedMessage[];
  readonly outbox: readonly EventDraft[];
  /** Receipts of the newest messages: the dedupe window. */
  readonly receipts: readonly Receipt[];
  readonly events: readonly LoggedEvent[];
  /** The epoch has changed and what the log lacks has not been appended yet. */
  readonly reconcile: boolean;
}

/** A message in the inbox, with the turn that it will open. Its text is in the fact that it was accepted. */
export interface QueuedMessage {
  readonly turn: string;
  readonly messageId: string;
  /** Size of its parts, UTF-16 code units of JSON. */
  readonly chars: number;
}

/** What the query `state` answers. */
export interface SessionState extends SessionRef {
  readonly status: SessionStatus;
  readonly team: TeamName;
  readonly agents: readonly string[];
  readonly createdAt: number;
  readonly known: Position;
  readonly archivedTo: number;
  readonly turns: number;
  readonly queued: number;
  /** The running turn and the step that it is at. */
  readonly running?: { readonly turn: string; readonly step?: string; readonly agent?: string };
  readonly historyEvents: number;
}

/** What the query `events` answers: all that is needed to build the log anew, together with the archive. */
export interface KnownEvents {
  readonly info: SessionInfo;
  readonly known: Position;
  readonly archivedTo: number;
  /** Events with a position, in order; none is in the archive. */
  readonly events: readonly LoggedEvent[];
  /** Drafts handed to a running activity or waiting in the outbox: positions unknown. */
  readonly pending: readonly EventDraft[];
}

/** One answer of the query `events`. Pages of one `version` fit together; events that moved between two questions change it. */
export interface KnownEventsPage extends KnownEvents {
  readonly version: string;
  /** Ask for the events from this index on; absent: that is all. `pending` comes with the last page. */
  readonly next?: number;
}

/** Answer to a cancel. */
export interface CancelReply {
  /** `cancelling`: a terminal event follows. `ended`: the turn had ended before. `none`: there is no such turn. */
  readonly status: 'cancelling' | 'ended' | 'none';
  readonly turn?: string;
}

/** Names under which the workflow is addressed. */
export const SESSION = {
  workflow: 'session',
  taskQueue: 'convoke',
  signals: { message: 'message' },
  updates: { cancel: 'cancel', close: 'close' },
  queries: { state: 'state', events: 'events', receipt: 'receipt' },
} as const;

/** Search attributes (all Keyword) by which sessions are found in Temporal. */
export const SEARCH_ATTRIBUTES = {
  tenant: 'ConvokeTenant',
  session: 'ConvokeSession',
  team: 'ConvokeTeam',
  status: 'ConvokeStatus',
} as const;
