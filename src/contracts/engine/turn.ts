/**
 * A turn as workflow and worker hand it to each other: one activity `runTurn`, which runs the team's code against a journal.
 *
 * The workflow knows what the journal said when the activity began, the activity adds to it, and each addition is persisted by an awaited
 * heartbeat before anybody sees what it stands for. A retry reads the newest heartbeat and goes on from there.
 */
import type { Report } from './activities.ts';
import type { Approval, ApprovalDecision } from '../approval.ts';
import type { EventDraft } from '../events/envelope.ts';
import type { JsonObject } from '../json.ts';
import type { Usage } from '../events/step.ts';
import type { Position } from '../cursor.ts';
import type { SessionRef } from '../ids.ts';
import type { Roster } from '../member.ts';
import type { SummaryPoint } from './summary.ts';

/** The calls of a team whose answers are journaled. */
export type JournalKind =
  | 'ask'
  | 'call'
  | 'say'
  | 'summary'
  | 'sleep'
  | 'members'
  | 'person'
  | 'approval'
  | 'now'
  | 'random'
  | 'steered'
  | 'steer';

/** What the team is told of an approval. */
export interface Decided {
  readonly status: 'approved' | 'denied' | 'expired';
  readonly by: readonly string[];
  readonly reason?: string;
  /** What was approved, if somebody has edited it. */
  readonly data?: JsonObject;
}

/** One decided call of a team. */
export interface JournalEntry {
  /** Its place in the code's order and in its branch: `2`, `3.draft.1`. Of a `steer`, the step that sees the message first. */
  readonly path: string;
  readonly kind: JournalKind;
  /** What was asked for: an agent's name, a tool's, a pause in ms; of a `summary`, the number of the turn that it goes up to. A rerun that asks for something else has changed. */
  readonly key: string;
  /**
   * Of an `ask`, a `call`, a `say` or a `summary`, how its step ended (the text stands in the step's end); of `now` and `random`, the number; of `members`,
   * the revision of the roster; of a `person`, `answered` or `over`; of an `approval`, how it was decided; of a
   * `sleep`, `over` or `woken`; of `steered`, how many messages had joined; a `steer` is no call: a message has joined the turn.
   */
  readonly outcome:
    'completed' | 'failed' | 'over' | 'answered' | 'woken' | 'joined' | Decided['status'] | number;
  /** Of a `person` that has answered: her message. Of a `steer`: the one that has joined. */
  readonly message?: string;
  /** Of a `summary`: see `SummaryPoint`. */
  readonly seq?: number;
  /** Of an `approval`. */
  readonly decided?: Omit<Decided, 'status'>;
  /** Of the first `members` of a revision that the turn did not begin with: the roster, with the agents alone that the turn did not have. */
  readonly roster?: Roster;
}

/** A step that has begun and not ended: what its next attempt must know. */
export interface OpenTry {
  /** The newest attempt, as the log counts them. */
  readonly attempt: number;
  /** Attempts that the provider has failed. */
  readonly failures: number;
  /** The next attempt begins then, ms since the Unix epoch. */
  readonly until?: number;
  /** Why there is another attempt. */
  readonly reason: string;
  /** The code of the failure that it pauses for. */
  readonly code?: string;
  /** What the newest attempt has cost. */
  readonly usage?: Usage;
}

/** What a turn has decided so far. */
export interface Journal {
  readonly entries: readonly JournalEntry[];
  /** By step id. */
  readonly open: Readonly<Record<string, OpenTry>>;
}

export const EMPTY_JOURNAL: Journal = { entries: [], open: {} };

/** Run a turn, or go on with one. References only, never the transcript. */
export interface TurnInput extends SessionRef {
  /** The highest position that the workflow has seen: a log that is behind it has lost its tail. */
  readonly known: Position;
  readonly turn: string;
  /** The messages that the turn answers. */
  readonly causes: readonly string[];
  /** The trace of the first of them; absent: it has none. */
  readonly trace?: string;
  /** Facts that the turn carries to the log before anything else (`message.accepted`, `turn.started`, …). */
  readonly lead: readonly EventDraft[];
  /** Messages that wait no longer: what admission counted for them is given back. */
  readonly release: readonly string[];
  readonly journal: Journal;
  /** What the team has kept from its earlier turns; absent: nothing. */
  readonly memory?: JsonObject;
  /** The newest summary of the session before this turn; absent: none. */
  readonly summary?: SummaryPoint;
  /** Who took part when the turn started; absent: as the session was opened. */
  readonly roster?: Roster;
  /** Turns that were at work when it started: it is not shown what is said in them. Absent: none. */
  readonly unseen?: readonly string[];
  /** It runs beside the main lane: what its team leaves in its memory is not kept. */
  readonly beside?: true;
  /** Temporal's attempts in the turn's earlier activities: orders writers across them. */
  readonly attempts: number;
  /** The session closes: nothing waits for a provider any more. */
  readonly closing: boolean;
  /** The agents' runner that an earlier worker lacked: this one was chosen for having it. */
  readonly needs?: string;
  /** How long earlier activities of the turn have run, ms; absent: it is the first. */
  readonly ranMs?: number;
  /** It waits for a place (`TurnWait.since`) since then, ms since the Unix epoch; absent: it does not. */
  readonly placeSince?: number;
}

