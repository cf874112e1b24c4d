/** What a step says while it is running. */

/**
 * A piece of an open step's text, or of its reasoning. `offset` and lengths count UTF-16 code units, as JavaScript strings do; text and
 * reasoning are counted separately. A delta has no `seq` and is never written to Temporal's history.
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

/** A running step: its newest attempt and its text so far. */
export interface OpenStep {
  readonly step: string;
  readonly attempt: number;
  readonly text: string;
  /** Absent: none so far. */
  readonly reasoning?: string;
}
