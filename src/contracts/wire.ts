/** The Socket.IO protocol: names and shapes. PROTOCOL.md describes it in prose. */
import type { Limits } from './budget.ts';
import type { Cursor, Position } from './cursor.ts';
import type { Delta } from './events/delta.ts';
import type { SessionEvent } from './events/envelope.ts';
import type { ErrorCode, Problem } from './errors.ts';
import type { FeedbackReply, FeedbackRequest } from './feedback.ts';
import type { InterjectionPolicy, Receipt, ScheduledMessage, SentPart } from './message.ts';
import type { JsonObject } from './json.ts';
import type { ApprovalsReply, VoteReply, VoteRequest } from './approval.ts';
import type { MembersReply, MembersRequest } from './member.ts';
import type { AgentRequest, TeamSpec } from './agent.ts';
import type {
  ScheduleAct,
  SchedulePage,
  ScheduleRequest,
  SchedulesRequest,
  ScheduleSummary,
} from './schedule.ts';
import type {
  CancelReply,
  CancelRequest,
  ForkPoint,
  ReopenReply,
  SessionState,
  SummarySpec,
  WakeReply,
  WakeRequest,
} from './session.ts';
import type {
  Note,
  PresenceReply,
  PresenceRequest,
  PublishRequest,
  ReadRequest,
  TypingRequest,
} from './presence.ts';
import type { Timeline } from './timeline/types.ts';
import type { SessionView } from './view/types.ts';

/** How a long session is summarised: see `SummarySpec`. A plain name is that of an agent of the session, else of a configured one. */
export interface SummaryRequest extends Omit<SummarySpec, 'agent'> {
  readonly agent: AgentRequest;
}

/** Body of `POST /v1/sessions` and of the socket request `open`. */
export interface OpenRequest {
  readonly id?: string;
  /** A plain name is short for a team without options; absent: `sequence`. */
  readonly team?: string | TeamSpec;
  readonly agents?: readonly AgentRequest[];
  readonly metadata?: JsonObject;
  /** What happens to messages that name no policy; absent: `queue`. */
  readonly policy?: InterjectionPolicy;
  /** What a turn of the session may spend. */
  readonly limits?: Limits;
  readonly summary?: SummaryRequest;
  /** The session closes by itself once nothing has happened for so long, ms. */
  readonly ttlMs?: number;
}

/** Body of `POST /v1/sessions/{id}/fork`. With neither `at` nor `before` the fork has all that its parent has now. */
export interface ForkRequest {
  /** The fork's id. */
  readonly id?: string;
  /** The last event of the parent that the fork has. */
  readonly at?: number;
  /** The fork has what came before the turn of this message. */
  readonly before?: string;
  /** What the fork goes on with. `messageId` may be omitted. */
  readonly message?: Omit<SendRequest, 'messageId'> & Partial<Pick<SendRequest, 'messageId'>>;
}

/** The fork; `receipt`: of the message that it goes on with. */
export interface ForkReply extends SessionSummary {
  readonly receipt?: Receipt;
}

/** A session as lists show it. */
/** Addresses for operators of a tenant. Absent: this deployment does not tell. */
export interface SessionLinks {
  /** In the console. */
  readonly console?: string;
  /** Its workflow in Temporal's Web UI. */
  readonly temporal?: string;
}

export interface SessionSummary {
  readonly id: string;
  readonly tenant: string;
  /** The team's name. */
  readonly team: string;
  /** See `SessionStatus`; a session that is closing is still open. */
  readonly status: 'open' | 'hibernated' | 'closed' | 'interrupted';
  /** ms since the Unix epoch. */
  readonly createdAt: number;
  readonly workflowId: string;
  /** Of a fork: where it left its parent. */
  readonly parent?: ForkPoint;
}

/** Body of `POST /v1/sessions/{id}/messages`; `text` is short for one text part. */
export interface SendRequest {
  readonly messageId: string;
  readonly text?: string;
  readonly parts?: readonly SentPart[];
  readonly from?: string;
  readonly policy?: InterjectionPolicy;
  /** When it is to be delivered, ms since the Unix epoch; absent, or past: now. */
  readonly deliverAt?: number;
  /** The question to a person that it answers: `question` of `person.asked`. */
  readonly answers?: string;
  /** It is an event of the application on this channel, which no agent answers. Goes with neither `policy`, `answers` nor `deliverAt`. */
  readonly channel?: string;
  /** A direct message: only they and its sender are told what it says. Without a `channel` it is on `direct`. */
  readonly to?: readonly string[];
  /** The sender's span in W3C Trace Context: the message's way is recorded below it. Over HTTP the header of that name does as well. */
  readonly traceparent?: string;
}

