/** What a client shows of a session. */
import type { Position } from '../cursor.ts';
import type { OpenApproval } from '../approval.ts';
import type { DisclosedTeam } from '../events/disclosure.ts';
import type { GivenFeedback } from '../feedback.ts';
import type { QuotaWait } from '../events/quota.ts';
import type { FailureInfo, FinishReason, Shown, Summarised, Usage } from '../events/step.ts';
import type { JsonObject } from '../json.ts';
import type { InterjectionPolicy, MessagePart, ReceiptStatus } from '../message.ts';
import type { Member } from '../member.ts';
import type { Reason } from '../reasons.ts';
import type { ToolCall } from '../tool.ts';
import type { ForkPoint, SessionStatus } from '../session.ts';

export interface MessageEntry {
  readonly kind: 'message';
  readonly messageId: string;
  readonly parts: readonly MessagePart[];
  readonly from?: string;
  /** Absent: `queue`. */
  readonly policy?: InterjectionPolicy;
  readonly at: number;
  readonly status: Exclude<ReceiptStatus, 'published'>;
  /** Of a scheduled one: when it is delivered, ms since the Unix epoch. */
  readonly deliverAt?: number;
  readonly turn?: string;
  readonly code?: string;
}

export type EndStatus = 'completed' | 'failed' | 'cancelled';

export interface StepEntry {
  readonly kind: 'step';
  readonly step: string;
  readonly turn: string;
  readonly agent: string;
  /** The step is a tool call of the agent: `text` is its result, `reasoning` its progress. */
  readonly use?: ToolCall;
  /** The step makes a summary of the session: it is no answer. */
  readonly summarises?: Summarised;
  readonly attempt: number;
  readonly status: 'running' | EndStatus;
  readonly text: string;
  /** What the model thought before it answered. */
  readonly reasoning?: string;
  readonly at: number;
  /** `retryAt`: when the provider will accept the next call, ms since the Unix epoch. */
  readonly failure?: FailureInfo & { readonly retryAt?: number };
  /** Why it was cancelled. */
  readonly reason?: Reason;
  /** Sum over all attempts. */
  readonly usage?: Usage;
  readonly finish?: FinishReason;
  /** What the agent was shown, told when the step has ended; absent: all that was said before. */
  readonly shown?: Shown;
  /** The tools that the model called; each has a step of its own. */
  readonly calls?: readonly ToolCall[];
  /** Why the step pauses, and until when, ms since the Unix epoch. */
  readonly waiting?: FailureInfo & { readonly until: number };
}

export type Entry = MessageEntry | StepEntry;

/** A call of a rolled-back turn whose effect stays. */
export interface LastingCall {
  readonly step: string;
  readonly tool: string;
}

export interface TurnEntry {
  readonly turn: string;
  readonly status: 'running' | EndStatus;
  readonly messageIds: readonly string[];
  /** It runs, or ran, beside the turn of the main lane. */
  readonly beside?: true;
  /** It does not run yet, or not any more for now: its tenant runs as many as it may. */
  readonly waiting?: QuotaWait;
  readonly failure?: FailureInfo;
  /** Why it was cancelled. */
  readonly reason?: Reason;
  /** The message that stopped it, or took its place. */
  readonly by?: string;
  /** It did not start (`status` is `cancelled`): its messages are answered in this turn. */
  readonly into?: string;
  /** It was withdrawn: agents are not shown what was said in it. `lasting`: what its tools did is not undone. */
  readonly rolledBack?: { readonly lasting: readonly LastingCall[] };
}

/** What a person is asked. `until`: when the turn goes on without an answer, ms since the Unix epoch. */
export interface Question {
  readonly question: string;
  readonly turn: string;
  readonly name: string;
  readonly text: string;
  readonly until: number;
}

export interface SessionView {
  readonly tenant: string;
  readonly session: string;
  readonly position: Position;
  readonly status: SessionStatus;
  readonly team: DisclosedTeam;
  /** Those that have not left. */
  readonly agents: readonly string[];
  /** Agents and people that have not left, in the order in which they joined. */
  readonly members: readonly Member[];
  /** Of what the session was opened with, the field `public`. */
  readonly metadata: JsonObject;
  readonly createdAt: number;
  /** Of a fork: where it left its parent. */
  readonly parent?: ForkPoint;
  /** Messages and steps in the order of the log. */
  readonly entries: readonly Entry[];
  readonly turns: readonly TurnEntry[];
  /** Questions to people that are not answered. */
  readonly asked: readonly Question[];
  /** What people have to decide upon, in the order in which it was asked for. */
  readonly approvals: readonly OpenApproval[];
  /** The newest `CLIENT_LIMITS.snapshotEntries` that are not private, oldest first; of each giver the last on a turn or step. Absent: there is none. */
  readonly feedback?: readonly GivenFeedback[];
  /** True if older entries exist; read them with `GET /events`. */
  readonly truncated: boolean;
}
