/**
 * What this process has read of a session, turn by turn: what the largest budget of its agents needs, and no more.
 *
 * Invariants
 * 1. Every event from `low` to `position` has been read, and what it says is kept unless it was let go: of turns before `#floor`, and of
 *    the first steps of a turn that says more than `#reach`.
 * 2. If anything was let go, the turns from `#floor` to the one before the running one say more than `#reach`.
 * 3. In a turn whose start has been read all ends of steps have been: they come after it.
 */
import { endsTurn, turnNumber, type LoggedEvent, type Position } from '../../src/contracts/index.ts';
import { comparePaths, emptyTurn, lineOf, ran, type Line, type Turn } from './line.ts';

/** What a line or a turn takes in memory beside its text, in UTF-16 code units. */
const OVERHEAD_CHARS = 100;

const NOTHING: ReadonlySet<string> = new Set();

/** `said`: the turn had started. `unsaid`: it never did. `unknown`: older events tell. */
export type Standing = 'said' | 'unsaid' | 'unknown';

export class Transcript {
  #position: Position;
  #low: number;
  #reach: number;
  readonly #about: number;
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
  /** Message → the turn whose start lists it. */
  readonly #claims = new Map<string, number>();

  /** Nothing is read yet. `reach`: the largest budget to be served, UTF-16 code units. `about`: the newest turn that is asked for. */
  constructor(position: Position, reach: number, about = Infinity) {
    this.#position = position;
    this.#low = position.seq + 1;
    this.#reach = reach;
    this.#about = about;
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
    return this.#chars;
  }

  /** Text that is kept, UTF-16 code units. */
  get textChars(): number {
    return this.#chars - OVERHEAD_CHARS * (this.#lines.size + this.#turns.size);
  }

  /** A message by its id, or the end of a step. */
  line(id: string): Line | undefined {
    return this.#lines.get(id);
  }

  /** True if nothing was let go that a window of this turn and budget may show. */
  serves(turn: number, budget: number): boolean {
    return !this.#lean || (budget <= this.#reach && turn >= Math.min(this.#newest, this.#about));
  }

  /** A larger budget is to be served from now on; only while `serves` says so. */
  widen(budget: number): void {
    this.#reach = Math.max(this.#reach, budget);
  }