/** One page of events, oldest first. `next` is null at the end of the log. */
export interface EventPage {
  readonly data: readonly SessionEvent[];
  readonly next: string | null;
  /** The newest position at that moment. */
  readonly head: Position;
}

/** The messages of a session that wait for their time, the next one first. */
export interface ScheduledPage {
  readonly data: readonly ScheduledMessage[];
}

export interface SessionPage {
  readonly data: readonly SessionSummary[];
  readonly next: string | null;
}

/** The answer to `subscribe`. On `resume`, missed events follow as ordinary frames; on `snapshot`, the snapshot is part of the answer. */
export interface SubscribeReply {
  readonly mode: 'resume' | 'snapshot';
  readonly position: Position;
  readonly snapshot?: SessionView;
}

/** Why the server is about to close the connection. `retry`: connect again after `retryAfterMs` and resume. */
export interface Bye {
  readonly code: 'draining' | 'slow_consumer' | 'unauthorized' | 'token_expired' | 'kicked' | 'internal';
  readonly retry: boolean;
  readonly retryAfterMs: number;
}

/** The answer to `renew`: what the connection may do from now on follows from the new token. */
export interface RenewReply {
  /** Of the new token, ms since the Unix epoch. */
  readonly expiresAt: number;
  /** Sessions that were followed and that the new token does not allow to watch. */
  readonly ended: readonly { readonly session: string; readonly code: ErrorCode }[];
}

/** A reply: a value, or a problem from the error table. */
export type Reply<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

/** Requests of a client; each is answered once. */
export interface SocketRequests {
  open: { request: OpenRequest; reply: SessionSummary };
  subscribe: { request: { session: string; cursor?: Cursor }; reply: SubscribeReply };
  unsubscribe: { request: { session: string }; reply: Record<string, never> };
  send: { request: SendRequest & { session: string }; reply: Receipt };
  receipt: { request: { session: string; messageId: string }; reply: Receipt };
  timeline: { request: { session: string; messageId: string }; reply: Timeline };
  cancel: { request: CancelRequest & { session: string }; reply: CancelReply };
  wake: { request: WakeRequest & { session: string }; reply: WakeReply };
  close: { request: { session: string }; reply: Record<string, never> };
  reopen: { request: { session: string }; reply: ReopenReply };
  members: { request: MembersRequest & { session: string }; reply: MembersReply };
  fork: { request: ForkRequest & { session: string }; reply: ForkReply };
  approve: { request: VoteRequest & { session: string; approval: string }; reply: VoteReply };
  approvals: { request: { session: string }; reply: ApprovalsReply };
  scheduled: { request: { session: string }; reply: ScheduledPage };
  unschedule: { request: { session: string; messageId: string }; reply: Receipt };
  state: { request: { session: string }; reply: SessionState };
  schedules: { request: SchedulesRequest; reply: SchedulePage };
  createSchedule: { request: ScheduleRequest; reply: ScheduleSummary };
  changeSchedule: { request: { id: string; act: ScheduleAct }; reply: Record<string, never> };
  renew: { request: { token: string }; reply: RenewReply };
  presence: { request: PresenceRequest & { session: string }; reply: PresenceReply };
  typing: { request: TypingRequest & { session: string }; reply: Record<string, never> };
  read: { request: ReadRequest & { session: string }; reply: Record<string, never> };
  publish: { request: PublishRequest & { session: string }; reply: Record<string, never> };
  feedback: { request: FeedbackRequest & { session: string }; reply: FeedbackReply };
}

export type SocketRequestName = keyof SocketRequests;

/** What the server pushes. */
export interface SocketFrames {
  event: (event: SessionEvent) => void;
  delta: (delta: Delta) => void;
  /** What the client has is incomplete: discard it and take this snapshot. */
  reset: (frame: { readonly session: string; readonly snapshot: SessionView }) => void;
  /** Something that has no place in the log. */
  note: (note: Note & { readonly session: string }) => void;
  /** The session is followed no longer. */
  ended: (frame: { readonly session: string; readonly code: ErrorCode }) => void;
  bye: (bye: Bye) => void;
  /** The session token of this connection is about to expire: bring another one with the request `renew`. */
  renew: (frame: { readonly expiresInMs: number }) => void;
}

/** Names of the frames; SSE uses them too. */
export const FRAMES = {
  event: 'event',
  delta: 'delta',
  reset: 'reset',
  note: 'note',
  ended: 'ended',
  bye: 'bye',
  renew: 'renew',
} as const;
