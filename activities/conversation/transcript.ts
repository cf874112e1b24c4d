/**
 * What this process has read of a session, turn by turn: what the largest budget of its agents needs, and no more.
 *
 * Invariants
 * 1. Every event from `low` to `position` has been read, and what it says is kept unless it was let go: of turns before `#floor`, and of
 *    the first steps of a turn that says more than `#reach`.
 * 2. If anything was let go, the turns from `#floor` to the one before the running one say more than `#reach`, without those that this one does
 *    not see. One that starts later sees no less.
 * 3. In a turn whose start has been read all ends of steps have been: they come after it.
 */
import {
  endsTurn,
  turnNumber,
  type EventData,
  type LoggedEvent,
  type Position,
} from '../../src/contracts/index.ts';
import { lineOf, unbroken, type Line } from './line.ts';
import { SteeringMessages, type Steering } from './steering.ts';
import { SummaryLines } from './summary-lines.ts';
import {
  addTo,
  cutSteps,
  emptyTurn,
  endTurn,
  inOrder,
  floorOf,
  standingOf,
  type Standing,
  type Turn,
} from './turn.ts';

/** What a line or a turn takes in memory beside its text, in UTF-16 code units: 320 bytes, measured. */
const OVERHEAD_CHARS = 160;

const NOTHING: ReadonlySet<string> = new Set();

export class Transcript {
  /** The newest turn that it is read for; Infinity: any. */
  readonly about: number;
  #position: Position;
  #low: number;
  #reach: number;
  #floor = 1;
  #lowest = Infinity;
  /** The newest turn that has started. */
  #newest = 0;
  #chars = 0;
  /** Something was let go. */
  #lean = false;
  /** Highest seq of what was let go since it was last settled. */
  #dropped = 0;
  readonly #turns = new Map<number, Turn>();
  /** Messages and ends of steps; the id of a step has a dot, that of a message has none. */
  readonly #lines = new Map<string, Line>();
  /** Message → the turn whose start lists it, or that it has joined. */
  readonly #claims = new Map<string, number>();
  #steering = new SteeringMessages();
  #summaries = new SummaryLines();

  /** Nothing is read yet. `reach`: the largest budget to be served, UTF-16 code units. */
  constructor(position: Position, reach: number, about = Infinity) {
    this.#position = position;
    this.#low = position.seq + 1;
    this.#reach = reach;
    this.about = about;
  }

  /** The newest event that has been read. */
  get position(): Position {
    return this.#position;
  }

  /** Every event from here on has been read. */
  get low(): number {
    return this.#low;
  }

  /** The largest budget that is served, UTF-16 code units. */
  get reach(): number {
    return this.#reach;
  }

  /** The newest turn that has started. */
  get newest(): number {
    return this.#newest;
  }

  /** What is kept, in UTF-16 code units: text, and what lines and turns take beside it. */
  get chars(): number {
    return this.#chars + this.#summaries.chars;
  }

  /** Text that is kept, UTF-16 code units. */
  get textChars(): number {
    return this.#chars - OVERHEAD_CHARS * (this.#lines.size + this.#turns.size);
  }

  /** A message by its id, or the end of a step. */
  line(id: string): Line | undefined {
    return this.#lines.get(id) ?? this.#summaries.get(id);
  }

