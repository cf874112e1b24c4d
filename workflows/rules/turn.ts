/**
 * The turn at work, as the workflow sees it: one activity after the other, with a journal handed from each to the next.
 *
 *     ready ──run──▶ running ──done, cancelled, lost──▶ over
 *       ▲              │  │
 *       │◀──yielded────┘  └──suspended──▶ waiting
 *       └───────────────woken─────────────────┘
 *
 * A cancel is noted in any phase; it leads to `over` from `ready` and `waiting` at once, and from `running` when the activity is back.
 */
import {
  EMPTY_JOURNAL,
  endsTurn,
  type CarriedTurn,
  type Journal,
  type JournalEntry,
  type LoggedEvent,
  type Message,
  type QueuedMessage,
  type Roster,
  type TurnInput,
  type TurnProgress,
  type TurnResult,
  type TurnWait,
} from '../../src/contracts/index.ts';

import { Approvals } from './approvals.ts';
import { idsOf, tracedBy } from './inbox.ts';
import { Questions } from './questions.ts';

export type TurnPhase = 'ready' | 'running' | 'waiting' | 'over';

/** What a turn keeps of the session as it was when it started. */
type Given = Pick<CarriedTurn, 'roster' | 'unseen' | 'memory' | 'summary' | 'trace'>;

export class RunningTurn {
  readonly turn: string;
  readonly causes: readonly string[];
  /** Who took part when it started; undefined: as the session was opened. */
  readonly roster: Roster | undefined;
  /** Turns that were at work when it started. */
  readonly unseen: readonly string[];
  readonly #given: Pick<Given, 'memory' | 'summary' | 'trace'>;
  #phase: TurnPhase;
  #journal: Journal;
  #waits: readonly TurnWait[];
  #attempts: number;
  /** How long its activities have run, ms. */
  #ranMs: number;
  #runsSince = 0;
  /** See `TurnInput`. */
  #placeSince: number | undefined;
  #called = false;
  #needs: string | undefined;
  #cancelled: boolean;
  readonly questions: Questions;
  readonly approvals: Approvals;
  #end: LoggedEvent | null = null;
  #endSeen = false;

