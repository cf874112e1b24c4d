/**
 * The log as one run of a turn writes to it. The turn's steps share the position that is known, the facts that ride along with the first
 * write, and the facts that the turn has made and the workflow does not hold yet: a log that is lost while the turn runs is built anew and
 * gets these facts again before anything else.
 */
import {
  endsTurn,
  eventId,
  type EventDraft,
  type LoggedEvent,
  type Position,
  type Report,
  type Roster,
  type SessionRef,
  type Wait,
} from '../../src/contracts/index.ts';
import type {
  AppendInput,
  Appended,
  BeginInput,
  Begun,
  CommitInput,
  Ended,
  Fenced,
  LogSlice,
} from '../../src/log/index.ts';
import { LogWriter, type LogAccess } from '../log-writer.ts';
import { Places } from './places.ts';
import type { TurnCall } from './turn-deps.ts';

export interface TurnLogInput extends Pick<TurnCall, 'waited'> {
  readonly turn: string;
  readonly known: Position;
  /** Facts of the workflow that have no position yet. */
  readonly lead: readonly EventDraft[];
  /** Messages that wait no longer. */
  readonly release: readonly string[];
  /** Facts that earlier attempts of this activity have persisted. */
  readonly facts: readonly EventDraft[];
}

/** What a step's begin adds to what its turn knows. */
export type StepBegin = Omit<BeginInput, 'known' | 'lead' | 'release'> & { readonly started: EventDraft };

interface AppendMore extends Pick<AppendInput, 'closes'> {
  /** Gives up waiting, instead of the turn's. */
  readonly signal?: AbortSignal;
}

export class TurnLog {
  readonly #writer: LogWriter;
  readonly #ref: SessionRef;
  readonly #input: TurnLogInput;
  readonly #signal: AbortSignal;
  /** Those that the turn has made, by id, in the order in which they were decided. */
  readonly #facts = new Map<string, EventDraft>();
  /** Those of them that are not durable yet: a log that is built anew does not get them, for nobody may see them. */
  readonly #unsaved = new Set<string>();
  readonly #places = new Places();
  /** Facts that other carriers have brought to the log and this turn builds upon. */
  readonly #seen = new Set<string>();
  #led = false;
  readonly waited: Wait[];
  /** The life of the log that has all that this run builds upon; 0: none yet. */
  #home: number;
  #bringing: Promise<void> | null = null;

