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
import { INPUT, message } from './support.ts';

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
  /** The activity of the turn that is at work, or has come back without being heard of. */
  turn: FakeTurn | null = null;
  /** An execution that was taken for lost and still runs. */
  zombie: FakeTurn | null = null;
  #now = 0;
  #publish: Publishing | null = null;
  #published: Report | null = null;
  readonly #cancelled = new Set<string>();
  /** Paths that the journal of the running turn has. */
  #journaled: readonly string[] = [];
  readonly #world: TurnWorld = {
    log: this.log,
    held: () => this.machine.facts.held(),
    now: () => this.#now,
  };

  /** The activity of the turn that is at work. */
  get working(): FakeTurn | null {
    return this.turn?.result === null ? this.turn : null;
  }

  /** What the loop would do now; null: nothing, or it waits for a publish. */
  get move(): Move | null {
    return this.#publish ? null : nextMove(this.machine, this.turn !== null, () => false);
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
    switch (nextMove(machine, this.turn !== null, () => full)) {
      case 'publish':
        this.#publish = {
          ...{ reconcile: machine.facts.takeReconcile(), drafts: machine.facts.takeDrafts() },
          ...machine.takeAlong(),
        };
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
      case null:
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

  /** The activity hears of the cancel, if there is one. */
  turnStops(): void {
    if (this.machine.turns.current?.cancelled) this.turn?.stop();
  }

  /** The workflow hears that the activity is back. */
  turnReports(): void {
    const { turn } = this;
    if (!turn?.result) return;
    this.turn = null;
    this.#keep(turn);
    this.#journaled = [
      ...this.#journaled,
      ...turn.result.entries.flatMap(({ kind, path }) => (kind === 'steer' ? [] : [path])),
    ];
    this.machine.back(turn.input, turn.result, this.#tick());
  }

  /** Another worker goes on with what was durable; the first does not know yet. */
  turnRestarts(): void {
    if (!this.working) return;
    this.zombie = this.working;
    this.zombie.isGone = true;
    this.turn = new FakeTurn(this.#world, this.zombie.input, this.zombie);
  }

  /** The activity is given up; `stopped`: after it was told to stop. */
  turnLost(stopped = false): void {
    if (!this.working) return;
    const { input, durable: progress } = this.working;
    this.zombie = this.working;
    this.zombie.isGone = true;
    this.turn = null;
    this.#keep(this.zombie);
    const code = progress ? 'worker_lost' : 'no_worker_for_agent';
    this.machine.lost(input, { progress, code, stopped }, this.#tick());
  }

  /** Only in a turn that is given up: in another, whoever goes on with it runs the same steps. */
  zombieBegins(): void {
    const { current } = this.machine.turns;
    const goesOn = current?.turn === this.zombie?.input.turn && current?.phase !== 'over';
    if (!goesOn) this.zombie?.begin();
  }

  /** The log is lost and built anew from the archive, what the workflow knows, and what the running turn has made durable. */
  loseLog(): void {
    // What has come back is heard of before a question is answered.
    this.turnReports();
    this.publishReports();
    const { facts } = this.machine;
    const { archivedTo } = facts;
    const pending = facts.pending();
    const archived = this.archive.filter((event) => event.seq <= archivedTo);
    // What the turn says comes after its start, which may be pending, and before its end, which may be too.
    const running = this.turn?.durable?.facts ?? [];
    const end = pending.findIndex(({ type, turn }) => endsTurn(type) && turn === this.turn?.input.turn);
    const drafts = pending.toSpliced(end < 0 ? pending.length : end, 0, ...running);
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
      this.turn?.finish();
      this.turnReports();
      const { current } = this.machine.turns;
      if (current?.phase === 'waiting') this.wake(Math.max(current.wakeAt - this.#now, 0));
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
    const waits = this.machine.turns.current !== null || this.turn !== null || this.isPublishing;
    return !waits && this.move === null;
  }

  /** What waits for a while hides nothing, and does not wait when the session closes. */
  #checkRest(): void {
    if (this.turn !== null || this.isPublishing || this.move !== null) return;
    if (this.machine.facts.pending().length > 0) throw new Error('facts wait and nobody carries them');
    if (this.machine.state(0).status === 'closing') throw new Error('a turn waits in a session that closes');
  }

  #keep({ durable }: FakeTurn): void {
    for (const { id, type } of durable?.facts ?? []) if (type === 'step.completed') this.durable.add(id);
  }

  #runTurn(): void {
    const input = this.machine.runTurn(this.#tick());
    if (this.#cancelled.has(input.turn)) throw new Error(`${input.turn} goes on after its cancel`);
    const calls = input.journal.entries.filter(({ kind }) => kind !== 'steer');
    const paths = new Set(calls.map(({ path }) => path));
    if (paths.size < calls.length) throw new Error('a call is in the journal twice');
    if (input.attempts === 0) this.#journaled = [];
    const forgotten = this.#journaled.find((path) => !paths.has(path));
    if (forgotten !== undefined) throw new Error(`the journal has forgotten ${forgotten}`);
    this.zombie = null;
    this.turn = new FakeTurn(this.#world, input);
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