/** What one activity has added to the journal that it was given. Also what its heartbeats carry. */
export interface TurnProgress {
  readonly entries: readonly JournalEntry[];
  readonly open: Readonly<Record<string, OpenTry>>;
  /** Facts that the workflow does not hold yet, in the order in which they were decided. */
  readonly facts: readonly EventDraft[];
  /** Temporal's attempt in which the newest entry was added: attempts since then were lost without any progress. */
  readonly progressAt: number;
}

/**
 * A call of the team that is answered by time, or by somebody: a `sleep`, a step that pauses before its next attempt, a `person` who is asked.
 * Or the turn waits for a place among those of its tenant: a `retry` without a path.
 */
export interface TurnWait {
  readonly path: string;
  readonly kind: 'sleep' | 'retry' | 'person' | 'approval';
  readonly key: string;
  /** What the person is asked. */
  readonly text?: string;
  /** What is to be approved. */
  readonly approval?: Approval;
  /** ms since the Unix epoch. */
  readonly until: number;
  /** Of a wait for a place, which ends early with the signal `nudge`: when it began, ms since the Unix epoch. */
  readonly since?: number;
}

/**
 * How a run of the turn came back.
 * `done`: the turn has its end in the log. `suspended`: nothing runs, something waits. `yielded`: it goes on in another activity at once;
 * `needs`: on a worker that can run this kind of agent. `cancelled`: somebody ended it; the end is the workflow's or in the log.
 */
export type TurnStatus = 'done' | 'suspended' | 'yielded' | 'cancelled';

export interface TurnResult {
  readonly status: TurnStatus;
  readonly report: Report;
  /** Added to the journal of the input. */
  readonly entries: readonly JournalEntry[];
  readonly open: Readonly<Record<string, OpenTry>>;
  readonly waits: readonly TurnWait[];
  /** Facts that the log does not have yet. */
  readonly unplaced: readonly EventDraft[];
  readonly needs?: string;
  /** Temporal's attempts that this activity took. */
  readonly attempts: number;
}

/** A question to a person; `message`: her answer, which came while the turn did something else. */
export interface AskedPerson {
  readonly path: string;
  readonly name: string;
  readonly message?: string;
}

/** An approval that the turn has asked for and has not been told the decision of. */
export interface HeldApproval {
  readonly path: string;
  /** The hash of what the turn asks for, before anybody has edited it. */
  readonly key: string;
  /** As it is now. */
  readonly approval: Approval;
  /** ms since the Unix epoch. */
  readonly until: number;
  readonly approvedBy: readonly string[];
  readonly isEdited: boolean;
  /** Votes that have counted. */
  readonly votes: number;
  /** Kept until the turn waits again. */
  readonly decided?: Decided;
}

/** What is remembered of a decided approval. */
export type KeptDecision = ApprovalDecision & { readonly approval: string; readonly count: number };

/** A turn that has begun and not ended, as one run of the workflow hands it to the next. */
export interface CarriedTurn {
  readonly turn: string;
  readonly causes: readonly string[];
  /** See `TurnInput`. */
  readonly trace?: string;
  readonly journal: Journal;
  readonly waits: readonly TurnWait[];
  readonly attempts: number;
  /** How long its activities have run, ms; absent: it has not started. */
  readonly ranMs?: number;
  /** See `TurnInput`. */
  readonly placeSince?: number;
  readonly needs?: string;
  /** Who took part when it started; absent: as the session was opened. */
  readonly roster?: Roster;
  /** Turns that were at work when it started; absent: none. */
  readonly unseen?: readonly string[];
  /** Of one beside the main lane: what the team had kept when it started, for its code to run again alike. Absent: nothing. */
  readonly memory?: JsonObject;
  /** Of one beside the main lane: the newest summary when it started. Absent: none. */
  readonly summary?: SummaryPoint;
  /** Questions that clients were told of and that nobody has answered; absent: none. */
  readonly asked?: readonly AskedPerson[];
  /** Absent: none. */
  readonly approvals?: readonly HeldApproval[];
  readonly cancelled: boolean;
}
