/** What a step says while it is open. */

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
