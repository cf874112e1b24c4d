/** What describes a session. */
import type { AgentSpec, TeamSpec } from './agent.ts';
import type { Limits } from './budget.ts';
import type { Position } from './cursor.ts';
import type { DisclosedTeam } from './events/disclosure.ts';
import type { Member, Roster } from './member.ts';
import type { SessionRef } from './ids.ts';
import type { ScheduledMessage } from './message.ts';
import type { JsonObject } from './json.ts';
import type { InterjectionPolicy } from './message.ts';

/** Where a fork left its parent: after this event of this session. */
export interface ForkPoint {
  readonly session: string;
  readonly seq: number;
}

/** How long sessions are summarised. */
export interface SummarySpec {
  /** Makes the summaries; it need not be one of the session's agents. */
  readonly agent: AgentSpec;
  /**
   * A summary is made when more text than this is in none, UTF-16 code units; about half of it stays word for word. Absent: half of what the
   * agent may be shown that may be shown least.
   */
  readonly afterChars?: number;
}

/** What a session was opened with. Only `roster` changes. */
export interface SessionInfo {
  readonly team: TeamSpec;
  /** Those that the session was opened with. */
  readonly agents: readonly AgentSpec[];
  /** Who takes part since; absent: nobody has joined or left. */
  readonly roster?: Roster;
  readonly metadata: JsonObject;
  /** What happens to messages that name no policy; absent: `queue`. */
  readonly policy?: InterjectionPolicy;
  /** What a turn may spend; absent: the limits of the worker's configuration. */
  readonly limits?: Limits;
  /** Absent: as the worker's configuration says. */
  readonly summary?: SummarySpec;
  /** The session closes once nothing has happened in it, and nothing waits, for so long, ms; absent: it does not close by itself. */
  readonly ttlMs?: number;
  /** ms since the Unix epoch. */
  readonly createdAt: number;
  /** Of a fork: its conversation up to there is that of its parent. */
  readonly parent?: ForkPoint;
  /** What its parent was forked from, and so on, the nearest first, at most `LIMITS.forkAncestors`: the parent may be erased. Absent: nothing. */
  readonly ancestors?: readonly string[];
}

/**
 * `interrupted`: the workflow ended without closing the session; the next message reopens it. `hibernated`: nothing has happened for a while,
 * and no workflow runs; whatever is sent to the session wakes it.
 */
export type SessionStatus = 'open' | 'closing' | 'closed' | 'interrupted' | 'hibernated';

/** The answer to the query `state`. */
export interface SessionState extends SessionRef {
  readonly status: SessionStatus;
  readonly team: DisclosedTeam;
  /** Those that have not left. */
  readonly agents: readonly string[];
  /** Agents and people that have not left. */
  readonly members: readonly Member[];
  readonly createdAt: number;
  readonly known: Position;
  readonly archivedTo: number;
  readonly turns: number;
  readonly queued: number;
  /** Messages that wait for their time, the next one first; absent: none. */
  readonly scheduled?: readonly ScheduledMessage[];
  /** The running turn of the main lane and its current step. */
  readonly running?: { readonly turn: string; readonly step?: string; readonly agent?: string };
  /** Turns that run beside that of the main lane; absent: none. */
  readonly beside?: readonly { readonly turn: string }[];
  readonly historyEvents: number;
}

/** What to cancel; nothing named: the running turn, otherwise one beside it, otherwise the next. */
export interface CancelRequest {
  readonly turn?: string;
  /** One step of a running turn, which goes on. */
  readonly step?: string;
  /** All turns that run and all that wait. */
  readonly all?: true;
}

/** The answer to a reopen. `open`: it was not closed. */
export interface ReopenReply {
  readonly status: 'reopened' | 'open';
}

/** Whose sleep is to end; nothing named: that of the running turn, otherwise of one beside it. */
export interface WakeRequest {
  readonly turn?: string;
}

/** `woken`: the team goes on, in `turn`. `none`: there is no such turn, or it does not sleep. */
export interface WakeReply {
  readonly status: 'woken' | 'none';
  readonly turn?: string;
}

/** The answer to a cancel. */
export interface CancelReply {
  /** `cancelling`: a terminal event follows. `ended`: it was already over. `none`: there is no such turn, or step. */
  readonly status: 'cancelling' | 'ended' | 'none';
  readonly turn?: string;
  readonly step?: string;
  /** Of `all`: the turns that are being cancelled. */
  readonly turns?: readonly string[];
}
