/**
 * What a summary is to stand for next: the turns after those of the last one, read forwards from where that one says that they begin. So it costs
 * what it reads, however long the session is.
 */
import { ConvokeError, turnNumber, type LoggedEvent, type SessionRef } from '../../src/contracts/index.ts';
import type { Utterance } from '../agents/runner.ts';
import type { Line } from './line.ts';
import { Reader, type ConversationAccess } from './reader.ts';
import { Transcript } from './transcript.ts';

/** Turns that are over, one after the other. */
export interface Passage {
  /** The number of the last one. */
  readonly upTo: number;
  /** All of later turns comes after this event. */
  readonly seq: number;
  /** What was said in them, oldest first. */
  readonly said: readonly Utterance[];
}

export interface PassageQuery {
  /** The turns up to this number are in a summary; all of later ones comes after event `seq`. */
  readonly after: number;
  readonly seq: number;
  /** The last turn that it may have. */
  readonly upTo: number;
  /** Of text, UTF-16 code units. A turn that is longer than that loses its beginning. */
  readonly budgetChars: number;
}

/** Events that are read at a time. */
const PAGE = 500;

/**
 * As many of the turns as fit, at least one; null if the first one still runs. Throws what log, archive and workflow throw, and
 * `context_incomplete` if none of them has an event, or the log was lost meanwhile.
 */
export async function passageOf(
  access: ConversationAccess,
  ref: SessionRef,
  query: PassageQuery,
): Promise<Passage | null> {
  const reader = new Reader(access, ref);
  const { epoch, seq: head } = await reader.head();
  const reading = new Reading(query, epoch);
  for (let from = query.seq; from < head && !reading.isFull; from += PAGE) {
    const to = Math.min(from + PAGE, head);
    reading.take(await between(reader, epoch, from, to), to);
  }
  return reading.passage();
}

/** The events after `from`, up to `to`. */
async function between(
  reader: Reader,
  epoch: number,
  from: number,
  to: number,
): Promise<readonly LoggedEvent[]> {
  let found: readonly LoggedEvent[] = [];
  for (let below = to + 1; below > from + 1;) {
    const piece = await reader.before(below, epoch);
    if (!piece || epoch === 0) throw new ConvokeError('context_incomplete', 'The log was lost meanwhile.');
    found = [...piece.events.filter(({ seq }) => seq > from && seq < below), ...found];
    below = piece.from;
  }
  return found;
}

class Reading {
  readonly #query: PassageQuery;
  readonly #epoch: number;
  readonly #transcript: Transcript;
  /** The first event of each later turn. */
  readonly #begins = new Map<number, number>();
  #last: number;

  constructor(query: PassageQuery, epoch: number) {
    this.#query = query;
    this.#epoch = epoch;
    this.#last = query.seq;
    this.#transcript = new Transcript({ epoch, seq: query.seq }, Infinity);
  }

  take(events: readonly LoggedEvent[], to: number): void {
    this.#transcript.follow({ epoch: this.#epoch, seq: to }, events);
    if (this.#transcript.low !== this.#query.seq + 1)
      throw new ConvokeError('context_incomplete', 'The log has a hole.');
    this.#last = to;
    for (const { turn = '', seq } of events) {
      const number = turnNumber(turn);
      if (!this.#begins.has(number)) this.#begins.set(number, seq);
    }
  }

  /** More would not fit, or is not asked for. */
  get isFull(): boolean {
    return this.#reach().isFull;
  }

  passage(): Passage | null {
    const { after, budgetChars } = this.#query;
    const { upTo } = this.#reach();
    if (upTo <= after) return null;
    const lines: Line[] = [];
    for (let turn = after + 1; turn <= upTo; turn += 1) lines.push(...this.#linesOf(turn));
    let chars = 0;
    const cut = lines.findLastIndex((line) => (chars += line.chars) > budgetChars);
    return { upTo, seq: this.#seqAfter(upTo), said: lines.slice(cut + 1).flatMap(({ said }) => said ?? []) };
  }

  /** The last turn that fits. Every turn up to there is over: what is said in one that runs would be missing. */
  #reach(): { readonly upTo: number; readonly isFull: boolean } {
    const { after, upTo: most, budgetChars } = this.#query;
    let upTo = after;
    let chars = 0;
    for (let turn = after + 1; turn <= Math.min(most, this.#transcript.newest); turn += 1) {
      if (!this.#transcript.hasEnded(turn)) break;
      const more = this.#linesOf(turn).reduce((sum, line) => sum + line.chars, 0);
      if (chars > 0 && chars + more > budgetChars) return { upTo, isFull: true };
      chars += more;
      upTo = turn;
    }
    return { upTo, isFull: upTo >= most || chars > budgetChars };
  }

  #linesOf(turn: number): readonly Line[] {
    if (this.#transcript.standing(turn) !== 'said') return [];
    return [...(this.#transcript.messages(turn) ?? []), ...this.#transcript.steps(turn)];
  }

  /** A message may have come long before the turn that it has joined. */
  #seqAfter(upTo: number): number {
    let first = this.#last + 1;
    for (const [turn, seq] of this.#begins) if (turn > upTo) first = Math.min(first, seq);
    for (let turn = upTo + 1; turn <= this.#transcript.newest; turn += 1)
      for (const { seq } of this.#linesOf(turn)) first = Math.min(first, seq);
    return first - 1;
  }
}
