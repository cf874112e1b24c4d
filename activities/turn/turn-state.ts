/**
 * What a run of a turn knows of its turn, and what its heartbeats carry: the journal, the attempts of open steps, the facts that the workflow
 * does not have yet.
 */
import { setImmediate as afterMicrotasks } from 'node:timers/promises';
import {
  LIMITS,
  type EventDraft,
  type Journal,
  type JournalKind,
  type OpenTry,
  type TurnProgress,
} from '../../src/contracts/index.ts';
import type { RosterNews } from './cast.ts';
import { TurnJournal } from './journal.ts';
import type { StepCall } from './step-call.ts';
import type { PauseCall } from './turn-driver.ts';

/** Calls that are answered before the answer is durable. */
const ANSWERED_FIRST: ReadonlySet<JournalKind> = new Set(['now', 'random', 'steered', 'sleep', 'members']);

interface Ticket {
  /** The answers that the team must get first. */
  readonly before: Promise<unknown>;
  done(): void;
}

/** Of facts, as JSON. */
interface Size {
  /** UTF-16 code units. */
  readonly chars: number;
  /** UTF-8. */
  readonly bytes: number;
}

function sizeOf(facts: readonly EventDraft[]): Size {
  const json = JSON.stringify(facts);
  return { chars: json.length, bytes: Buffer.byteLength(json) };
}

export class TurnState {
  readonly journal: TurnJournal;
  readonly #attempt: number;
  readonly #facts: () => readonly EventDraft[];
  readonly #tickets = new Map<string, Ticket>();
  readonly #startedAt = Date.now();
  /** How many of the entries that the journal has added are durable. */
  #saved: number;
  #open: Record<string, OpenTry>;
  #progressAt: number;
  #size: Size;
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
    this.#saved = this.journal.added.length;
    this.#open = { ...(progress?.open ?? given.open) };
    this.#progressAt = progress?.progressAt ?? Math.min(attempt, 1);
    this.#size = sizeOf(progress?.facts ?? []);
  }

  /** Executions that were lost with their worker since the turn has got further. */
  get lost(): number {
    return this.#attempt - this.#progressAt;
  }

  /** The team was answered something that is not durable: a number, the end of a pause, the members. The end of a step is durable before. */
  get mustSave(): boolean {
    return this.journal.added.slice(this.#saved).some(({ kind }) => ANSWERED_FIRST.has(kind));
  }

  /** So many of the entries that the journal has added are durable. */
  saved(entries: number): void {
    this.#saved = Math.max(this.#saved, entries);
  }

  get open(): Readonly<Record<string, OpenTry>> {
    return this.#open;
  }

  /** The activity carries as much as it should, or has run as long. */
  get isFull(): boolean {
    return (
      this.#size.chars > LIMITS.turnFactsChars ||
      this.journal.added.length > LIMITS.turnEntries ||
      Date.now() - this.#startedAt > LIMITS.turnActivityMs
    );
  }

  hasRoom(ends: readonly EventDraft[]): boolean {
    return this.#size.bytes + sizeOf(ends).bytes <= LIMITS.turnFactsMostBytes;
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
  end({ path, step, agent, use, say, summary }: StepCall, ends: readonly EventDraft[]): void {
    const outcome = ends[0]?.type === 'step.completed' ? 'completed' : 'failed';
    const kind = use ? 'call' : say === undefined ? 'ask' : 'say';
    if (summary) {
      const { upTo, seq } = summary;
      this.journal.add({ path, kind: 'summary', key: String(upTo), seq, outcome });
    } else this.journal.add({ path, kind, key: use?.tool ?? agent, outcome });
    this.#queue(path);
    const { chars, bytes } = sizeOf(ends);
    this.#size = { chars: this.#size.chars + chars, bytes: this.#size.bytes + bytes };
    this.#progressAt = this.#attempt;
    this.drop(step);
  }

  /** The step is not open any more. */
  drop(step: string): void {
    const { [step]: _ended, ...open } = this.#open;
    this.#open = open;
  }

  /** Journals that a pause of the team is over. */
  over({ path, key }: PauseCall): void {
    this.journal.add({ path, kind: 'sleep', key, outcome: 'over' });
    this.#queue(path);
  }

  /** Journals who takes part, as the team is told it; resolves when it is its turn to be told. */
  async told({ path, key }: PauseCall, news: RosterNews): Promise<RosterNews> {
    this.journal.add({ path, kind: 'members', key, ...news });
    this.#queue(path);
    await this.inOrder(path);
    return news;
  }

  /** The team is answered in the order of the journal, however long the end of a step takes to be shown. */
  async inOrder(path: string): Promise<void> {
    const ticket = this.#tickets.get(path);
    await ticket?.before;
    this.#tickets.delete(path);
    // The next one waits until the kernel has this answer, however many microtasks that takes.
    if (ticket) void afterMicrotasks().then(() => ticket.done());
  }

  #queue(path: string): void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#tickets.set(path, { before: this.#heard, done: () => resolve(undefined) });
    this.#heard = promise;
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
