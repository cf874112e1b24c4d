/** Reads one session back until a step can be shown what it may see. */
import { ConvokeError, LIMITS, turnNumber, type SessionRef } from '../../src/contracts/index.ts';
import { Reader, type ConversationAccess } from './reader.ts';
import { Transcript } from './transcript.ts';
import { answeredBy, windowOf, type Seen, type Sees } from './window.ts';

export interface Found {
  readonly seen: Seen;
  readonly transcript: Transcript;
}

/**
 * Goes on from `known`, which it changes; null: reads anew. Throws what log, archive and workflow throw, and `context_incomplete` if what must
 * be shown is nowhere.
 */
export function search(
  access: ConversationAccess,
  ref: SessionRef,
  sees: Sees,
  known: Transcript | null,
): Promise<Found> {
  return new Search(access, ref, sees).from(known);
}

class Search {
  readonly #sees: Sees;
  readonly #turn: number;
  readonly #newReader: () => Reader;
  #reader: Reader;
  #reach: number;

  constructor(access: ConversationAccess, ref: SessionRef, sees: Sees) {
    this.#sees = sees;
    this.#turn = turnNumber(sees.turn);
    this.#newReader = () => new Reader(access, ref);
    this.#reader = this.#newReader();
    this.#reach = Math.max(sees.budgetChars, LIMITS.contextChars);
  }

  async from(known: Transcript | null): Promise<Found> {
    this.#reach = Math.max(this.#reach, known?.reach ?? 0);
    let transcript = known ?? (await this.#anew());
    let isNewest = known === null;
    let askedWorkflow = false;
    for (;;) {
      // It has gone on to later turns, and let go of what this one is shown.
      if (!transcript.serves(this.#turn, this.#sees.budgetChars)) transcript = await this.#anew(this.#turn);
      const window = windowOf(transcript, this.#sees);
      if ('shown' in window) return { seen: window, transcript };
      if ('missing' in window && !isNewest) {
        isNewest = true;
        if (!(await this.#isNewest(transcript))) transcript = await this.#anew();
      } else if (transcript.low > 1) {
        if (!(await this.#back(transcript))) transcript = await this.#anew();
      } else if ('missing' in window && !askedWorkflow) {
        askedWorkflow = true;
        transcript.precede(1, await this.#reader.held(), this.#wanted(transcript));
      } else {
        const missing = 'missing' in window ? window.missing.join(', ') : this.#sees.turn;
        throw new ConvokeError('context_incomplete', `Neither log nor archive nor workflow has ${missing}.`);
      }
    }
  }

  /** Nothing of the log as it is now. */
  async #anew(about?: number): Promise<Transcript> {
    this.#reader = this.#newReader();
    return new Transcript(await this.#reader.head(), this.#reach, about);
  }

  async #isNewest({ position }: Transcript): Promise<boolean> {
    const { epoch, seq } = await this.#reader.head();
    return epoch === position.epoch && seq <= position.seq;
  }

  /** Reads on backwards, at least until there is enough to fill the budget. False: the log has another epoch by now. */
  async #back(transcript: Transcript): Promise<boolean> {
    do {
      const piece = await this.#reader.before(transcript.low, transcript.position.epoch);
      if (!piece) return false;
      transcript.precede(piece.from, piece.events, this.#wanted(transcript));
    } while (transcript.low > 1 && transcript.textChars <= this.#sees.budgetChars);
    return true;
  }

  /** What must be shown, and the steps that may have to be: the newest until they fill the budget. */
  #wanted(transcript: Transcript): ReadonlySet<string> {
    const { step } = this.#sees.summary ?? {};
    const wanted = new Set([...answeredBy(this.#sees), ...(step === undefined ? [] : [step])]);
    let chars = 0;
    for (const id of this.#sees.steps.toReversed()) {
      if (chars > this.#sees.budgetChars) break;
      wanted.add(id);
      chars += transcript.line(id)?.chars ?? 0;
    }
    return wanted;
  }
}
