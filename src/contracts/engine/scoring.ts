/** Scorers: what runs after a turn to say how good it was. */
import { sessionKey, type SessionRef } from '../ids.ts';
import { sha256 } from '../sha256.ts';

/** A finished turn and the scorers that it goes to, as the workflow `score` gets them. */
export interface Scoring extends SessionRef {
  readonly turn: string;
  readonly scorers: readonly string[];
}

/** One scorer's part of it. */
export interface ScoreInput extends SessionRef {
  readonly turn: string;
  readonly scorer: string;
}

/** `needs`: what a worker must have to run scorers (see `queueFor`). */
export const SCORING = { workflow: 'score', needs: 'scorers' } as const;

/** One workflow for each turn: a turn is scored once. */
export function scoringId(ref: SessionRef, turn: string): string {
  return `score:${sessionKey(ref)}:${turn}`;
}

/** Who gives the feedback of a scorer. */
export function scorerName(scorer: string): string {
  return `scorer:${scorer}`;
}

const HEX_DIGITS = 8;

/** True for this share of all turns, by their ids: the same turns at every time, in every process, and for every scorer of the same rate. */
export function isSampled(ref: SessionRef, turn: string, rate: number): boolean {
  const hash = sha256(`${sessionKey(ref)}:${turn}`).slice(0, HEX_DIGITS);
  return Number.parseInt(hash, 16) / 16 ** HEX_DIGITS < rate;
}