  constructor({ turn, causes, journal, waits, attempts, ranMs = 0, needs, ...more }: CarriedTurn) {
    const { cancelled, placeSince, roster, unseen = [], memory, summary, asked, approvals, trace } = more;
    this.turn = turn;
    this.causes = causes;
    this.roster = roster;
    this.unseen = unseen;
    this.#given = {
      ...(memory === undefined ? {} : { memory }),
      ...(summary === undefined ? {} : { summary }),
      ...tracedBy({ trace }),
    };
    this.questions = new Questions(turn, asked);
    this.approvals = new Approvals(turn, approvals);
    this.#journal = journal;
    this.#waits = waits;
    this.#attempts = attempts;
    this.#ranMs = ranMs;
    this.#placeSince = placeSince;
    this.#needs = needs;
    this.#cancelled = cancelled;
    this.#phase = cancelled ? 'over' : waits.length > 0 ? 'waiting' : 'ready';
  }

  static of(waiting: QueuedMessage, given: Given = {}): RunningTurn {
    const fresh = { journal: EMPTY_JOURNAL, waits: [], attempts: 0, cancelled: false };
    const its = { turn: waiting.turn, causes: idsOf(waiting), ...tracedBy(waiting) };
    return new RunningTurn({ ...its, ...fresh, ...given });
  }

  /** What it was started with, as far as there is something to say. */
  get given(): Given {
    return {
      ...(this.roster === undefined ? {} : { roster: this.roster }),
      ...(this.unseen.length === 0 ? {} : { unseen: this.unseen }),
      ...this.#given,
    };
  }

  get phase(): TurnPhase {
    return this.#phase;
  }

  get journal(): Journal {
    return this.#journal;
  }

  /** Of its facts. */
  get place(): { readonly turn: string; readonly cause?: string } & Pick<CarriedTurn, 'trace'> {
    const [cause] = this.causes;
    return { turn: this.turn, ...(cause === undefined ? {} : { cause }), ...tracedBy(this.#given) };
  }

  get attempts(): number {
    return this.#attempts;
  }

  /** Nothing of it is stated before the first activity is back. */
  get ran(): Pick<TurnInput, 'ranMs' | 'placeSince'> {
    const waits = this.#placeSince === undefined ? {} : { placeSince: this.#placeSince };
    return this.#ranMs === 0 ? waits : { ranMs: this.#ranMs, ...waits };
  }

  /** The agents' runner that a worker lacked: the turn goes on where there is one. */
  get needs(): string | undefined {
    return this.#needs;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** The turn's end, once the log has it. */
  get end(): LoggedEvent | null {
    return this.#end;
  }

  /** True if somebody has seen the turn's end in the log: its activity is about to come back. */
  get endSeen(): boolean {
    return this.#endSeen;
  }

  /** When the earliest of its waits is over, ms since the Unix epoch. */
  get wakeAt(): number {
    return Math.min(...this.#waits.map(({ until }) => until));
  }

  seen({ ended, alsoEnded = [] }: Pick<Message, 'ended' | 'alsoEnded'>): void {
    if (ended === this.turn || alsoEnded.includes(this.turn)) this.#endSeen = true;
  }

  run(now: number): void {
    this.#phase = 'running';
    this.#runsSince = now;
    this.#called = false;
  }

  /** The activity is back. */
  back(result: TurnResult, now: number): void {
    const { status, entries, open, waits, needs, attempts } = result;
    this.#placeSince = waits.find(({ since }) => since !== undefined)?.since;
    if (this.#placeSince === undefined) this.#ranMs += now - this.#runsSince;
    this.#journal = { entries: [...this.#journal.entries, ...entries], open };
    this.#attempts += attempts;
    this.#needs = needs ?? this.#needs;
    this.#waits = status === 'suspended' ? waits : [];
    // An activity that was to stop one step, and could not tell which, has handed over all of them.
    const ended = result.report.events.some((event) => event.turn === this.turn && endsTurn(event.type));
    const stopped = status === 'cancelled' && ended;
    if (status === 'done' || stopped || this.#cancelled) this.#phase = 'over';
    else this.#phase = this.#waits.length > 0 ? 'waiting' : 'ready';
    if (this.#called) this.called();
  }

  /** Then what it has asked people for stays asked. */
  get waitsForPlace(): boolean {
    return this.#phase === 'waiting' && this.#placeSince !== undefined;
  }

  /** There may be a place for it; false: it does not wait for one. */
  called(): boolean {
    this.#called = this.#phase === 'running';
    const waited = this.waitsForPlace;
    if (waited) this.#goOn([]);
    return waited;
  }

  /** Messages join it while it waits: they are part of it from now on, and end its sleep. */
  join(messageIds: readonly string[]): void {
    const joined = messageIds.map((message): JournalEntry => ({
      path: '',
      kind: 'steer',
      key: '',
      outcome: 'joined',
      message,
    }));
    this.#journal = { ...this.#journal, entries: [...this.#journal.entries, ...joined] };
    this.wakeSleep();
  }

  /** A step has been cancelled: a turn that waits for its next attempt goes on. */
  closeStep(step: string): void {
    const path = step.slice(this.turn.length + 1);
    if (this.#phase !== 'waiting' || !this.#waits.some((wait) => wait.path === path)) return;
    const { [step]: _ended, ...open } = this.#journal.open;
    this.#journal = { ...this.#journal, open };
    this.#goOn([]);
  }

  /** Its activity is gone; another one goes on with what that had made durable, if anything is known of it. */
  again(progress: TurnProgress | null, executions: number): void {
    const { entries, open } = progress ?? { entries: [], open: this.#journal.open };
    this.#journal = { entries: [...this.#journal.entries, ...entries], open };
    this.#attempts += executions;
    this.#phase = this.#cancelled ? 'over' : 'ready';
  }

  /** Its team's sleep is over before its time; false: it does not sleep. */
  wakeSleep(): boolean {
    // The time-out of branches is no sleep that anybody could end.
    const sleeps = this.#waits.filter(({ kind, path }) => kind === 'sleep' && !path.endsWith('~'));
    if (this.#phase !== 'waiting' || sleeps.length === 0) return false;
    this.#goOn(sleeps.map(({ path, key }) => ({ path, kind: 'sleep', key, outcome: 'woken' })));
    return true;
  }

  /** Ends the waits that are due, or all of them: if there are any the turn can go on. */
  wake(now: number, all: boolean): readonly TurnWait[] {
    if (this.#phase !== 'waiting') return [];
    const due = this.#waits
      .filter(({ kind, until }) => kind !== 'approval' && (all || until <= now))
      .sort((a, b) => a.until - b.until);
    if (due.length === 0) return [];
    this.#goOn([
      ...due.flatMap(({ kind, path, key }): JournalEntry[] =>
        kind === 'retry' ? [] : [{ path, kind, key, outcome: 'over' }],
      ),
      ...this.#approved(),
    ]);
    return due;
  }

  /** Goes on with what people have answered to what it waits for, if anything. */
  hear(): void {
    if (this.#phase !== 'waiting') return;
    const heard = this.#waits.flatMap(({ kind, path, key }): JournalEntry[] => {
      const message = kind === 'person' ? this.questions.take(path) : undefined;
      return message === undefined ? [] : [{ path, kind: 'person', key, outcome: 'answered', message }];
    });
    const entries = [...heard, ...this.#approved()];
    if (entries.length > 0) this.#goOn(entries);
  }

  /** What has been decided of the approvals that it waits for. */
  #approved(): readonly JournalEntry[] {
    return this.#waits.flatMap(({ kind, path }) =>
      kind === 'approval' ? (this.approvals.take(path) ?? []) : [],
    );
  }

  get waits(): readonly TurnWait[] {
    return this.#waits;
  }

  /** The approvals that it waits for are held by now. */
  held(): void {
    this.#waits = this.#waits.map(({ approval: _held, ...wait }) => wait);
  }

  #goOn(entries: readonly JournalEntry[]): void {
    this.#journal = { ...this.#journal, entries: [...this.#journal.entries, ...entries] };
    this.#waits = [];
    this.#phase = 'ready';
  }

  cancel(): void {
    this.#cancelled = true;
    if (this.#phase !== 'running') this.#phase = 'over';
  }

  /** No activity came back, and none will. `entries`: what it had decided. */
  lost(entries: readonly JournalEntry[]): void {
    this.#journal = { ...this.#journal, entries: [...this.#journal.entries, ...entries] };
    this.#phase = 'over';
  }

  report(events: readonly LoggedEvent[]): void {
    this.#end = events.find((event) => event.turn === this.turn && endsTurn(event.type)) ?? this.#end;
  }

  carry(): CarriedTurn {
    return {
      ...{ turn: this.turn, causes: this.causes, journal: this.#journal, waits: this.#waits },
      ...{ attempts: this.#attempts, cancelled: this.#cancelled, ...this.ran },
      ...(this.#needs === undefined ? {} : { needs: this.#needs }),
      ...this.given,
      ...(this.questions.list().length === 0 ? {} : { asked: this.questions.list() }),
      ...(this.approvals.list().length === 0 ? {} : { approvals: this.approvals.list() }),
    };
  }
}