  /** Its end has been read. */
  isOver(number: number): boolean {
    return (this.#turns.get(number)?.end ?? null) !== null;
  }

  /** False for a turn of which something has been read, and not its end. */
  hasEnded(number: number): boolean {
    return this.#turns.get(number)?.end !== null;
  }

  /** True if nothing was let go that a window of this turn and budget may show. */
  serves(turn: number, budget: number): boolean {
    return !this.#lean || (budget <= this.#reach && turn >= Math.min(this.#newest, this.about));
  }

  /** A larger budget is to be served from now on; only while `serves` says so. */
  widen(budget: number): void {
    this.#reach = Math.max(this.#reach, budget);
  }

  /** The messages that are to join this turn, or have joined it, in the order in which they came. */
  steering(number: number): readonly Steering[] {
    return this.#steering.of(number);
  }

  standing(number: number): Standing {
    return standingOf(this.#turns.get(number), { isWhole: this.#low <= 1, has: (id) => this.#lines.has(id) });
  }

  /** The ends of steps of a turn that was `said`, by path. */
  steps(number: number): readonly Line[] {
    return this.#turns.get(number)?.steps ?? [];
  }

  /** Its messages. Null: older events hold one of them. */
  messages(number: number): readonly Line[] | null {
    const turn = this.#turns.get(number);
    if (!turn) return [];
    return this.#low > 1 && turn.lacks > 0 ? null : inOrder(turn);
  }

  /** Reads on. Events that do not continue what was read replace it. */
  follow(position: Position, fresh: readonly LoggedEvent[]): void {
    const before = this.#position;
    const same = position.epoch === before.epoch;
    if (same && position.seq <= before.seq) return;
    const news = unbroken(fresh, position.seq);
    const first = position.seq + 1 - news.length;
    if (!same || first > before.seq + 1) {
      this.#forget(first);
      this.#steering.clear();
    }
    this.#position = position;
    for (const event of news) this.#add(event, NOTHING);
    // What was let go may be needed after all to fill a window without the turn that was withdrawn.
    if (this.#lean && news.some(({ type, data }) => type === 'turn.cancelled' && data.rolledBack))
      this.#forget(position.seq + 1);
    this.settle();
  }

  /** Takes what comes before `low`, from `from` on. What `keep` names is kept, whatever its turn. */
  precede(from: number, events: readonly LoggedEvent[], keep: ReadonlySet<string>): void {
    for (const event of events) this.#add(event, keep);
    this.#low = Math.min(this.#low, from);
    this.#trim(keep);
  }

  /** Nothing is looked for any more; who looks for what was let go must read it again. */
  settle(): void {
    this.#trim(NOTHING);
    this.#low = Math.max(this.#low, this.#dropped + 1);
    this.#dropped = 0;
  }

  /** To be read further back while others use this one. */
  copy(): Transcript {
    const copy = new Transcript(this.#position, this.#reach, this.about);
    copy.#low = this.#low;
    copy.#floor = this.#floor;
    copy.#lowest = this.#lowest;
    copy.#newest = this.#newest;
    copy.#chars = this.#chars;
    copy.#lean = this.#lean;
    for (const [number, turn] of this.#turns)
      copy.#turns.set(number, { ...turn, messages: [...turn.messages], steps: [...turn.steps] });
    for (const [id, line] of this.#lines) copy.#lines.set(id, line);
    for (const [id, turn] of this.#claims) copy.#claims.set(id, turn);
    copy.#steering = this.#steering.copy();
    copy.#summaries = this.#summaries.copy();
    return copy;
  }

  #forget(low: number): void {
    for (const all of [this.#turns, this.#lines, this.#claims, this.#summaries]) all.clear();
    [this.#low, this.#floor, this.#lowest, this.#newest] = [low, 1, Infinity, 0];
    [this.#chars, this.#lean, this.#dropped] = [0, false, 0];
  }

  #add(event: LoggedEvent, keep: ReadonlySet<string>): void {
    const number = turnNumber(event.turn ?? '');
    if (number === 0) return;
    this.#steering.note(event, (turn) => this.isOver(turn));
    const line = lineOf(event);
    const home = (line && this.#claims.get(line.id)) ?? number;
    if (event.step !== undefined || event.type === 'turn.started')
      this.#newest = Math.max(this.#newest, number);
    if (line?.kind === 'summary') {
      this.#dropped = Math.max(this.#dropped, this.#summaries.add(line, keep));
      return;
    }
    const wanted = line !== null && keep.has(line.id);
    if (!wanted && (home < this.#floor || home > this.about)) return;
    if (line) this.#addLine(line, home);
    if (event.type === 'message.accepted') this.#turn(number).accepted = true;
    if (event.type === 'turn.started') this.#start(number, event.data);
    if (event.type === 'turn.merged') this.#merge(event.data);
    if (endsTurn(event.type)) endTurn(this.#turn(number), event);
  }

  #addLine(line: Line, home: number): void {
    if (this.#lines.has(line.id)) return;
    this.#lines.set(line.id, line);
    const turn = this.#turn(home);
    addTo(turn, line);
    this.#chars += line.chars + OVERHEAD_CHARS;
    if (line.kind === 'message' && this.#claims.has(line.id)) turn.lacks -= 1;
  }

  #start(number: number, { messageIds, unseen = [] }: EventData['turn.started']): void {
    const turn = this.#turn(number);
    if (turn.opens) return;
    turn.opens = messageIds;
    turn.unseen = unseen;
    this.#claim(number, messageIds);
  }

  /** The messages are of another turn than they were accepted for. */
  #merge({ into, messageIds }: EventData['turn.merged']): void {
    const number = turnNumber(into);
    if (number >= this.#floor && number <= this.about) this.#claim(number, messageIds);
  }

  #claim(number: number, messageIds: readonly string[]): void {
    const turn = this.#turn(number);
    turn.lacks += messageIds.filter((id) => !this.#lines.has(id) && this.#claims.get(id) !== number).length;
    for (const id of messageIds) {
      const line = this.#lines.get(id);
      const before = line && (this.#claims.get(id) ?? line.turn);
      this.#claims.set(id, number);
      if (!line || before === undefined || before === number) continue;
      const left = this.#turn(before);
      left.messages.splice(left.messages.indexOf(line), 1);
      left.chars -= line.chars;
      addTo(turn, line);
    }
  }

  #turn(number: number): Turn {
    const turn = this.#turns.get(number) ?? emptyTurn();
    if (this.#turns.has(number)) return turn;
    this.#turns.set(number, turn);
    this.#lowest = Math.min(this.#lowest, number);
    this.#chars += OVERHEAD_CHARS;
    return turn;
  }

  /** Lets go of what no window up to `#reach` shows. */
  #trim(keep: ReadonlySet<string>): void {
    for (const turn of this.#turns.values())
      for (const line of cutSteps(turn, this.#reach, keep)) this.#drop(line);
    const [running, lowest] = [Math.min(this.#newest, this.about), Math.max(this.#floor, this.#lowest)];
    this.#raise(floorOf(this.#turns, { running, lowest, reach: this.#reach }), keep);
  }

  /** Turns before this one are let go, but for those in which `keep` names something. */
  #raise(floor: number | null, keep: ReadonlySet<string>): void {
    if (floor === null) return;
    this.#floor = floor;
    this.#lean = true;
    for (const [number, turn] of this.#turns) {
      if (number >= floor) continue;
      const lines = [...turn.messages, ...turn.steps];
      if (lines.some(({ id }) => keep.has(id))) continue;
      for (const line of lines) this.#drop(line);
      for (const id of [...(turn.opens ?? []), ...lines.map((line) => line.id)]) this.#claims.delete(id);
      this.#turns.delete(number);
      this.#chars -= OVERHEAD_CHARS;
    }
  }

  #drop(line: Line): void {
    this.#lines.delete(line.id);
    this.#chars -= line.chars + OVERHEAD_CHARS;
    this.#lean = true;
    this.#dropped = Math.max(this.#dropped, line.seq);
  }
}
