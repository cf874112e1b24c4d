/** Positions in a session log. */

/**
 * A place in a session log. `epoch` identifies one life of the log (the time of its creation, ms since the Unix epoch). Events of different
 * epochs cannot be compared: a reader with a position of another epoch takes the snapshot. `seq` is the last event seen; 0 is "before the first".
 */
export interface Position {
  readonly epoch: number;
  readonly seq: number;
}

/** How much of an open step's text a client has. */
export interface StepCursor {
  readonly attempt: number;
  readonly offset: number;
  /** The same for its reasoning; absent: none. */
  readonly reasoning?: number;
}

/** What a client presents to resume: a position, and how much it has of each open step. */
export interface Cursor extends Position {
  readonly open?: Readonly<Record<string, StepCursor>>;
}

/** Before the first event. */
export const START: Position = { epoch: 0, seq: 0 };

/** `{epoch}:{seq}`: the form used in SSE ids and in `after=`. */
export function formatPosition(position: Position): string {
  return `${position.epoch}:${position.seq}`;
}

/** Reads `{epoch}:{seq}`; null for anything else. */
export function parsePosition(text: string): Position | null {
  const match = /^(\d{1,15}):(\d{1,12})$/.exec(text);
  if (!match) return null;
  return { epoch: Number(match[1]), seq: Number(match[2]) };
}

/**
 * True if `a` comes after `b`. Epochs are ordered by time, so every position of a later epoch comes after every position of an earlier one,
 * although their events cannot be compared.
 */
export function isAfter(a: Position, b: Position): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);
}
