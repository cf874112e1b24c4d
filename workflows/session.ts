/**
 * The session workflow: one durable conversation. Handlers only note what came in; one loop acts on it.
 *
 * Glue between Temporal and `SessionMachine`, which holds the rules. Nothing here decides what a message does.
 */
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  sleep,
  TemporalFailure,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  LIMITS,
  SEARCH_ATTRIBUTES,
  SESSION,
  type CancelReply,
  type KnownEventsPage,
  type Receipt,
  type SessionInput,
  type SessionState,
} from '../src/contracts/index.ts';
import { archive, tryArchive } from './calls/archiver.ts';
import { publish } from './calls/publisher.ts';
import { lostTurn, runTurn } from './calls/turns.ts';
import { isMessage } from './rules/arrivals.ts';
import { SessionMachine } from './rules/machine.ts';

const messageSignal = defineSignal<[unknown]>(SESSION.signals.message);
const cancelUpdate = defineUpdate<CancelReply, [string | undefined]>(SESSION.updates.cancel);
const closeUpdate = defineUpdate<undefined, [string]>(SESSION.updates.close);
const stateQuery = defineQuery<SessionState>(SESSION.queries.state);
const eventsQuery = defineQuery<KnownEventsPage, [number | undefined]>(SESSION.queries.events);
const receiptQuery = defineQuery<Receipt | null, [string]>(SESSION.queries.receipt);
const statusKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, 'KEYWORD');

export async function session(input: SessionInput): Promise<void> {
  const run = new SessionRun(input);
  setHandler(messageSignal, (message) => {
    run.receive(message);
  });
  setHandler(cancelUpdate, (turn) => run.cancel(turn));
  setHandler(closeUpdate, (reason) => {
    run.machine.close(reason, Date.now());
    return undefined;
  });
  setHandler(stateQuery, () => run.machine.state(workflowInfo().historyLength));
  setHandler(eventsQuery, (from) => run.machine.events(from));
  setHandler(receiptQuery, (messageId) => run.machine.receipt(messageId));
  try {
    await run.loop();
  } catch (error) {
    if (!isCancellation(error)) throw error;
    // Somebody cancelled the workflow itself: end what runs, tell the clients, keep the transcript.
    await CancellationScope.nonCancellable(() => run.stop('cancelled by an operator'));
  }
}

class SessionRun {
  readonly machine: SessionMachine;
  readonly #input: SessionInput;
  /** Of the activity at work for the running turn. */
  #scope: CancellationScope | null = null;
  #turnFailure: { error: unknown } | null = null;
  /** The archive was away: not to be tried again before this, ms since the Unix epoch. */
  #archiveAt = 0;
  /** Signals that were no message. */
  #strange = 0;

  constructor(input: SessionInput) {
    this.#input = input;
    this.machine = new SessionMachine(input, Date.now());
  }

