/**
 * The journal of one run of a turn: what earlier runs decided, and what this one adds.
 *
 * Two kinds of entries. Calls that return at once (`now`, `random`, `steered`) are answered by their path. Calls that are awaited (`ask`, `sleep`) are
 * answered in the order in which they were decided, because that order is what the team's code saw.
 */
import { LIMITS, type Journal, type JournalEntry, type JournalKind } from '../../src/contracts/index.ts';
import { TeamBroken } from './stops.ts';

/** A call of the team that returns at once. */
export type AtOnce = 'now' | 'random' | 'steered';

const atOnce = ({ kind }: JournalEntry): boolean => kind === 'now' || kind === 'random' || kind === 'steered';

export class TurnJournal {
  readonly #given: readonly JournalEntry[];
  readonly #added: JournalEntry[];
  /** How many of `#given` are not in `#added`. */
  readonly #before: number;
  /** The answers of calls that return at once, by kind and path. */
  readonly #numbers = new Map<string, number>();

  /** `since`: what earlier attempts of this activity have added to the journal that it was given. */
  constructor(given: Journal, since: readonly JournalEntry[]) {
    this.#given = [...given.entries, ...since];
    this.#added = [...since];
    this.#before = given.entries.length;
    for (const entry of this.#given) {
      if (atOnce(entry)) this.#numbers.set(`${entry.kind} ${entry.path}`, Number(entry.outcome));
    }
  }

  /** The awaited calls that have been decided before this run, in the order of their decision. */
  decided(): readonly JournalEntry[] {
    return this.#given.filter(
      (entry) => !atOnce(entry) && entry.kind !== 'steer' && entry.kind !== 'summary',
    );
  }

  /** The summaries that the turn has made, or tried to make. */
  summaries(): readonly JournalEntry[] {
    return this.entries().filter(({ kind }) => kind === 'summary');
  }

  /** All of it, in the order in which it was decided. */
  entries(): readonly JournalEntry[] {
    return [...this.#given.slice(0, this.#before), ...this.#added];
  }

  /** What has been added to the journal that the activity was given. */
  get added(): readonly JournalEntry[] {
    return this.#added;
  }

  /** The number that the call had, or gets now. */
  number(kind: AtOnce, path: string, make: () => number): number {
    const known = this.#numbers.get(`${kind} ${path}`);
    if (known !== undefined) return known;
    const outcome = make();
    this.#numbers.set(`${kind} ${path}`, outcome);
    this.add({ path, kind, key: '', outcome });
    return outcome;
  }

  add(entry: JournalEntry): void {
    if (this.#before + this.#added.length >= LIMITS.journalEntries) {
      throw new TeamBroken('turn_too_long', `A turn may make ${LIMITS.journalEntries} calls.`);
    }
    this.#added.push(entry);
  }
}

/** True if a call of the team is the one that the journal has at its path. */
export function answers(
  entry: JournalEntry,
  call: { readonly kind: JournalKind; readonly key: string },
): boolean {
  return entry.kind === call.kind && entry.key === call.key;
}
