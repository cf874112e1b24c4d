/**
 * One activity of a turn, as the workflow and the log see it: `TurnRun` without agents, whose every step can be interleaved with anything else.
 * What it knows is durable once it has beaten; a step's end is shown only after that.
 */
import {
  eventId,
  type EventDraft,
  type JournalEntry,
  type LoggedEvent,
  type OpenTry,
  type Position,
  type Report,
  type TurnInput,
  type TurnProgress,
  type TurnResult,
  type TurnStatus,
  type TurnWait,
} from '../../../src/contracts/index.ts';
import type { FakeLog } from './fake-log.ts';
import { closing, joined } from './turn-facts.ts';

export interface TurnWorld {
  readonly log: FakeLog;
  /** What the workflow holds, for a log of another life than it knew. */
  held(): readonly EventDraft[];
  now(): number;
}

const OPEN: OpenTry = { attempt: 1, failures: 0, reason: '' };

export class FakeTurn {
  readonly input: TurnInput;
  /** How it has come back; null: it is at work. */
  result: TurnResult | null = null;
  /** Its heartbeats are refused: another execution has taken over. */
  isGone = false;
  /** Its newest heartbeat. */
  durable: TurnProgress | null;
  readonly #world: TurnWorld;
  readonly #entries: JournalEntry[];
  readonly #open: Map<string, string>;
  readonly #begun = new Set<string>();
  readonly #facts = new Map<string, EventDraft>();
  readonly #placed = new Map<string, number>();
  /** Messages for this turn that somebody else has brought to the log. */
  readonly #seen = new Map<string, Position>();
  readonly #events = new Map<string, LoggedEvent>();
  #known: Position;
  /** Of the log that it first wrote to. */
  #epoch: number | null = null;
  #led = false;
  /** The life of the log in which all has its place that this one builds upon; 0: none yet. */
  #home: number;

  /** `before`: an earlier execution of the same activity. Its team's code ran the same steps; all else is what it had made durable. */
  constructor(world: TurnWorld, input: TurnInput, before: FakeTurn | null = null) {
    this.#world = world;
    this.input = input;
    this.durable = before?.durable ?? null;
    this.#known = input.known;
    this.#home = input.known.epoch;
    this.#entries = [...(this.durable?.entries ?? [])];
    const open = Object.keys(input.journal.open);
    const given = open.map((step): [string, string] => [step, step.slice(input.turn.length + 1)]);
    this.#open = new Map(before ? before.#open : given);
    for (const fact of this.durable?.facts ?? []) this.#facts.set(fact.id, fact);
  }

  get isSpeaking(): boolean {
    return this.#begun.size > 0;
  }

