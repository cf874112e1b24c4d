/** Positions in a session log. */

/**
 * A place in a session log. `epoch` names the life of the log (ms since the Unix epoch at its birth); positions of different epochs cannot
 * be compared: whoever holds one of another epoch takes the snapshot. `seq` is the last event seen; 0 is "before the first".
 */
export interface Position {
  readonly epoch: number;
  readonly seq: number;
}

/** How much of an open step's text a client has. */
export interface StepCursor {
  readonly attempt: number;
  readonly offset: number;
  /** The same of its reasoning; absent: none. */
  readonly reasoning?: number;
}

/** What a client presents to resume: a position, and for each open step what it has of it. */
export interface Cursor extends Position {
  readonly open?: Readonly<Record<string, StepCursor>>;
}

/** Before everything. */
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
 * True if `a` is further on than `b`. Epochs are times of birth: every position of a later epoch comes after every one of an earlier, although
 * their events cannot be compared.
 */
export function isAfter(a: Position, b: Position): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);
}