  receive(message: unknown): void {
    if (isMessage(message)) {
      this.machine.accept(message, Date.now());
      return;
    }
    this.#strange += 1;
    log.warn('A signal that is not a message was ignored', { signals: this.#strange });
  }

  cancel(turn: string | undefined): CancelReply {
    const reply = this.machine.cancel(turn, Date.now());
    if (this.machine.turns.current?.cancelled) this.#scope?.cancel();
    return reply;
  }

  async loop(): Promise<void> {
    this.#wakeInTime();
    while (!this.machine.closed) {
      await condition(() => this.#hasWork());
      if (this.#turnFailure) throw this.#turnFailure.error;
      await this.#act();
    }
    await this.#close();
  }

  /** Ends a running turn, answers nothing more, and closes. */
  async stop(reason: string): Promise<void> {
    this.machine.close(reason, Date.now());
    while (this.machine.turns.current ?? this.machine.hasMessage) {
      if (this.cancel(undefined).status === 'none') break;
      await condition(() => this.#scope === null);
      await this.#publish();
    }
    if (!this.machine.closed) this.machine.finish(Date.now());
    await this.#close();
  }

  #hasWork(): boolean {
    const { machine } = this;
    if (this.#turnFailure) return true;
    if (this.#mustPublish()) return true;
    if (this.#scope !== null) return false;
    return machine.turns.isUnended || machine.canRun || machine.closing || this.#mustContinue();
  }

  /** What an activity of a turn is about to carry costs nothing; it waits for that. */
  #mustPublish(): boolean {
    const { facts, turns, hasMessage } = this.machine;
    const turn = turns.current;
    if (facts.mustReconcile) return true;
    if (!facts.hasDrafts) return false;
    if (!turn) return !hasMessage;
    if (turn.phase === 'running') return turn.cancelled || !turn.endSeen;
    return turn.phase !== 'ready';
  }

  #mustContinue(): boolean {
    const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
    const full =
      continueAsNewSuggested ||
      historyLength > LIMITS.historyEvents ||
      historySize > LIMITS.historyBytes ||
      this.machine.facts.heldChars > LIMITS.heldChars;
    return full && this.machine.atRest && (Date.now() >= this.#archiveAt || this.#mustWait());
  }

  /** With an archive that is away the run goes on, but not for ever. */
  #mustWait(): boolean {
    const { historyLength, historySize } = workflowInfo();
    return (
      historyLength > LIMITS.historyEventsHard ||
      historySize > LIMITS.historyBytesHard ||
      this.machine.facts.heldChars > LIMITS.heldCharsHard
    );
  }

  async #act(): Promise<void> {
    const { machine } = this;
    if (this.#mustPublish()) await this.#publish();
    else if (this.#mustContinue()) await this.#continue();
    else if (machine.turns.isUnended) machine.turns.settle(Date.now());
    else if (machine.canRun) this.#runTurn();
    else if (machine.closing) machine.finish(Date.now());
  }

  /** Starts the next activity of the turn; the loop goes on meanwhile. */
  #runTurn(): void {
    const { machine } = this;
    const { agents } = this.#input.info;
    const input = machine.runTurn(Date.now());
    const scope = new CancellationScope();
    this.#scope = scope;
    setCurrentDetails(this.#story());
    scope
      .run(() => runTurn(agents, input))
      .then((result) => machine.turns.back(result))
      .catch((error: unknown) => {
        machine.facts.returnDrafts(input.lead);
        // A local activity's failure comes bare. Anything that is no failure of Temporal's is a mistake in this code.
        if (!(error instanceof TemporalFailure)) throw error;
        const { progress, code } = lostTurn(error);
        machine.turns.lost(progress, code, Date.now());
      })
      .catch((error: unknown) => {
        this.#turnFailure = { error };
      })
      .finally(() => {
        this.#scope = null;
        this.#wakeInTime();
        setCurrentDetails(this.#story());
      });
  }

  /** A turn that waits goes on when its first wait is over. */
  #wakeInTime(): void {
    const turn = this.machine.turns.current;
    if (turn?.phase !== 'waiting') return;
    void sleep(Math.max(turn.wakeAt - Date.now(), 1)).then(
      () => {
        turn.wake(Date.now(), false);
        if (turn.phase === 'waiting') this.#wakeInTime();
      },
      () => undefined, // only a cancel of the workflow ends it early
    );
  }

  async #publish(): Promise<void> {
    const { facts } = this.machine;
    const reconcile = facts.mustReconcile;
    const drafts = facts.takeDrafts();
    const along = this.machine.takeAlong();
    const { tenant, session } = this.#input;
    const input = { tenant, session, known: facts.known, drafts, reconcile, ...along };
    try {
      const report = await CancellationScope.nonCancellable(() => publish(input));
      this.machine.report(report, reconcile);
    } catch (error) {
      facts.returnDrafts(drafts);
      this.machine.returnAlong(along);
      throw error;
    }
  }

  /** Goes on in another run, unless the archive is away: then in this one, for a while. */
  async #continue(): Promise<void> {
    if (await this.#archive(!this.#mustWait())) {
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
    return report !== null;
  }

  /** The last facts go to the log, everything to the archive. A signal that arrives meanwhile runs the end of this again. */
  async #close(): Promise<void> {
    upsertSearchAttributes([{ key: statusKey, value: 'closed' }]);
    do {
      while (this.machine.facts.hasDrafts || this.machine.facts.mustReconcile) await this.#publish();
      await this.#archive(false);
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- a message may have come meanwhile
    } while (this.machine.facts.hasDrafts);
    setCurrentDetails(this.#story());
  }

  /** What the Web UI shows of a session right now. */
  #story(): string {
    const { status, turns, queued, running, known } = this.machine.state(0);
    const now = running
      ? `turn **${running.turn}** is ${this.machine.turns.current?.phase ?? 'over'}`
      : 'idle';
    return `Session is **${status}**: ${now}. ${turns} turns, ${queued} waiting, log at ${known.seq}.`;
  }
}
