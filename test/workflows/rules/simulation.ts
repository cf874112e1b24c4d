/**
 * A session without Temporal and Redis: the machine, a log that may be lost, an archive, and the glue of the workflow in a form in which
 * every step of it can be interleaved with anything else, and every report can be late or lost.
 */
import {
  endsTurn,
  type LoggedEvent,
  type Message,
  type PublishInput,
  type Report,
} from '../../../src/contracts/index.ts';
import { assemble } from '../../../src/log/index.ts';
import { SessionMachine } from '../../../workflows/rules/machine.ts';
import { nextMove, type Move } from '../../../workflows/rules/moves.ts';
import { FakeLog } from './fake-log.ts';
import { FakeTurn, type TurnWorld } from './fake-turn.ts';
import { checkJournal, INPUT, message } from './support.ts';

type Publishing = Pick<PublishInput, 'drafts' | 'closes' | 'release' | 'reconcile'>;

/** More than any sequence of the tests needs. */
const PATIENCE = 500;
/** Temporal refuses more in one payload. */
const PAYLOAD_BYTES = 2 * 1024 * 1024;

export class Simulation {
  machine = new SessionMachine(INPUT, 0);
  readonly log = new FakeLog();
  readonly archive: LoggedEvent[] = [];
  /** Messages that came in. */
  readonly sent = new Set<string>();
  /** Those that got a turn. */
  readonly accepted = new Set<string>();
  /** Ends of steps that an activity had made durable when it came back, or was given up. */
  readonly durable = new Set<string>();
  logsLost = 0;
  /** The activities of turns that are at work, or have come back without being heard of; by turn. */
  readonly activities = new Map<string, FakeTurn>();
  /** An execution that was taken for lost and still runs. */
  zombie: FakeTurn | null = null;
  #now = 0;
  #publish: Publishing | null = null;
  #published: Report | null = null;
  readonly #cancelled = new Set<string>();
  /** Paths that the journal of a turn has. */
  readonly #journaled = new Map<string, readonly string[]>();
  readonly #world: TurnWorld = {
    log: this.log,
    held: () => this.machine.facts.held(),
    now: () => this.#now,
  };

  /** The activity of the main lane, or else the first beside it. */
  get turn(): FakeTurn | null {
    const [first] = this.machine.turns.all.flatMap(({ turn }) => this.activities.get(turn) ?? []);
    return first ?? null;
  }

  /** The activities that are at work. */
  get working(): readonly FakeTurn[] {
    return [...this.activities.values()].filter(({ result }) => result === null);
  }

  /** What the loop would do now; null: nothing, or it waits for a publish. */
  get move(): Move | null {
    return this.#publish ? null : this.next(false);
  }

  /** What the loop would do if it did not wait for a publish. */
  next(full: boolean, overfull = false): Move | null {
    const work = { busy: [...this.activities.keys()], isFull: () => full, isOverfull: () => overfull };
    return nextMove(this.machine, work);
  }

  get isPublishing(): boolean {
    return this.#publish !== null;
  }

  get isPublished(): boolean {
    return this.#published !== null;
  }

  send(messageId: string, text?: string, more: Partial<Message> = {}): void {
    this.sent.add(messageId);
    this.log.counted.add(messageId);
    this.machine.accept(message(messageId, text, more), this.#tick());
    if (this.machine.receipt(messageId)?.turn !== undefined) this.accepted.add(messageId);
  }

  cancel(turn: string | undefined): void {
    const reply = this.machine.cancel(turn, this.#tick());
    if (reply.status === 'cancelling' && reply.turn !== undefined) this.#cancelled.add(reply.turn);
  }

  cancelStep(step: string): void {
    this.machine.cancels.step(step);
  }

  cancelAll(): void {
    for (const turn of this.machine.cancels.all(this.#tick()).turns ?? []) this.#cancelled.add(turn);
  }

  close(): void {
    this.machine.close('requested', this.#tick());
  }

  /** Time passes, and waits are over. */
  wake(ms: number): void {
    this.#now += ms;
    this.machine.waits.wake(this.#now, false);
  }

  /** The main loop acts, if it has something to do and does not wait for a publish. */
  act(full = false): void {
    const { machine } = this;
    if (this.#publish) return;
    switch (this.next(full)) {
      case 'publish':
        this.#publish = machine.takePublish();
        break;
      case 'continue':
        this.#continue();
        break;
      case 'settle':
        machine.turns.settle(this.#tick());
        break;
      case 'run':
        this.#runTurn();
        break;
      case 'finish':
        machine.finish(this.#tick());
        break;
      default:
        break;
    }
  }

  /** The publish reaches the log, perhaps not for the first time. */
  publishLands(): void {
    const { facts } = this.machine;
    if (!this.#publish) return;
    const { drafts, reconcile, ...along } = this.#publish;
    const changed = facts.known.epoch !== 0 && facts.known.epoch !== this.log.epoch;
    const missing = reconcile || changed ? facts.held() : [];
    this.#published = this.log.append([...missing, ...drafts], along);
  }

  /** The workflow hears of it. */
  publishReports(): void {
    if (!this.#publish || !this.#published) return;
    this.machine.report(this.#published, this.#publish.closes);
    this.#publish = null;
    this.#published = null;
  }

  /** The activities hear of the cancels, if there are any. */
  turnStops(): void {
    for (const turn of this.machine.turns.all) if (turn.cancelled) this.activities.get(turn.turn)?.stop();
  }

  /** The workflow hears that activities are back: of all, or of this one. */
  turnReports(only?: FakeTurn): void {
    for (const activity of only ? [only] : [...this.activities.values()]) {
      const { input, result } = activity;
      if (!result) continue;
      this.activities.delete(input.turn);
      this.#keep(activity);
      this.#journaled.set(input.turn, [
        ...(this.#journaled.get(input.turn) ?? []),
        ...result.entries.flatMap(({ kind, path }) => (kind === 'steer' ? [] : [path])),
      ]);
      this.machine.back(input, result, this.#tick());
    }
  }

  /** Another worker goes on with what was durable; the first does not know yet. */
  turnRestarts(activity = this.working[0]): void {
    if (!activity) return;
    this.zombie = activity;
    activity.isGone = true;
    this.activities.set(activity.input.turn, new FakeTurn(this.#world, activity.input, activity));
  }

  /** The activity is given up; `stopped`: after it was told to stop. */
  turnLost(stopped = false, activity = this.working[0]): void {
    if (!activity) return;
    const { input, durable: progress } = activity;
    activity.isGone = true;
    this.zombie = activity;
    this.activities.delete(input.turn);
    this.#keep(activity);
    const code = progress ? 'worker_lost' : 'no_worker_for_agent';
    this.machine.lost(input, { progress, code, stopped }, this.#tick());
  }

  /** Only in a turn that is given up: in another, whoever goes on with it runs the same steps. */
  zombieBegins(): void {
    const turn = this.machine.turns.find(this.zombie?.input.turn ?? '');
    if (!turn || turn.phase === 'over') this.zombie?.begin();
  }

  /** The log is lost and built anew from the archive, what the workflow knows, and what the running turns have made durable. */
  loseLog(): void {
    // What has come back is heard of before a question is answered.
    this.turnReports();
    this.publishReports();
    const { facts } = this.machine;
    const { archivedTo } = facts;
    const archived = this.archive.filter((event) => event.seq <= archivedTo);
    // What the turn says comes after its start, which may be pending, and before its end, which may be too.
    let drafts = facts.pending();
    for (const { input, durable } of this.activities.values()) {
      const end = drafts.findIndex(({ type, turn }) => endsTurn(type) && turn === input.turn);
      drafts = drafts.toSpliced(end < 0 ? drafts.length : end, 0, ...(durable?.facts ?? []));
    }
    this.log.rebuild([...archived, ...assemble(archivedTo, facts.held(), drafts)]);
    this.logsLost += 1;
  }

  /** The world works: everything comes to rest. */
  settle(): void {
    for (let n = 0; n < PATIENCE; n += 1) {
      if (this.#isAtRest()) return;
      this.#checkRest();
      this.act();
      this.publishLands();
      this.publishReports();
      this.turnStops();
      for (const activity of this.activities.values()) activity.finish();
      this.turnReports();
      const { at } = this.machine.waits;
      if (at !== null) this.wake(Math.max(at - this.#now, 0));
    }
    throw new Error('The session does not come to rest.');
  }

  /** Closes, and archives. */
  end(): void {
    this.close();
    do this.settle();
    while (!this.#archive());
  }

  #isAtRest(): boolean {
    const waits = this.machine.turns.all.length > 0 || this.activities.size > 0 || this.isPublishing;
    return !waits && this.move === null;
  }

  /** What waits for a while hides nothing, and does not wait when the session closes. */
  #checkRest(): void {
    if (this.activities.size > 0 || this.isPublishing || this.move !== null) return;
    if (this.machine.facts.pending().length > 0) throw new Error('facts wait and nobody carries them');
    if (this.machine.state(0).status === 'closing') throw new Error('a turn waits in a session that closes');
  }

  #keep({ durable }: FakeTurn): void {
    for (const { id, type } of durable?.facts ?? []) if (type === 'step.completed') this.durable.add(id);
  }

  #runTurn(): void {
    const input = this.machine.runTurn(this.#tick());
    if (this.#cancelled.has(input.turn)) throw new Error(`${input.turn} goes on after its cancel`);
    if (this.activities.has(input.turn)) throw new Error(`two activities of ${input.turn}`);
    checkJournal(input, this.#journaled.get(input.turn) ?? []);
    if (this.zombie?.input.turn === input.turn) this.zombie = null;
    this.activities.set(input.turn, new FakeTurn(this.#world, input));
  }

  /** The run ends and the next begins. */
  #continue(): void {
    if (!this.#archive()) return;
    const carried = this.machine.carry();
    if (Buffer.byteLength(JSON.stringify(carried)) > PAYLOAD_BYTES)
      throw new Error('a run hands on too much');
    this.machine = new SessionMachine({ ...INPUT, carried }, this.#now);
  }

  /** False if the log has another life than the workflow knew: what it lacks must get its place first. */
  #archive(): boolean {
    const { facts } = this.machine;
    const { archivedTo, known } = facts;
    if (known.epoch !== 0 && known.epoch !== this.log.epoch) {
      facts.learn(this.log.position);
      return false;
    }
    const whole = known.epoch === this.log.epoch && this.log.position.seq >= known.seq;
    const more = whole ? this.log.events.slice(archivedTo, known.seq) : assemble(archivedTo, facts.held());
    this.archive.push(...more);
    const ids = new Set(this.archive.map(({ id }) => id));
    const missing = facts.held().find(({ id }) => !ids.has(id));
    if (missing) throw new Error(`the archive lacks ${missing.id}`);
    facts.archived(more.at(-1)?.seq ?? archivedTo);
    return true;
  }

  #tick(): number {
    this.#now += 1;
    return this.#now;
  }
}
