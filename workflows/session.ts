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
  cancelOf,
  closeReason,
  isMessage,
  isUnmade,
  LIMITS,
  SEARCH_ATTRIBUTES,
  SESSION,
  type CancelReply,
  type KnownEventsPage,
  type MemberRefusal,
  type MembersReply,
  type OpenApproval,
  type Receipt,
  type RosterChange,
  type SessionInput,
  type SessionState,
  type Vote,
  type VoteRefusal,
  type VoteReply,
} from '../src/contracts/index.ts';
import { archive, tryArchive } from './calls/archiver.ts';
import { checkCancel, checkChange, checkVote } from './calls/checks.ts';
import { makeFork } from './calls/forker.ts';
import { isFull, isOverfull } from './calls/fullness.ts';
import { publish } from './calls/publisher.ts';
import { lostTurn, runTurn } from './calls/turns.ts';
import { SessionMachine } from './rules/machine.ts';
import { nextMove, type Move } from './rules/moves.ts';
import { waitStory } from './rules/story.ts';

const messageSignal = defineSignal<[unknown]>(SESSION.signals.message);
const cancelUpdate = defineUpdate<CancelReply, [unknown]>(SESSION.updates.cancel);
const closeUpdate = defineUpdate<undefined, [unknown]>(SESSION.updates.close);
const membersUpdate = defineUpdate<MembersReply | MemberRefusal, [RosterChange]>(SESSION.updates.members);
const voteUpdate = defineUpdate<VoteReply | VoteRefusal, [Vote]>(SESSION.updates.vote);
const approvalsQuery = defineQuery<readonly OpenApproval[]>(SESSION.queries.approvals);
const stateQuery = defineQuery<SessionState>(SESSION.queries.state);
const eventsQuery = defineQuery<KnownEventsPage, [number | undefined]>(SESSION.queries.events);
const receiptsQuery = defineQuery<readonly (Receipt | null)[], [readonly string[]]>(SESSION.queries.receipts);
const statusKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, 'KEYWORD');

export async function session(given: SessionInput): Promise<void> {
  let made: SessionRun | null = isUnmade(given) ? null : new SessionRun(given);
  const update = <T>(act: (session: SessionRun) => T): T | Promise<T> =>
    made ? act(made) : condition(() => made !== null).then(() => update(act));
  setHandler(cancelUpdate, (asked) => update((each) => each.cancel(asked)), { validator: checkCancel });
  setHandler(closeUpdate, (reason) => update((each) => each.close(reason)));
  setHandler(membersUpdate, (change) => update((each) => each.machine.members(change, Date.now())), {
    validator: checkChange,
  });
  setHandler(voteUpdate, (vote) => update((each) => each.vote(vote)), { validator: checkVote });
  made ??= new SessionRun(await makeFork(given));
  const run = made;
  // Signals wait for their handler; a question that comes too early is asked again.
  setHandler(messageSignal, (message) => {
    run.receive(message);
  });
  setHandler(approvalsQuery, () => run.machine.turns.approvals);
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

class SessionRun {
  readonly machine: SessionMachine;
  readonly #input: SessionInput;
  /** Of the activity at work for the running turn. */
  #scope: CancellationScope | null = null;
  #turnFailure: { error: unknown } | null = null;
  /** Ends the wait of a turn that waits. */
  #timer: CancellationScope | null = null;
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
      const before = this.machine.turns.current?.cancelled;
      this.machine.accept(message, Date.now());
      if (this.machine.turns.current?.cancelled !== before) this.#stopTurn();
      return;
    }
    this.#strange += 1;
    log.warn('A signal that is not a message was ignored', { signals: this.#strange });
  }

  cancel(asked?: unknown): CancelReply {
    const { turn, all } = cancelOf(asked);
    const reply = all ? this.machine.cancelAll(Date.now()) : this.machine.cancel(turn, Date.now());
    this.#stopTurn();
    return reply;
  }

  /** The turn may have been cancelled: its activity is told, and it waits for nothing any more. */
  #stopTurn(): void {
    if (this.machine.turns.current?.cancelled) this.#scope?.cancel();
    this.#wakeInTime();
  }

  vote(vote: Vote): VoteReply | VoteRefusal {
    const reply = this.machine.turns.vote(vote, Date.now());
    this.#wakeInTime();
    setCurrentDetails(this.#story());
    return reply;
  }

  close(reason: unknown): undefined {
    this.machine.close(closeReason(reason), Date.now());
    this.#wakeInTime();
    return undefined;
  }

  async loop(): Promise<void> {
    this.#wakeInTime();
    while (!this.machine.closed) {
      await condition(() => this.#turnFailure !== null || this.#next() !== null);
      if (this.#turnFailure) throw this.#turnFailure.error;
      await this.#act(this.#next());
    }
    await this.#close();
  }

  /** Ends a running turn, answers nothing more, and closes. */
  async stop(reason: string): Promise<void> {
    this.close(reason);
    while (this.machine.turns.current ?? this.machine.hasMessage) {
      if (this.cancel().status === 'none') break;
      await condition(() => this.#scope === null);
      if (this.machine.turns.isUnended) this.machine.turns.settle(Date.now());
      await this.#publish();
    }
    if (!this.machine.closed) this.machine.finish(Date.now());
    await this.#close();
  }

  #next(): Move | null {
    return nextMove(this.machine, this.#scope !== null, () => this.#mustContinue());
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
    else if (move === 'run') this.#runTurn();
    else if (move === 'finish') machine.finish(Date.now());
  }

  /** Starts the next activity of the turn; the loop goes on meanwhile. */
  #runTurn(): void {
    const { machine } = this;
    const input = machine.runTurn(Date.now());
    const agents = machine.cast;
    const scope = new CancellationScope();
    this.#scope = scope;
    setCurrentDetails(this.#story());
    scope
      .run(() => runTurn(agents, input))
      .then((result) => machine.back(input, result, Date.now()))
      .catch((error: unknown) => {
        // A local activity's failure comes bare. Anything that is no failure of Temporal's is a mistake in this code.
        if (!(error instanceof TemporalFailure)) throw error;
        machine.lost(input, lostTurn(error, input), Date.now());
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
    this.#timer?.cancel();
    this.#timer = null;
    const turn = this.machine.turns.current;
    if (turn?.phase !== 'waiting') return;
    const timer = new CancellationScope();
    this.#timer = timer;
    const ms = Math.min(Math.max(turn.wakeAt - Date.now(), 1), LIMITS.timerMostMs);
    const waits = waitStory(this.machine.turns.approvals);
    void timer
      .run(() => sleep(ms, waits === '' ? {} : { summary: `waits for ${waits}` }))
      .then(
        () => {
          this.machine.turns.wake(Date.now(), false);
          this.#wakeInTime();
        },
        () => undefined, // nothing waits any more
      );
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
    this.machine.report(await CancellationScope.nonCancellable(() => publish(input)));
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
    setCurrentDetails(this.#story());
  }

  /** What the Web UI shows of a session right now. */
  #story(): string {
    const { status, turns, queued, running, known } = this.machine.state(0);
    const waits = waitStory(this.machine.turns.approvals);
    const phase = this.machine.turns.current?.phase ?? 'over';
    const now = running
      ? `turn **${running.turn}** is ${phase}${waits && ` and waits for ${waits}`}`
      : 'idle';
    return `Session is **${status}**: ${now}. ${turns} turns, ${queued} waiting, log at ${known.seq}.`;
  }
}
