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
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  LIMITS,
  SEARCH_ATTRIBUTES,
  SESSION,
  type CancelReply,
  type KnownEventsPage,
  type Message,
  type Receipt,
  type SessionInput,
  type SessionState,
} from '../src/contracts/index.ts';
import { archive, publish, tryArchive } from './calls.ts';
import { SessionMachine } from './session-machine.ts';
import { Turn } from './turn.ts';

const messageSignal = defineSignal<[Message]>(SESSION.signals.message);
const cancelUpdate = defineUpdate<CancelReply, [string | undefined]>(SESSION.updates.cancel);
const closeUpdate = defineUpdate<undefined, [string]>(SESSION.updates.close);
const stateQuery = defineQuery<SessionState>(SESSION.queries.state);
const eventsQuery = defineQuery<KnownEventsPage, [number | undefined]>(SESSION.queries.events);
const receiptQuery = defineQuery<Receipt | null, [string]>(SESSION.queries.receipt);
const statusKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, 'KEYWORD');

export async function session(input: SessionInput): Promise<void> {
  const run = new SessionRun(input);
  setHandler(messageSignal, (message) => {
    run.machine.accept(message, Date.now());
  });
  setHandler(cancelUpdate, (turn) => run.cancel(turn));
  setHandler(closeUpdate, (reason) => {
    run.machine.close(reason);
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
  #turn: Turn | null = null;
  #turnFailure: { error: unknown } | null = null;
  /** The archive was away: not to be tried again before this, ms since the Unix epoch. */
  #archiveAt = 0;

  constructor(input: SessionInput) {
    this.#input = input;
    this.machine = new SessionMachine(input, Date.now());
  }

  cancel(turn: string | undefined): CancelReply {
    const reply = this.machine.cancel(turn, Date.now());
    if (this.machine.running?.cancelled) this.#turn?.cancel();
    return reply;
  }

  async loop(): Promise<void> {
    while (!this.machine.closed) {
      await condition(() => this.#hasWork());
      if (this.#turnFailure) throw this.#turnFailure.error;
      await this.#act();
    }
    await this.#close();
  }

  /** Ends a running turn, answers nothing more, and closes. */
  async stop(reason: string): Promise<void> {
    this.machine.close(reason);
    while (this.machine.running ?? this.machine.hasMessage) {
      if (this.cancel(undefined).status === 'none') break;
      await condition(() => this.#turn === null);
    }
    if (!this.machine.closed) this.machine.finish(Date.now());
    await this.#close();
  }

  #hasWork(): boolean {
    const { machine } = this;
    if (this.#turnFailure) return true;
    if (machine.facts.mustReconcile || (machine.facts.hasDrafts && this.#mustPublish())) return true;
    return this.#turn === null && (machine.hasMessage || machine.closing || this.#mustContinue());
  }

  /** A turn that is about to start, or a step that is about to be scheduled, carries the facts for free. */
  #mustPublish(): boolean {
    return this.#turn !== null ? this.machine.running?.step !== null : !this.machine.hasMessage;
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
    if (machine.facts.mustReconcile || (machine.facts.hasDrafts && this.#mustPublish())) {
      await this.#publish();
    } else if (this.#mustContinue()) {
      await this.#continue();
    } else if (machine.hasMessage) {
      this.#startTurn();
    } else if (machine.closing) {
      machine.finish(Date.now());
    }
  }

  #startTurn(): void {
    const turn = new Turn(this.#input, this.machine);
    this.#turn = turn;
    setCurrentDetails(this.#story());
    turn
      .run()
      .catch((error: unknown) => {
        this.#turnFailure = { error };
      })
      .finally(() => {
        this.machine.finishTurn();
        this.#turn = null;
        setCurrentDetails(this.#story());
      });
  }

  async #publish(): Promise<void> {
    const { facts } = this.machine;
    const reconcile = facts.mustReconcile;
    const drafts = facts.takeDrafts();
    const { tenant, session } = this.#input;
    try {
      this.machine.report(
        await publish({ tenant, session, known: facts.known, drafts, reconcile }),
        reconcile,
      );
    } catch (error) {
      // Only a cancel of the workflow stops a publish.
      facts.returnDrafts(drafts);
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

  /** No turn runs meanwhile: what is copied is whole. False if the archive is away and `brief` forbids to wait for it. */
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
      ? `turn **${running.turn}**${running.agent ? `, **${running.agent}** speaks` : ''}`
      : 'idle';
    return `Session is **${status}**: ${now}. ${turns} turns, ${queued} waiting, log at ${known.seq}.`;
  }
}
