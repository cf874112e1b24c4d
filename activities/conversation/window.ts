/** Which part of a transcript a step is shown: a pure function of what was said, of the step and of its budget. */
import { turnNumber } from '../../src/contracts/index.ts';
import type { Utterance } from '../agents/runner.ts';
import type { Line } from './line.ts';
import type { Transcript } from './transcript.ts';

/** What a step may see. */
export interface Sees {
  readonly turn: string;
  /** Ids of the messages that the turn answers: always shown, whole. */
  readonly causes: readonly string[];
  /** Steps of this turn that the step may see, in the order of the team's code. */
  readonly steps: readonly string[];
  /** UTF-16 code units of conversation that the agent may be shown. */
  readonly budgetChars: number;
}

/** `missing`: ids that have not been read. `older`: events before those that have been read decide. */
export type Window =
  | { readonly shown: readonly Utterance[] }
  | { readonly missing: readonly string[] }
  | { readonly older: true };

/** A window past the budget starts at a place that is round: so it stays there for a while, and prompt caches hit. */
interface Place {
  readonly line: Line;
  /** How good a start it is. Between turns is better than in a turn; the more trailing zero bits the number has, the better. */
  readonly rank: number;
  readonly earlier: boolean;
}

/** The window may be shorter by this part of the budget than it must be. */
const SLACK = 1 / 4;

/** Above the rank of any place in a turn. */
const BETWEEN_TURNS = 32;

function trailingZeros(number: number): number {
  return 31 - Math.clz32(number & -number);
}

export function windowOf(transcript: Transcript, sees: Sees): Window {
  const missing = [...sees.causes, ...sees.steps].filter((id) => !transcript.line(id));
  if (missing.length > 0) return { missing };
  const lines = (ids: readonly string[]): Line[] => ids.flatMap((id) => transcript.line(id) ?? []);
  const causes = lines(sees.causes);
  const room = causes.reduce((left, { chars }) => left - chars, sees.budgetChars);
  const places: Place[] = [];
  let full = false;
  let chars = 0;
  /** Length of the window that starts at each place. */
  const lengths: number[] = [];
  for (const place of newestFirst(transcript, sees, lines(sees.steps))) {
    if (place === 'older') return { older: true };
    chars += place.line.chars;
    full = chars > room;
    if (full) break;
    places.push(place);
    lengths.push(chars);
  }
  const from = full ? start(places, lengths, room * (1 - SLACK)) : places.length - 1;
  const chosen = places.slice(0, from + 1).reverse();
  const said = (part: readonly Line[]): Utterance[] => part.flatMap((line) => line.said ?? []);
  return {
    shown: [
      ...said(chosen.flatMap(({ line, earlier }) => (earlier ? [line] : []))),
      ...said(causes).map((utterance) => ({ ...utterance, pinned: true })),
      ...said(chosen.flatMap(({ line, earlier }) => (earlier ? [] : [line]))),
    ],
  };
}

/** Where to start: the best place whose window is long enough, the oldest of these; or else the oldest that fits. */
function start(places: readonly Place[], lengths: readonly number[], least: number): number {
  let best = places.length - 1;
  for (let index = best; index >= 0 && (lengths[index] ?? 0) >= least; index -= 1) {
    if ((places[index]?.rank ?? 0) > (places[best]?.rank ?? 0)) best = index;
  }
  return best;
}

/** Places in the order in which the budget is filled: this turn's steps, then earlier turns. */
function* newestFirst(
  transcript: Transcript,
  { turn, causes }: Sees,
  steps: readonly Line[],
): Generator<Place | 'older'> {
  const number = turnNumber(turn);
  const own = steps.filter(({ said }) => said);
  for (const [index, line] of [...own.entries()].reverse()) {
    const rank = index === 0 ? BETWEEN_TURNS + trailingZeros(number) : trailingZeros(index);
    yield { line, rank, earlier: false };
  }
  const pinned = new Set(causes);
  for (let earlier = number - 1; earlier > 0; earlier -= 1) {
    const standing = transcript.standing(earlier);
    if (standing === 'unsaid') continue;
    if (standing === 'unknown') yield 'older';
    yield* turnBackwards(transcript, earlier, pinned);
  }
}

function* turnBackwards(
  transcript: Transcript,
  number: number,
  pinned: ReadonlySet<string>,
): Generator<Place | 'older'> {
  const between = BETWEEN_TURNS + trailingZeros(number);
  let index = 0;
  const steps = transcript.steps(number).filter(({ said }) => said);
  for (const line of steps.toReversed()) {
    index += 1;
    // A turn without messages begins with its first step.
    const first = index === steps.length && transcript.messages(number)?.length === 0;
    yield { line, rank: first ? between : trailingZeros(index), earlier: true };
  }
  const messages = transcript.messages(number);
  if (!messages) yield 'older';
  const said = (messages ?? []).filter(({ id }) => !pinned.has(id));
  for (const line of said.toReversed()) {
    index += 1;
    yield { line, rank: line === said[0] ? between : trailingZeros(index), earlier: true };
  }
}
