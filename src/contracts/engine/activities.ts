/** The activities as the workflow knows them: all that orchestration knows of execution. Inputs are references, never the transcript. */
import type { EventDraft, LoggedEvent } from '../events/envelope.ts';
import type { Position } from '../cursor.ts';
import type { SessionRef } from '../ids.ts';

/**
 * Type of the failure of a local activity that must ask its workflow, or that another execution has superseded: it is to be called again as
 * a normal one, which only the server can start.
 */
export const ASK_OUTSIDE = 'ask_outside';

/** Run one step: one attempt of one agent's model call. */
export interface StepInput extends SessionRef {
  /** The highest position that the workflow has seen: a log that is behind it has lost its tail. */
  readonly known: Position;
  readonly turn: string;
  readonly step: string;
  readonly agent: string;
  /** Facts that the step carries to the log before it begins (`message.accepted`, `turn.started`, `step.started`, …). */
  readonly lead: readonly EventDraft[];
  /** The turn ends with this step: its end is committed together with the step's. (If the step fails, every team so far ends the turn.) */
  readonly last: boolean;
  /** The message that caused the turn. */
  readonly cause: string;
  /** After this many attempts a failure is final. */
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  readonly idleMs: number;
}

/** Where facts that the workflow already holds in full have landed. */
export interface Placement {
  readonly id: string;
  readonly seq: number;
}

/** What a step or a publish reports. */
export interface Report {
  /** The epoch of the log at that moment, and its highest seq. */
  readonly position: Position;
  /** Positions of drafts that came from the workflow. */
  readonly placed: readonly Placement[];
  /** Events that the workflow does not hold: made by the activity, or found in the log under the id of a draft. */
  readonly events: readonly LoggedEvent[];
}

/** Append facts that no step carries. */
export interface PublishInput extends SessionRef {
  readonly known: Position;
  readonly drafts: readonly EventDraft[];
  /** Also append whatever the workflow knows and the log lacks: the epoch has changed. */
  readonly reconcile: boolean;
}

/** Copy the events that the workflow knows into the archive. */
export interface ArchiveInput extends SessionRef {
  readonly known: Position;
  /** Every event up to this seq is in the archive. */
  readonly archivedTo: number;
}

export interface ArchiveReport {
  /** Every event up to this seq is in the archive. */
  readonly archivedTo: number;
}

export interface SessionActivities {
  runStep(input: StepInput): Promise<Report>;
  publish(input: PublishInput): Promise<Report>;
  archive(input: ArchiveInput): Promise<ArchiveReport>;
}
