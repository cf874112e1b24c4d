/** The activities as the workflow sees them: all that orchestration knows about execution. Inputs are references, never the transcript. */
import type { EventDraft, LoggedEvent } from '../events/envelope.ts';
import type { FailureInfo } from '../events/step.ts';
import type { Position } from '../cursor.ts';
import type { Reason } from '../reasons.ts';
import type { SessionRef } from '../ids.ts';
import type { ForkPoint, SessionInfo } from '../session.ts';
import type { CarriedState, Resuming } from './session.ts';
import type { StoredState } from './stored.ts';
import type { ScoreInput } from './scoring.ts';
import type { Firing } from '../schedule.ts';
import type { TurnInput, TurnResult } from './turn.ts';

/**
 * Failure type of a local activity that has to query its workflow, or that another execution has superseded. The workflow calls it again
 * as a normal activity, which only the server can start.
 */
export const ASK_OUTSIDE = 'ask_outside';

/** Where facts that the workflow already holds in full have landed. */
export interface Placement {
  readonly id: string;
  readonly seq: number;
}

/** What a turn or a publish reports. */
export interface Report {
  /** The epoch of the log at that moment, and its highest seq. */
  readonly position: Position;
  /** Positions of drafts that came from the workflow. */
  readonly placed: readonly Placement[];
  /** Events that the workflow does not hold: made by the activity, or found in the log under the id of a draft. */
  readonly events: readonly LoggedEvent[];
}

/** How the open steps of a turn end that is to have an end. The log fills in what they have said. */
export type Closing = { readonly turn: string; /** Only this one. */ readonly step?: string } & (
  | { readonly type: 'step.cancelled'; readonly data: { readonly reason: Reason | string } }
  | { readonly type: 'step.failed'; readonly data: FailureInfo }
);

/** Append facts that no turn carries. */
export interface PublishInput extends SessionRef {
  readonly known: Position;
  readonly drafts: readonly EventDraft[];
  /** Before the drafts. */
  readonly closes?: Closing;
  /** Messages that wait no longer: what admission counted for them is given back. */
  readonly release: readonly string[];
  /** Also append whatever the workflow knows and the log lacks: the epoch has changed. */
  readonly reconcile: boolean;
}

/** Copy the events that the workflow knows into the archive. */
export interface ArchiveInput extends SessionRef {
  readonly known: Position;
  /** Every event up to this seq is in the archive. */
  readonly archivedTo: number;
  /** To be stored once all events are archived that the workflow knows. */
  readonly state?: StoredState;
}

export interface ArchiveReport {
  /** Every event up to this seq is in the archive. */
  readonly archivedTo: number;
  /** The state was stored. */
  readonly stored?: true;
  /**
   * Where the log is, if it has another life than the workflow knew. Nothing was archived: what the log lacks must get its place first, or
   * two events would have one seq.
   */
  readonly changed?: Position;
}

/** Make what a fork begins with. */
export interface ForkInput extends SessionRef {
  readonly info: SessionInfo;
  readonly parent: ForkPoint;
}

/** Read what is stored of a session. */
export interface ResumeInput extends SessionRef {
  readonly resumes: Resuming;
}

/** What a run begins with. */
export interface BeginReport {
  readonly carried: CarriedState;
}

export interface SessionActivities {
  runTurn(input: TurnInput): Promise<TurnResult>;
  publish(input: PublishInput): Promise<Report>;
  archive(input: ArchiveInput): Promise<ArchiveReport>;
  fork(input: ForkInput): Promise<BeginReport>;
  resume(input: ResumeInput): Promise<BeginReport>;
  fire(firing: Firing): Promise<void>;
  /** Runs a scorer on a turn and gives its feedback. */
  score(input: ScoreInput): Promise<void>;
  /** Signals the workflow that calls it, which so gets another task. */
  nudge(): Promise<void>;
}
