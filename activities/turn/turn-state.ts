/**
 * What a run of a turn knows of its turn, and what its heartbeats carry: the journal, the attempts of open steps, the facts that the workflow
 * does not have yet.
 */
import {
  jsonChars,
  LIMITS,
  type EventDraft,
  type Journal,
  type OpenTry,
  type TurnProgress,
} from '../../src/contracts/index.ts';
import { TurnJournal } from './journal.ts';
import type { StepCall } from './kernel.ts';

interface Ticket {
  /** The outcomes that the team must hear of first. */
  readonly before: Promise<unknown>;
  done(): void;
}

export class TurnState {
  readonly journal: TurnJournal;
  /** Executions that were lost with their worker since the turn has got further. */
  readonly lost: number;
  readonly #attempt: number;
  readonly #facts: () => readonly EventDraft[];
  readonly #tickets = new Map<string, Ticket>();
  readonly #startedAt = Date.now();
  #open: Record<string, OpenTry>;
  #progressAt: number;
  #factChars: number;
  #heard: Promise<unknown> = Promise.resolve();

  /** `attempt`: Temporal's, 0 if it counts none. `facts`: what the workflow does not have yet. */
  constructor(
    given: Journal,
    progress: TurnProgress | null,
    attempt: number,
    facts: () => readonly EventDraft[],
  ) {
    this.journal = new TurnJournal(given, progress?.entries ?? []);
    this.#attempt = attempt;
    this.#facts = facts;
    this.#open = { ...(progress?.open ?? given.open) };
    this.#progressAt = progress?.progressAt ?? Math.min(attempt, 1);
    this.#factChars = jsonChars(progress?.facts ?? []);
    this.lost = attempt - this.#progressAt;
  }

  get open(): Readonly<Record<string, OpenTry>> {
    return this.#open;
  }

  /** The activity carries as much as it should, or has run as long. */
  get isFull(): boolean {
    return (
      this.#factChars > LIMITS.turnFactsChars ||
      this.journal.added.length > LIMITS.turnEntries ||
      Date.now() - this.#startedAt > LIMITS.turnActivityMs
    );
  }

  hasRoom(ends: readonly EventDraft[]): boolean {
    return this.#factChars + jsonChars(ends) <= LIMITS.turnFactsMostChars;
  }

  retry(step: string, next: OpenTry): void {
    this.#open[step] = next;
  }

  began(step: string, attempt: number): void {
    this.#open[step] = { attempt, failures: this.#open[step]?.failures ?? 0, reason: '' };
  }

  /** Steps that run are to be run by somebody else. */
  handOver(reason: string): void {
    for (const [step, open] of Object.entries(this.#open)) {
      if (open.until === undefined) this.#open[step] = { ...open, reason };
    }
  }

  /** Journals a step's end. */
  end({ path, step, agent }: StepCall, ends: readonly EventDraft[]): void {
    const outcome = ends[0]?.type === 'step.completed' ? 'completed' : 'failed';
    this.journal.add({ path, kind: 'ask', key: agent, outcome });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#tickets.set(path, { before: this.#heard, done: () => resolve(undefined) });
    this.#heard = promise;
    this.#factChars += jsonChars(ends);
    this.#progressAt = this.#attempt;
    const { [step]: _ended, ...open } = this.#open;
    this.#open = open;
  }

  /** The team hears of steps in the order in which the journal has their ends, however long each took to be shown. */
  async inOrder(path: string): Promise<void> {
    const ticket = this.#tickets.get(path);
    await ticket?.before;
    ticket?.done();
    this.#tickets.delete(path);
  }

  progress(): TurnProgress {
    return {
      entries: this.journal.added,
      open: this.#open,
      facts: this.#facts(),
      progressAt: this.#progressAt,
    };
  }
}