  /** `signal`: gives up waiting for a log that is away. */
  constructor(access: LogAccess, ref: SessionRef, input: TurnLogInput, signal: AbortSignal) {
    this.#ref = ref;
    this.#input = input;
    this.#signal = signal;
    this.#home = input.known.epoch;
    this.waited = [...(input.waited ?? [])];
    for (const fact of input.facts) this.#facts.set(fact.id, fact);
    this.#writer = new LogWriter(access, ref, input.known, {
      facts: () => [...input.lead, ...this.#durable()],
      landed: (appended) => {
        this.#learn(appended);
        // It was built anew with what the workflow holds.
        this.#home = appended.position.epoch;
      },
    });
  }

  /** What the workflow does not hold yet, in the order in which it was decided. */
  facts(): readonly EventDraft[] {
    return [...this.#facts.values()];
  }

  /** The end that the turn has in the log, as far as this run knows. */
  get turnEnd(): LoggedEvent | undefined {
    const { turn } = this.#input;
    return this.#places.events().find((event) => event.turn === turn && endsTurn(event.type));
  }

  /** From here on they are to be made durable. */
  decide(facts: readonly EventDraft[]): void {
    for (const fact of facts) {
      this.#facts.set(fact.id, fact);
      this.#unsaved.add(fact.id);
    }
  }

  /** They are durable: from here on a lost log gets them. */
  saved(facts: readonly EventDraft[]): void {
    for (const { id } of facts) this.#unsaved.delete(id);
  }

  /** Facts of the workflow that the log has, whoever has brought them there: the workflow hears of their places no later than of what follows from them. */
  saw(placed: Report['placed']): void {
    for (const { id } of placed) this.#seen.add(id);
    this.#places.learn(placed, this.#writer.known.epoch);
  }

  /** Opens a step. With it goes whatever must be in the log before. */
  async begin({ started, ...begin }: StepBegin): Promise<Begun | Ended | Fenced> {
    for (;;) {
      const reply = await this.#patiently(() =>
        this.#writer.write((known) =>
          this.#writer.log.begin(this.#ref, { ...begin, known, ...this.#first(started) }),
        ),
      );
      if (reply.status === 'fenced') return reply;
      this.#led = true;
      const { epoch } = reply.position;
      this.#places.learn(reply.placed, epoch);
      const open = reply.status === 'begun';
      if (open) this.#opened(started, reply.restarted, epoch);
      else this.#take(reply.events, epoch);
      if (!(await this.#movesHome())) return reply;
    }
  }

  /** The log has made the restart, and the step is open: a log that is built anew gets both. */
  #opened(started: EventDraft, restarted: LoggedEvent | null, epoch: number): void {
    if (!this.#facts.has(started.id)) this.#facts.set(started.id, started);
    if (!restarted) return;
    const { seq, ...fact } = restarted;
    this.#facts.set(fact.id, fact);
    this.#places.learn([{ id: fact.id, seq }], epoch);
  }

  /** Who takes part in the session, as the log has it now; null: as the session was opened. */
  async roster(): Promise<Roster | null> {
    const { info } = await this.whole();
    return info.roster ?? null;
  }

  /** The log without its events; a lost one is built anew first. */
  whole(): Promise<LogSlice> {
    return this.#patiently(() => this.#writer.whole());
  }

  /** Waits for a log that is away until `stopped`. */
  async delta(
    delta: Parameters<LogWriter['log']['delta']>[1],
    stopped: AbortSignal,
  ): ReturnType<LogWriter['log']['delta']> {
    return this.#writer.patiently(stopped, async () => {
      const reply = await this.#writer.log.delta(this.#ref, delta);
      if (reply.status === 'lost' || reply.status === 'behind') await this.#writer.recover();
      return reply;
    });
  }

  async commit(commit: Omit<CommitInput, 'known'>): Promise<Ended | Fenced | { readonly status: 'closed' }> {
    const reply = await this.#patiently(() =>
      this.#writer.write((known) => this.#writer.log.commit(this.#ref, { ...commit, known })),
    );
    if (reply.status === 'ended') {
      this.#take(reply.events, reply.position.epoch);
      await this.#movesHome();
    }
    return reply;
  }

  /** Appends facts that no step carries, after all that were decided before. */
  async append(drafts: readonly EventDraft[], more: AppendMore = {}): Promise<Appended> {
    for (const draft of drafts) this.#facts.set(draft.id, draft);
    const { signal = this.#signal, ...closes } = more;
    for (;;) {
      const reply = await this.#writer.patiently(signal, () =>
        this.#writer.write((known) => {
          const { lead, release } = this.#input;
          const first = this.#led ? {} : { release };
          const all = this.#led ? drafts : [...lead, ...this.#durable()];
          return this.#writer.log.append(this.#ref, { known, ...first, ...closes, drafts: all });
        }),
      );
      this.#led = true;
      this.#learn(reply);
      if (!(await this.#movesHome())) return reply;
    }
  }

  /** The steps that are open in the log; null: there is no log. */
  async openSteps(): Promise<ReadonlySet<string> | null> {
    const slice = await this.#writer.log.read(this.#ref, { limit: 0 });
    return slice && new Set(slice.open.map(({ step }) => step));
  }

  /** Ends those of these steps of the turn that are open, in whatever attempt, as cancelled: with what they have said. */
  async cancel(
    steps: ReadonlySet<string>,
    end: Pick<Extract<EventDraft, { type: 'step.cancelled' }>, 'turn' | 'at' | 'cause' | 'trace' | 'data'>,
  ): Promise<void> {
    const { open } = await this.whole();
    const drafts = open
      .filter(({ step }) => steps.has(step))
      .map(({ step, agent, attempt }): EventDraft => {
        const place = { step, agent, ...(attempt === 0 ? {} : { attempt }) };
        return { id: eventId.stepEnded(step), type: 'step.cancelled', ...end, ...place };
      });
    if (drafts.length > 0) await this.append(drafts);
  }

  /**
   * Where everything has landed. `unplaced`: facts that the log does not have yet, or may not have: another writer has built it anew since,
   * perhaps without them.
   */
  report(): { readonly report: Report; readonly unplaced: readonly EventDraft[] } {
    const { known } = this.#writer;
    const events: LoggedEvent[] = [];
    const unplaced: EventDraft[] = [];
    for (const draft of this.#facts.values()) {
      const event = this.#places.event(draft, known.epoch);
      if (event) events.push(event);
      else unplaced.push(draft);
    }
    for (const event of this.#places.events()) if (!this.#facts.has(event.id)) events.push(event);
    const others = new Set([...this.#input.lead.map(({ id }) => id), ...this.#seen]);
    return {
      report: { position: known, placed: this.#places.placed(others, known.epoch), events },
      unplaced,
    };
  }

  #durable(): readonly EventDraft[] {
    return this.facts().filter(({ id }) => !this.#unsaved.has(id));
  }

  #first(started: EventDraft): Pick<BeginInput, 'lead' | 'release'> {
    if (this.#led) return { lead: [started], release: [] };
    const facts = this.#durable().filter(({ id }) => id !== started.id);
    return { lead: [...this.#input.lead, ...facts, started], release: this.#input.release };
  }

  /**
   * A log of another life may lack what the workflow holds and what this turn has brought: brings both, so that agents read all of it and the
   * workflow hears where all of it is. True: the call that found out is to be repeated.
   */
  async #movesHome(): Promise<boolean> {
    const { epoch } = this.#writer.known;
    const before = this.#home;
    if (before === epoch && !this.#bringing) return false;
    this.#home = epoch;
    if (before === 0) return false;
    this.#bringing ??= this.#bring().finally(() => {
      this.#bringing = null;
    });
    await this.#bringing;
    return true;
  }

  async #bring(): Promise<void> {
    await this.#patiently(async () => {
      const { lead } = this.#input;
      // Steps of a turn that is over do not start any more.
      const drafts = this.turnEnd ? lead : [...(await this.#writer.held()), ...lead, ...this.#durable()];
      const write = (known: Position) => this.#writer.log.append(this.#ref, { known, drafts });
      this.#learn(await this.#writer.write(write));
    });
  }

  /** When it was waited for the log since this was asked last. */
  takeWaits(): readonly Wait[] {
    return this.#writer.takeWaits();
  }

  #patiently<T>(call: () => Promise<T>): Promise<T> {
    return this.#writer.patiently(this.#signal, call);
  }

  #learn({ placed, events, position }: Appended): void {
    this.#places.learn(placed, position.epoch);
    this.#take(events, position.epoch);
  }

  #take(events: readonly LoggedEvent[], epoch: number): void {
    this.#places.take(events, epoch);
    for (const event of events) this.#yieldTo(event);
  }

  /** What somebody else has ended first is so, also when the turn's code runs again. */
  #yieldTo({ seq: _seq, ...event }: LoggedEvent): void {
    const fact = this.#facts.get(event.id);
    if (fact && fact.type !== event.type) this.#facts.set(event.id, event);
  }
}