  /** An agent begins to speak. */
  begin(): void {
    if (!this.#canWrite()) return;
    const inherited = [...this.#open].find(([step]) => !this.#begun.has(step));
    const path = inherited?.[1] ?? this.#nextPath();
    const step = `${this.input.turn}.${path}`;
    const id = eventId.stepStarted(step);
    const started: EventDraft = { ...this.#place(step), id, type: 'step.started', data: {} };
    const facts = this.#led ? [] : [...this.input.lead, ...this.#facts.values()];
    const reply = this.#write(() => this.#world.log.begin(started, facts, this.#release()));
    if (reply.ended) {
      const end = this.#world.log.find(eventId.stepEnded(step));
      if (end) this.#journal(path, [end]);
      else this.#finish('cancelled');
      return;
    }
    if (!this.#facts.has(id)) this.#facts.set(id, started);
    this.#open.set(step, path);
    this.#begun.add(step);
    this.#takeIn();
  }

  /** Messages that the log has for this turn join it: durable, not shown. */
  #takeIn(): void {
    const { turn: into } = this.input;
    const known = [...this.input.journal.entries, ...this.#entries].map(({ message }) => message);
    for (const { type, turn = '', data, id: accepted, seq } of this.#world.log.events) {
      if (type !== 'message.accepted' || data.steers !== into) continue;
      this.#seen.set(accepted, { seq, epoch: this.#world.log.epoch });
      if (known.includes(data.messageId)) continue;
      if (this.isGone) {
        this.#finish('cancelled');
        return;
      }
      const { messageId: message } = data;
      this.#entries.push({ path: '', kind: 'steer', key: '', outcome: 'joined', message });
      const merged = joined({ message, turn, into, at: this.#world.now() });
      this.#facts.set(merged.id, merged);
      this.beat();
    }
  }

  /** An agent has ended; durable, not shown. `last`: the turn ends with it. */
  end(last: boolean): void {
    const [step] = this.#begun;
    if (this.result || step === undefined) return;
    const place = this.#place(step);
    const ends: EventDraft[] = [
      { ...place, id: eventId.stepEnded(step), type: 'step.completed', data: { text: 'said' } },
    ];
    if (last && this.#open.size === 1) ends.push(this.#turnEnd());
    this.#journal(this.#open.get(step) ?? '', ends);
  }

  /** What is durable is shown. */
  show(): void {
    if (this.result) return;
    const hidden = [...this.#facts.values()].filter(
      ({ id }) => !this.#placed.has(id) && !this.#events.has(id),
    );
    const { log } = this.#world;
    const isOver = log.find(eventId.turnEnded(this.input.turn)) !== undefined;
    const isRefused = ({ id, step }: EventDraft): boolean =>
      isOver && step !== undefined && !log.find(id) && !log.isOpen(step);
    if (hidden.some(isRefused)) this.#finish('cancelled');
    else if (hidden.length > 0)
      this.#write(() =>
        log.append(this.#first(hidden), { ...closing(this.input.turn, hidden), release: this.#release() }),
      );
    if (this.#turnEnded()) this.#finish('done');
  }

  /** Its regular heartbeat. */
  beat(): void {
    if (this.result) return;
    this.durable = {
      entries: [...this.#entries],
      open: this.#openTries(),
      facts: [...this.#facts.values()],
      progressAt: 1,
    };
  }

  /** The team has ended, or cannot go on; what it left running is ended too. */
  finish(): void {
    if (!this.#canWrite()) return;
    const end = this.#turnEnd();
    this.#facts.set(end.id, end);
    // All of it: a log that was built anew may lack steps that are to be closed.
    const all = [...this.input.lead, ...this.#facts.values()];
    this.#write(() =>
      this.#world.log.append(all, { ...closing(this.input.turn, [end]), release: this.#release() }),
    );
    this.#finish('done');
  }

  /** Nothing runs; what is open pauses, and the team sleeps as often as told, each time as long. Or `place` alone is waited for. */
  suspend(delays: readonly number[], place: readonly TurnWait[] = []): void {
    if (!this.#canWrite()) return;
    const path = Number(this.#nextPath());
    const until = (ms: number): number => this.#world.now() + ms;
    const sleeps = delays.map((ms, n): TurnWait => {
      return { path: String(path + n), kind: 'sleep', key: String(ms), until: until(ms) };
    });
    const pauses = [...this.#open.values()].map((each): TurnWait => {
      return { path: each, kind: 'retry', key: 'a', until: until(5) };
    });
    const waits = place.length > 0 ? place : [...pauses, ...sleeps];
    if (waits.length > 0) this.#finish('suspended', { waits });
  }

  yield(needs?: string): void {
    if (this.#canWrite()) this.#finish('yielded', needs === undefined ? {} : { needs });
  }

  /** It has heard that its workflow wants no more of it. */
  stop(): void {
    if (!this.result) this.#finish('cancelled');
  }

  #canWrite(): boolean {
    this.show();
    return this.result === null;
  }

  #journal(path: string, ends: readonly EventDraft[]): void {
    const [end] = ends;
    const outcome = end?.type === 'step.completed' ? 'completed' : 'failed';
    this.#entries.push({ path, kind: 'ask', key: 'a', outcome });
    for (const draft of ends) this.#facts.set(draft.id, draft);
    this.#open.delete(end?.step ?? '');
    this.#begun.delete(end?.step ?? '');
    this.beat();
  }

  /** What the first write brings along. */
  #first(drafts: readonly EventDraft[]): readonly EventDraft[] {
    return this.#led ? drafts : [...this.input.lead, ...this.#facts.values()];
  }

  #release(): readonly string[] {
    return this.#led ? [] : this.input.release;
  }

  /** A log of another life than the workflow knew gets what the workflow holds. */
  #write<R extends Report>(call: () => R): R {
    const reply = call();
    this.#led = true;
    this.#learn(reply);
    const { log } = this.#world;
    const before = this.#home;
    this.#home = log.epoch;
    const isOver = log.find(eventId.turnEnded(this.input.turn)) !== undefined;
    if (before === 0 || before === log.epoch) return reply;
    const { lead } = this.input;
    this.#learn(log.append(isOver ? lead : [...this.#world.held(), ...lead, ...this.#facts.values()]));
    this.#learn(call());
    return reply;
  }

  #learn({ position, placed, events }: Report): void {
    this.#known = position;
    this.#epoch ??= position.epoch;
    for (const { id, seq } of placed) {
      this.#placed.set(id, seq);
      const event = this.#events.get(id);
      if (event) this.#events.set(id, { ...event, seq });
    }
    for (const event of events) this.#events.set(event.id, event);
  }

  #finish(status: TurnStatus, more: Partial<Pick<TurnResult, 'waits' | 'needs'>> = {}): void {
    if (this.result) return;
    const end = this.#turnEnded();
    const events: LoggedEvent[] = [];
    const unplaced: EventDraft[] = [];
    for (const draft of this.#facts.values()) {
      const event = this.#events.get(draft.id);
      const seq = this.#placed.get(draft.id);
      if (event) events.push(event);
      else if (seq !== undefined) events.push({ ...draft, seq });
      else unplaced.push(draft);
    }
    for (const event of this.#events.values()) if (!this.#facts.has(event.id)) events.push(event);
    const seen = [...this.#seen].filter(([, { epoch }]) => epoch === this.#known.epoch);
    const brought = this.input.lead.flatMap(({ id }) => {
      const seq = this.#placed.get(id);
      return seq === undefined || this.#seen.has(id) ? [] : [{ id, seq }];
    });
    const placed = [...brought, ...seen.map(([id, { seq }]) => ({ id, seq }))];
    this.result = {
      status: status === 'done' && end?.type === 'turn.cancelled' ? 'cancelled' : status,
      // The workflow must hear of two lives of a log, also of one that nobody else has told it of.
      report: { position: { ...this.#known, epoch: this.#epoch ?? this.#known.epoch }, placed, events },
      ...{ entries: [...this.#entries], open: this.#openTries(), waits: [], unplaced, attempts: 1 },
      ...more,
    };
  }

  #turnEnded(): LoggedEvent | undefined {
    return this.#events.get(eventId.turnEnded(this.input.turn));
  }

  #turnEnd(): EventDraft {
    const { turn } = this.input;
    return { ...this.#place(), id: eventId.turnEnded(turn), type: 'turn.completed', data: {} };
  }

  #place(step?: string): Pick<EventDraft, 'at' | 'turn' | 'step' | 'cause'> {
    const [cause = ''] = this.input.causes;
    return {
      at: this.#world.now(),
      turn: this.input.turn,
      cause,
      ...(step === undefined ? {} : { step, agent: 'a' }),
    };
  }

  #nextPath(): string {
    const used = [...this.input.journal.entries, ...this.#entries].map(({ path }) => Number(path));
    return String(1 + Math.max(0, ...used, ...[...this.#open.values()].map(Number)));
  }

  #openTries(): Readonly<Record<string, OpenTry>> {
    return Object.fromEntries([...this.#open.keys()].map((step) => [step, OPEN]));
  }
}
