/** Which part of a transcript a step is shown: a pure function of what was said, of the step and of its budget. */
import { turnId, turnNumber, type Shown } from '../../src/contracts/index.ts';
import type { Utterance } from '../agents/runner.ts';
import type { Line } from './line.ts';
import type { Transcript } from './transcript.ts';

/** A message that has joined a turn; it is shown before the step of this index in `steps`, or after all of them. */
export interface Joined {
  readonly id: string;
  readonly before: number;
}

/** What a step may see. */
export interface Sees {
  readonly turn: string;
  /** Ids of the messages that the turn answers: always shown, whole. */
  readonly causes: readonly string[];
  /** Turns that were at work when it started: nothing of them is shown. Absent: none. */
  readonly unseen?: readonly string[];
  /** Messages that have joined it since, in that order: the same. Absent: none. */
  readonly joined?: readonly Joined[];
  /** Steps of this turn that the step may see, in the order of the team's code. */
  readonly steps: readonly string[];
  /** The summary that stands for the turns up to `upTo`; without a step only what comes after them is asked for. Absent: none. */
  readonly summary?: { readonly step?: string; readonly upTo: number };
  /** UTF-16 code units of conversation that the agent may be shown. */
  readonly budgetChars: number;
}

/** What a step is shown, oldest first; `part`: what of the session that is, absent if it is all. */
export interface Seen {
  readonly shown: readonly Utterance[];
  readonly part?: Shown;
}

/** `missing`: ids that have not been read. `older`: events before those that have been read decide. */
export type Window = Seen | { readonly missing: readonly string[] } | { readonly older: true };

/** The window may be shorter than it must be by this part of the budget, to start at a better place. */
const SLACK = 1 / 4;

/** Above the rank of any place in a turn. */
const BETWEEN_TURNS = 32;

function trailingZeros(number: number): number {
  return 31 - Math.clz32(number & -number);
}

/**
 * Fills a budget from the newest line backwards.
 *
 * A window past the budget must leave out more with every turn, and each time that its start moves no provider's prompt cache knows it. So it
 * starts at a place that stays good for long: between turns rather than in one, and where the number has the most trailing zero bits.
 */
class Filling {
  readonly #room: number;
  #chars = 0;
  readonly #lines: Line[] = [];
  /** The turn that each line is of. */
  readonly #turns: number[] = [];
  /** The turn of the first line that did not fit. */
  #cut: number | undefined;
  /** How good a start each line is. */
  readonly #ranks: number[] = [];
  /** Length of the window that starts with it. */
  readonly #lengths: number[] = [];

  /** UTF-16 code units. */
  constructor(room: number) {
    this.#room = room;
  }

  get count(): number {
    return this.#lines.length;
  }

  /** False if the line does not fit any more. */
  take(line: Line, turn: number, rank: number): boolean {
    this.#chars += line.chars;
    if (this.#chars > this.#room) {
      this.#cut = turn;
      return false;
    }
    this.#lines.push(line);
    this.#turns.push(turn);
    this.#ranks.push(rank);
    this.#lengths.push(this.#chars);
    return true;
  }

