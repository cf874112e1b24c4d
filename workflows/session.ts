/**
 * The session workflow: one durable conversation. Handlers only note what came in; one loop acts on it.
 *
 * Glue between Temporal and `SessionMachine`, which holds the rules. Nothing here decides what a message does. `TurnRunner` runs its turns.
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
  workflowInfo,
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
import { archive, tryArchive } from './calls/archiver.ts';
import { cancel } from './calls/cancel.ts';
import { makeFork } from './calls/forker.ts';
import { isFull, isOverfull } from './calls/fullness.ts';
import { publish } from './calls/publisher.ts';
import {
  approvalsQuery,
  eventsQuery,
  messageSignal,
  receiptsQuery,
  stateQuery,
  statusKey,
} from './messages.ts';
import { SessionMachine } from './rules/machine.ts';
import { nextMove, type Move } from './rules/moves.ts';
import { sessionStory } from './rules/story.ts';
import { wakeSleep } from './rules/wake.ts';
import { TurnRunner } from './turn-runner.ts';
import { handleUpdates, type Updates } from './updates.ts';

export async function session(given: SessionInput): Promise<void> {
  let made: SessionRun | null = isUnmade(given) ? null : new SessionRun(given);
  const update = <T>(act: (session: SessionRun) => T | Promise<T>): T | Promise<T> =>
    made ? act(made) : condition(() => made !== null).then(() => update(act));
  handleUpdates(update);
  made ??= new SessionRun(await makeFork(given));
  const run = made;
  // Signals wait for their handler; a question that comes too early is asked again.
  setHandler(messageSignal, (message) => {
    run.receive(message);
  });
  setHandler(approvalsQuery, () => run.machine.waits.approvals);
  setHandler(stateQuery, () => run.machine.state(workflowInfo().historyLength));
  setHandler(eventsQuery, (from) => run.machine.events(from));
  setHandler(receiptsQuery, (messageIds) => messageIds.map((messageId) => run.machine.receipt(messageId)));
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
  /** Delivers messages for later. */
  readonly #later = new Alarm();
  /** The archive was away: not to be tried again before this, ms since the Unix epoch. */
  #archiveAt = 0;
  /** Signals that were no message. */
  #strange = 0;

  constructor(input: SessionInput) {
    this.#input = input;
    this.machine = new SessionMachine(input, Date.now());
    this.#turns = new TurnRunner(this.machine);
  }

  receive(message: unknown): void {
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
    setCurrentDetails(sessionStory(this.machine));
    return reply;
  }

  wake(turn: string | undefined): WakeReply {
    const reply = wakeSleep(this.machine.turns.current, turn);
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
      await condition(() => this.#turns.failure !== null || this.#next() !== null);
      if (this.#turns.failure) throw this.#turns.failure.error;
      await this.#act(this.#next());
    }
    await this.#close();
  }

  /** Ends a running turn, answers nothing more, and closes. */
  async stop(reason: string): Promise<void> {
    this.close(reason);
    while (this.machine.turns.current ?? this.machine.hasMessage) {
      if (this.machine.cancel(undefined, Date.now()).status === 'none') break;
      this.#turns.stop();
      await condition(() => !this.#turns.isBusy);
      if (this.machine.turns.isUnended) this.machine.turns.settle(Date.now());
      await this.#publish();
    }
    if (!this.machine.closed) this.machine.finish(Date.now());
    await this.#close();
  }

  #next(): Move | null {
    return nextMove(this.machine, this.#turns.isBusy, () => this.#mustContinue());
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
  }

  #order(message: Message): void {
    const { at } = this.machine.later;
    this.#turns.mayStop(() => this.machine.accept(message, Date.now()));
    if (this.machine.later.at !== at) this.#deliverInTime();
  }

  /** Delivers what is due, and looks again when the next message is, or soon if there was no room. */
  #deliverInTime(): void {
    const now = Date.now();
    const { machine } = this;
    this.#turns.mayStop(() => machine.deliver(now));
    const { at } = machine.later;
    const again = at !== null && at <= now ? now + LIMITS.laterRetryMs : at;
    this.#later.set(again, () => this.#deliverInTime());
  }

  /** A publish does not fail: it waits for a log that is away. */
  async #publish(): Promise<void> {
    const { facts } = this.machine;
    const { tenant, session } = this.#input;
    const reconcile = facts.takeReconcile();
    const drafts = facts.takeDrafts();
    const input = {
      ...{ tenant, session, known: facts.known },
      ...{ drafts, reconcile, ...this.machine.takeAlong() },
    };
    const report = await CancellationScope.nonCancellable(() => publish(input));
    if (this.machine.report(report, input.closes)) this.#turns.stopStep();
  }

  /** Goes on in another run, unless the archive is away: then in this one, for a while. */
  async #continue(): Promise<void> {
    if (await this.#archive(!isOverfull(this.machine.facts.heldChars))) {
      if (!this.machine.atRest) return;
      await condition(allHandlersFinished);
      await continueAsNew<typeof session>({ ...this.#input, carried: this.machine.carry() });
    }
    this.#archiveAt = Date.now() + LIMITS.archivePauseMs;
  }

  /** No activity of a turn runs meanwhile: what is copied is whole. False if the archive is away and `brief` forbids to wait for it. */
  async #archive(brief: boolean): Promise<boolean> {
    const { facts } = this.machine;
    const { tenant, session } = this.#input;
    const input = { tenant, session, known: facts.known, archivedTo: facts.archivedTo };
    const report = brief ? await tryArchive(input) : await archive(input);
    if (report) facts.archived(report.archivedTo);
    if (report?.changed) facts.learn(report.changed);
    return report !== null;
  }

  /** The last facts go to the log, everything to the archive. A signal that arrives meanwhile runs the end of this again. */
  async #close(): Promise<void> {
    upsertSearchAttributes([{ key: statusKey, value: 'closed' }]);
    const { facts } = this.machine;
    const mustPublish = (): boolean => facts.hasDrafts || facts.mustReconcile;
    do {
      while (mustPublish()) await this.#publish();
      await this.#archive(false);
    } while (mustPublish());
    setCurrentDetails(sessionStory(this.machine));
  }
}