  standing(number: number): Standing {
    const turn = this.#turns.get(number);
    if (turn?.opens) return 'said';
    const started = turn !== undefined && ran(turn);
    if (this.#low <= 1) return started ? 'said' : 'unsaid';
    if (!turn || started) return 'unknown';
    // The first message comes before the start, which would have been read with it.
    const first = turn.end ? this.#lines.has(turn.end.cause) : turn.accepted;
    return first ? 'unsaid' : 'unknown';
  }

  /** The ends of steps of a turn that was `said`, by path. */
  steps(number: number): readonly Line[] {
    return this.#turns.get(number)?.steps ?? [];
  }

  /** Its messages: those that opened it, then those that joined it. Null: older events hold one of them. */
  messages(number: number): readonly Line[] | null {
    const turn = this.#turns.get(number);
    if (!turn) return [];
    if (this.#low > 1 && turn.lacks > 0) return null;
    const { messages, opens } = turn;
    if (messages.length < 2 || !opens) return messages;
    const place = new Map(opens.map((id, index) => [id, index]));
    const placeOf = ({ id }: Line): number => place.get(id) ?? opens.length;
    return messages.toSorted((a, b) => placeOf(a) - placeOf(b) || a.at - b.at || a.seq - b.seq);
  }

  /** Reads on. Events that do not continue what was read replace it. */
  follow(position: Position, fresh: readonly LoggedEvent[]): void {
    const before = this.#position;
    const same = position.epoch === before.epoch;
    if (same && position.seq <= before.seq) return;
    const news = unbroken(fresh, position.seq);
    const first = position.seq + 1 - news.length;
    if (!same || first > before.seq + 1) this.#forget(first);
    this.#position = position;
    for (const event of news) this.#add(event, NOTHING);
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
    const copy = new Transcript(this.#position, this.#reach, this.#about);
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
    return copy;
  }

  #forget(low: number): void {
    this.#turns.clear();
    this.#lines.clear();
    this.#claims.clear();
    [this.#low, this.#floor, this.#lowest, this.#newest] = [low, 1, Infinity, 0];
    [this.#chars, this.#lean, this.#dropped] = [0, false, 0];
  }

  #add(event: LoggedEvent, keep: ReadonlySet<string>): void {
    const number = turnNumber(event.turn ?? '');
    if (number === 0) return;
    const line = lineOf(event);
    const home = (line && this.#claims.get(line.id)) ?? number;
    if (event.step !== undefined || event.type === 'turn.started')
      this.#newest = Math.max(this.#newest, number);
    const wanted = line !== null && keep.has(line.id);
    if (!wanted && (home < this.#floor || home > this.#about)) return;
    if (line) this.#addLine(line, home);
    if (event.type === 'message.accepted') this.#turn(number).accepted = true;
    if (event.type === 'turn.started') this.#start(number, event.data.messageIds);
    if (endsTurn(event.type)) {
      const type = event.type === 'turn.cancelled' ? 'cancelled' : 'ran';
      this.#turn(number).end ??= { type, cause: event.cause ?? '' };
    }
  }

  #addLine(line: Line, home: number): void {
    if (this.#lines.has(line.id)) return;
    this.#lines.set(line.id, line);
    const turn = this.#turn(home);
    turn.chars += line.chars;
    this.#chars += line.chars + OVERHEAD_CHARS;
    if (line.kind === 'message') {
      turn.messages.push(line);
      if (this.#claims.has(line.id)) turn.lacks -= 1;
      return;
    }
    turn.stepChars += line.chars;
    const after = turn.steps.findLastIndex(({ id }) => comparePaths(id, line.id) < 0);
    turn.steps.splice(after + 1, 0, line);
  }

  /** The messages that a start lists are of its turn, whatever turn they were accepted for. */
  #start(number: number, messageIds: readonly string[]): void {
    const turn = this.#turn(number);
    if (turn.opens) return;
    turn.opens = messageIds;
    turn.lacks = messageIds.filter((id) => !this.#lines.has(id)).length;
    for (const id of messageIds) {
      const line = this.#lines.get(id);
      const before = line && (this.#claims.get(id) ?? line.turn);
      this.#claims.set(id, number);
      if (!line || before === undefined || before === number) continue;
      const left = this.#turn(before);
      left.messages.splice(left.messages.indexOf(line), 1);
      left.chars -= line.chars;
      turn.messages.push(line);
      turn.chars += line.chars;
    }
  }

  #turn(number: number): Turn {
    const there = this.#turns.get(number);
    if (there) return there;
    const turn = emptyTurn();
    this.#turns.set(number, turn);
    this.#lowest = Math.min(this.#lowest, number);
    this.#chars += OVERHEAD_CHARS;
    return turn;
  }

  /** Lets go of what no window up to `#reach` shows. */
  #trim(keep: ReadonlySet<string>): void {
    const running = Math.min(this.#newest, this.#about);
    for (const turn of this.#turns.values()) if (turn.stepChars > this.#reach) this.#cut(turn, keep);
    let chars = 0;
    for (let number = running - 1; number >= Math.max(this.#floor, this.#lowest); number -= 1) {
      const turn = this.#turns.get(number);
      if (!turn || !ran(turn)) continue;
      chars += turn.chars;
      if (chars <= this.#reach) continue;
      this.#raise(number, keep);
      return;
    }
  }

  /** The last steps of a turn are enough if they fill a window. */
  #cut(turn: Turn, keep: ReadonlySet<string>): void {
    for (const line of [...turn.steps]) {
      if (turn.stepChars - line.chars <= this.#reach) return;
      if (keep.has(line.id)) continue;
      turn.steps.splice(turn.steps.indexOf(line), 1);
      turn.stepChars -= line.chars;
      turn.chars -= line.chars;
      this.#drop(line);
    }
  }

  /** Turns before this one are let go, but for those in which `keep` names something. */
  #raise(floor: number, keep: ReadonlySet<string>): void {
    this.#floor = floor;
    this.#lean = true;
    for (const [number, turn] of this.#turns) {
      if (number >= floor) continue;
      const lines = [...turn.messages, ...turn.steps];
      if (lines.some(({ id }) => keep.has(id))) continue;
      for (const line of lines) this.#drop(line);
      for (const id of turn.opens ?? []) this.#claims.delete(id);
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

/** The longest run without a gap that ends at `seq`. */
function unbroken(events: readonly LoggedEvent[], seq: number): readonly LoggedEvent[] {
  let from = events.length;
  while (from > 0 && events[from - 1]?.seq === seq - (events.length - from)) from -= 1;
  return events.slice(from);
}