  /** How many lines to show of those that fit, so that the window starts at the best place; of equal ones at the oldest. */
  best(): number {
    const least = this.#room * (1 - SLACK);
    let best = this.#lines.length - 1;
    for (let index = best; index >= 0 && (this.#lengths[index] ?? 0) >= least; index -= 1) {
      if ((this.#ranks[index] ?? 0) > (this.#ranks[best] ?? 0)) best = index;
    }
    return best + 1;
  }

  /** The turn of a line, in the order in which they were taken: also of the one that did not fit. */
  turnOf(index: number): number | undefined {
    return this.#turns[index] ?? this.#cut;
  }

  /** The lines from this one on that come before `to`, oldest first. */
  lines(from: number, to: number): readonly Line[] {
    return this.#lines.slice(from, to).reverse();
  }
}

export function windowOf(transcript: Transcript, sees: Sees): Window {
  const ids = answeredBy(sees);
  const { step, upTo: past = 0 } = sees.summary ?? {};
  const summary = step === undefined ? undefined : transcript.line(step);
  const missing = [...ids, ...(step === undefined ? [] : [step])].filter((id) => !transcript.line(id));
  if (missing.length > 0) return { missing };
  const note = summary ? noteOf(summary, sees.budgetChars) : [];
  const causes = ids.flatMap((id) => transcript.line(id) ?? []);
  const room = note.reduce((left, { text }) => left - text.length, sees.budgetChars);
  const filling = new Filling(causes.reduce((left, { chars }) => left - chars, room));
  const number = turnNumber(sees.turn);
  // A reader of the messages alone has no budget.
  let fits = sees.budgetChars > 0 && fillSteps(filling, transcript, sees);
  if (typeof fits === 'string') return { missing: [fits] };
  const own = filling.count;
  const pinned = new Set(ids);
  const hidden = new Set(sees.unseen?.map(turnNumber));
  for (let turn = number - 1; turn > past && fits; turn -= 1) {
    if (hidden.has(turn)) continue;
    const filled = fillTurn(filling, transcript, { turn, pinned });
    if (filled === 'older') return { older: true };
    fits = filled;
  }
  const count = fits ? filling.count : filling.best();
  const answered = causes.slice(0, sees.causes.length).flatMap(pin);
  const earlier = filling.lines(own, count).flatMap(({ said }) => said ?? []);
  const part = {
    ...(summary && { summary: standsFor(summary) }),
    ...partOf(filling, { own, count, number, past, fits }),
  };
  return {
    shown: [
      ...[...note, ...earlier, ...answered],
      ...turnSoFar(transcript, sees, filling.lines(0, Math.min(own, count))),
    ],
    ...(summary || !fits ? { part } : {}),
  };
}

/** A summary never takes more than half of what may be shown. */
function noteOf({ said }: Line, budgetChars: number): readonly Utterance[] {
  const most = Math.max(0, Math.floor(budgetChars / 2));
  return said ? [{ ...said, text: said.text.slice(0, most).toWellFormed() }] : [];
}

function standsFor({ id: step, said }: Line): NonNullable<Shown['summary']> {
  return { step, upTo: said?.summary?.upTo ?? '' };
}

interface Place {
  /** Lines of the turn itself, and those that are shown of all that fit. */
  readonly own: number;
  readonly count: number;
  readonly number: number;
  /** The newest turn that a summary stands for. */
  readonly past: number;
  /** All that comes after it. */
  readonly fits: boolean;
}

function partOf(filling: Filling, { own, count, number, past, fits }: Place): Shown {
  const from = count > own ? filling.turnOf(count - 1) : undefined;
  const upTo = turnId(filling.turnOf(count) ?? number);
  return {
    ...(from === undefined ? {} : { from: turnId(from) }),
    ...(fits ? {} : { leftOut: { from: turnId(past + 1), upTo } }),
  };
}

/** The messages that a step must be shown, whole. */
export function answeredBy({ causes, joined = [] }: Pick<Sees, 'causes' | 'joined'>): readonly string[] {
  return [...causes, ...joined.map(({ id }) => id)];
}

function pin({ said }: Line): Utterance[] {
  return said ? [{ ...said, pinned: true }] : [];
}

/** The steps of this turn that fit, and between them the messages that have joined it. */
function turnSoFar(
  transcript: Transcript,
  { steps, joined = [] }: Sees,
  lines: readonly Line[],
): readonly Utterance[] {
  const places = new Map(steps.map((step, index) => [step, index]));
  const left = [...joined];
  const upTo = (place: number): Utterance[] => {
    const count = left.findIndex(({ before }) => before > place);
    return left.splice(0, count < 0 ? left.length : count).flatMap(({ id }) => {
      const line = transcript.line(id);
      return line ? pin(line) : [];
    });
  };
  const said = lines.flatMap((line) => [
    ...upTo(places.get(line.id) ?? 0),
    ...(line.said ? [line.said] : []),
  ]);
  return [...said, ...upTo(Infinity)];
}

/** The steps of this turn, newest first; false if not all of them fit, and the id of one that has not been read. */
function fillSteps(filling: Filling, transcript: Transcript, { turn, steps }: Sees): boolean | string {
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const id = steps[index] ?? '';
    const line = transcript.line(id);
    if (!line) return id;
    const rank = index === 0 ? BETWEEN_TURNS + trailingZeros(turnNumber(turn)) : trailingZeros(index);
    if (line.said && !filling.take(line, turnNumber(turn), rank)) return false;
  }
  return true;
}

/** An earlier turn, newest first; false if not all of it fits. The number of a place in it is counted from its end. */
function fillTurn(
  filling: Filling,
  transcript: Transcript,
  { turn, pinned }: { readonly turn: number; readonly pinned: ReadonlySet<string> },
): boolean | 'older' {
  const standing = transcript.standing(turn);
  if (standing === 'unsaid') return true;
  if (standing === 'unknown') return 'older';
  const between = BETWEEN_TURNS + trailingZeros(turn);
  const messages = transcript.messages(turn);
  const steps = transcript.steps(turn);
  let left = steps.reduce((count, { said }) => count + (said ? 1 : 0), 0);
  let number = 0;
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const line = steps[index];
    if (!line?.said) continue;
    [number, left] = [number + 1, left - 1];
    const first = left === 0 && messages?.length === 0;
    if (!filling.take(line, turn, first ? between : trailingZeros(number))) return false;
  }
  if (!messages) return 'older';
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const line = messages[index];
    if (!line || pinned.has(line.id)) continue;
    number += 1;
    if (!filling.take(line, turn, index === 0 ? between : trailingZeros(number))) return false;
  }
  return true;
}
