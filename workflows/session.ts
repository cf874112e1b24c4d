/**
 * The session workflow: one durable conversation. Handlers only note what came in; one loop acts on it. Glue between Temporal and
 * `SessionMachine`, which holds the rules. Nothing here decides what a message does. `TurnRunner` runs its turns.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import {
  closeReason,
  isMessage,
  isUnmade,
  LIMITS,
  type CancelReply,
  type Message,
  type Receipt,
  type SessionInput,
  type Vote,
  type VoteRefusal,
  type VoteReply,
  type WakeReply,
} from '../src/contracts/index.ts';
import { Alarm } from './alarm.ts';
import { begin } from './calls/begin.ts';
import { cancel } from './calls/cancel.ts';
import { Inside } from './calls/inside.ts';
import { isFull, isOverfull } from './calls/fullness.ts';
import { nudge } from './calls/nudge.ts';
import { publish } from './calls/publisher.ts';
import { Idle } from './idle.ts';
import { Keeper } from './keeper.ts';
import { messageSignal, nudgeSignal, statusKey } from './messages.ts';
import { handleQuestions } from './questions.ts';
import { SessionMachine } from './rules/machine.ts';
import { nextMove, type Move } from './rules/moves.ts';
import { sessionStory } from './rules/story.ts';
import { wakeSleep } from './rules/wake.ts';
import { TurnRunner } from './turn-runner.ts';
import { UpdateLine } from './update-line.ts';
import { handleUpdates, type Updates } from './updates.ts';

export async function session(given: SessionInput): Promise<void> {
  let made: SessionRun | null = isUnmade(given) ? null : new SessionRun(given);
  const updates = new UpdateLine(() => (made?.isQuiet === true ? made : null));
  handleUpdates((act) => updates.act((session) => act(session.touch())));
  handleQuestions(() => made?.machine ?? null);
  made ??= new SessionRun(await begin(given));
  const run = made;
  // Signals wait for their handler.
  setHandler(messageSignal, (message) => {
    run.receive(message);
  });
  setHandler(nudgeSignal, () => {
    run.nudged();
  });
  try {
    await run.loop();
  } catch (error) {
    if (!isCancellation(error)) throw error;
    // Somebody cancelled the workflow itself: end what runs, tell the clients, keep the transcript.
    await CancellationScope.nonCancellable(() => run.stop('cancelled by an operator'));
  }
}

class SessionRun implements Updates {
  readonly machine: SessionMachine;
  readonly #input: SessionInput;
  readonly #turns: TurnRunner;
  readonly #inside = new Inside();
  readonly #keeper: Keeper;
  /** The loop waits for something to do. */
  #waits = false;
  /** Delivers messages for later. */
  readonly #later = new Alarm();
  readonly #idle: Idle;
  /** The archive was away: not to be tried again before this, ms since the Unix epoch. */
  #archiveAt = 0;
  /** Signals that were no message. */
  #strange = 0;

  constructor(input: SessionInput) {
    this.#input = input;
    this.machine = new SessionMachine(input, Date.now());
    this.#keeper = new Keeper(input, this.machine);
    this.#turns = new TurnRunner(this.machine, {
      inside: this.#inside,
      moved: () => this.#idle.begin(),
      tell: () => this.#tell(),
    });
    this.#tell();
    const { ttlMs } = input.info;
    this.#idle = new Idle({
      afterMs: ttlMs ?? input.hibernateAfterMs,
      move: ttlMs === undefined ? 'hibernate' : 'expire',
      isIdle: () => this.machine.isIdle,
    });
  }

  /** To the Web UI, which forgets the details of the start when a run goes on in the next. */
  #tell(): void {
    setCurrentDetails(sessionStory(this.machine, this.#input));
  }

  /** Something is asked of the session. */
  touch(): this {
    this.#idle.touch();
    return this;
  }

  /** Nothing runs inside the workflow task, and nothing is about to. */
  get isQuiet(): boolean {
    return !this.#inside.isBusy && !(this.#waits && this.#hasWork());
  }

  /** In a task that is not the first of the run: its timer may be set. Or there may be a place for a turn. */
  nudged(): void {
    if (this.machine.waits.called()) this.#turns.wakeInTime();
    else this.#idle.begin();
  }

  receive(message: unknown): void {
    this.#idle.touch();
    if (isMessage(message)) this.#order(message);
    else log.warn('A signal that is not a message was ignored', { signals: ++this.#strange });
  }

  cancel(asked: unknown): CancelReply | Promise<CancelReply> {
    const reply = cancel(this.machine.cancels, asked);
    this.#turns.stop();
    return reply;
  }

  vote(vote: Vote): VoteReply | VoteRefusal {
    const reply = this.machine.waits.vote(vote, Date.now());
    this.#turns.wakeInTime();
    this.#tell();
    return reply;
  }

  wake(turn: string | undefined): WakeReply {
    const reply = wakeSleep(this.machine.turns.all, turn);
    this.#turns.wakeInTime();
    return reply;
  }

  close(reason: unknown): undefined {
    this.machine.close(closeReason(reason), Date.now());
    this.#turns.wakeInTime();
    this.#later.set(null, () => undefined);
    return undefined;
  }

  unschedule(messageId: string): Receipt | null {
    const receipt = this.machine.later.cancel(messageId, Date.now());
    this.#deliverInTime();
    return receipt;
  }

  async loop(): Promise<void> {
    this.#turns.wakeInTime();
    if (this.machine.later.at !== null) this.#deliverInTime();
    while (!this.machine.closed) {
      this.#waits = true;
      await condition(() => this.#hasWork());
      this.#waits = false;
      if (this.#turns.failure) throw this.#turns.failure.error;
      const move = this.#next();
      if (move === 'hibernate' && (await this.#hibernate())) return;
      await this.#act(move);
    }
    await this.#close();
  }

  /** Ends a running turn, answers nothing more, and closes. */
  async stop(reason: string): Promise<void> {
    this.close(reason);
    while (this.machine.turns.all.length > 0 || this.machine.hasMessage) {
      for (const { turn } of this.machine.turns.beside) this.machine.cancel(turn, Date.now());
      if (this.machine.cancel(undefined, Date.now()).status === 'none') break;
      this.#turns.stop();
      await condition(() => this.#turns.busy.length === 0);
      if (this.machine.turns.isUnended) this.machine.turns.settle(Date.now());
      await this.#publish();
    }
    if (!this.machine.closed) this.machine.finish(Date.now());
    await this.#close();
  }

  #hasWork(): boolean {
    return this.#turns.failure !== null || this.#next() !== null;
  }

  #next(): Move | null {
    const move = nextMove(this.machine, {
      busy: this.#turns.busy,
      isFull: () => this.#mustContinue(),
      isOverfull: () => isOverfull(this.machine.facts.heldChars),
    });
    return move ?? this.#idle.move;
  }

  #mustContinue(): boolean {
    const { heldChars } = this.machine.facts;
    return isFull(heldChars) && (Date.now() >= this.#archiveAt || isOverfull(heldChars));
  }

  async #act(move: Move | null): Promise<void> {
    const { machine } = this;
    if (move === 'publish') await this.#publish();
    else if (move === 'continue') await this.#continue();
    else if (move === 'settle') machine.turns.settle(Date.now());
    else if (move === 'run') this.#turns.run();
    else if (move === 'finish') machine.finish(Date.now());
    else if (move === 'expire') this.close('expired');
    else if (move === 'nudge') await this.#askForTask();
  }

  async #askForTask(): Promise<void> {
    this.#idle.asked();
    await nudge(this.#inside);
  }

  #order(message: Message): void {
    const { at } = this.machine.later;
    const isTight = isOverfull(this.machine.facts.heldChars);
    this.#turns.mayStop(() => this.machine.accept(message, Date.now(), isTight));
    if (this.machine.later.at !== at) this.#deliverInTime();
  }

  /** Delivers what is due, and looks again when the next message is, or soon if there was no room. */
  #deliverInTime(now = Date.now()): void {
    const { machine } = this;
    this.#turns.mayStop(() => machine.deliver(now));
    const { at } = machine.later;
    const again = at !== null && at <= now ? now + LIMITS.laterRetryMs : at;
    this.#later.set(again, (then) => this.#deliverInTime(then));
  }

  /** A publish does not fail: it waits for a log that is away. */
  async #publish(): Promise<void> {
    const { facts } = this.machine;
    const { tenant, session } = this.#input;
    const input = { tenant, session, known: facts.known, ...this.machine.takePublish() };
    const report = await CancellationScope.nonCancellable(() => publish(this.#inside, input));
    if (this.machine.report(report, input.closes)) this.#turns.stopStep(input.closes?.step ?? '');
  }

  /** Goes on in another run, unless the archive is away: then in this one, for a while. */
  async #continue(): Promise<void> {
    if (await this.#keeper.archive({ brief: !isOverfull(this.machine.facts.heldChars) })) {
      if (!this.machine.atRest) return;
      await condition(allHandlersFinished);
      const { hibernateAfterMs = LIMITS.hibernateAfterMs } = this.#input;
      await continueAsNew<typeof session>({
        ...this.#input,
        ...{ hibernateAfterMs, carried: this.machine.carry() },
      });
    }
    this.#archiveAt = Date.now() + LIMITS.archivePauseMs;
  }

  /** Ends the run, of a session that goes on with what is stored. False if something has come meanwhile, or the archive is away. */
  async #hibernate(): Promise<boolean> {
    const report = await this.#keeper.archive({ brief: true, stores: 'hibernated' });
    // A signal that comes from here on runs this again.
    if (!report?.stored || !this.machine.isIdle || !allHandlersFinished()) {
      this.#idle.touch();
      return false;
    }
    upsertSearchAttributes([{ key: statusKey, value: 'hibernated' }]);
    return true;
  }

  /** The last facts go to the log, everything to the archive. A signal that arrives meanwhile runs the end of this again. */
  async #close(): Promise<void> {
    upsertSearchAttributes([{ key: statusKey, value: 'closed' }]);
    const { facts } = this.machine;
    const mustPublish = (): boolean => facts.hasDrafts || facts.mustReconcile;
    do {
      while (mustPublish()) await this.#publish();
      await this.#keeper.archive({ brief: false, stores: 'closed' });
    } while (mustPublish());
    this.#tell();
  }
}
