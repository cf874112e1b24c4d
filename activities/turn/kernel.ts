/**
 * Runs a team against a journal. Pure: what a step does, what time it is and where the journal is kept are the driver's business.
 *
 * A run has two phases. Replay: calls of the team are answered from the journal, one at a time, and the team's code runs as far as it can
 * after each, so it sees its answers in the order in which it first saw them. Live: calls that have no entry are started; whatever they are
 * answered with has been journaled before.
 *
 * A run that is left (suspended, yielded, stopped) leaves its team where it is: the promise that it awaits never settles. The next run
 * starts the code from its beginning.
 */
import { setImmediate as afterMicrotasks } from 'node:timers/promises';
import { LIMITS } from '../../src/contracts/index.ts';
import { AgentFailed, type LastWord, type Team } from '../teams/team.ts';
import type { Branch } from './branches.ts';
import {
  answerIn,
  ApprovalCounts,
  changed,
  failure,
  isStep,
  stepCallOf,
  waitsOf,
  type Call,
  type CallAnswer,
  type Calls,
  type TurnFrame,
  type WithdrawalReason,
} from './calls.ts';
import { askOf, contextOf } from './context.ts';
import { answers, type AtOnce, type TurnJournal } from './journal.ts';
import { lastWordIn } from './last-word.ts';
import { Repeats } from './spending.ts';
import { TeamStalled, TurnStopped } from './stops.ts';
import type { StepCall, StepOutcome } from './step-call.ts';
import type { StepEnds, TurnDriver, TurnEnd } from './turn-driver.ts';

export class Kernel {
  readonly #frame: TurnFrame;
  readonly #journal: TurnJournal;
  readonly #driver: TurnDriver;
  /** Calls of the team that wait for an answer, in the order in which they were made. */
  readonly #calls = new Map<string, Call>();
  readonly #left = Promise.withResolvers<TurnEnd>();
  /** Calls below these paths were withdrawn. */
  readonly #gone: string[] = [];
  /** Steps of such calls that were open in an earlier run, perhaps. */
  #lost: (() => void)[] = [];
  /** Until withdrawn steps have ended in the log. */
  #withdrawing: Promise<unknown> | null = null;
  /** Answers are given one at a time, each after the team has run as far as it can. */
  #answering: Promise<void> = Promise.resolve();
  /** Answers that are decided and that the team has not acted upon yet. */
  #unheard = 0;
  #checking = false;
  #live = false;
  /** The team has come to its end. */
  #over = false;
  #open = 0;
  readonly #approvals = new ApprovalCounts();
  /** Runs while the team waits for nothing that the kernel knows of. */
  #idle: NodeJS.Timeout | undefined;

  /** Where the team's calls go. */
  readonly #port: Calls = {
    call: (call) => this.#call(call),
    number: (kind, path) => this.#number(kind, path),
    withdraw: (prefixes, why) => this.#withdraw(prefixes, why),
  };

  constructor(frame: TurnFrame, journal: TurnJournal, driver: TurnDriver) {
    this.#frame = frame;
    this.#journal = journal;
    this.#driver = driver;
  }

  /** Runs the team until it ends or the run is left. Rejects with `TurnStopped` if the driver says so. */
  async run(team: Team, ends: StepEnds): Promise<TurnEnd> {
    const root: Branch = { prefix: '', calls: 0, seen: [], told: 0, repeats: new Repeats() };
    const context = contextOf(root, this.#frame, this.#port);
    // In a chain: a team that throws at once is a team that failed.
    const ended = Promise.resolve()
      .then(() => team(context))
      .then(lastWordIn)
      .then((last) => (last ? this.#lastWord(root, last) : { status: 'completed' as const, last: false }))
      .catch(failure)
      .finally(() => {
        this.#over = true;
      });
    // It may come to nothing before the journal has been replayed, and then the journal is what was wrong.
    ended.catch(() => undefined);
    this.#left.promise.catch(() => undefined);
    const whole = this.#replay(ends)
      .then(() => ended)
      .finally(() => this.#withdrawing);
    return Promise.race([whole, this.#left.promise]).finally(() => clearTimeout(this.#idle));
  }

  /**
   * Something has changed that may leave nothing to do here: a step pauses, the worker is to yield. It is looked at once the team has made
   * all the calls that it can make now.
   */
  check(): void {
    if (this.#checking) return;
    this.#checking = true;
    void afterMicrotasks().then(() => {
      this.#checking = false;
      this.#look();
    });
  }

  #look(): void {
    if (!this.#live || this.#over || this.#unheard > 0) return;
    if (this.#calls.size === 0 && this.#open === 0)
      this.#idle ??= setTimeout(() => this.#left.reject(new TeamStalled()), LIMITS.teamIdleMs);
    const pausing = this.#driver.pausing();
    const lacking = this.#driver.lacking();
    if (this.#open > pausing.length + lacking.length) return;
    if (lacking.length > 0) {
      this.#left.reject(new TurnStopped('unable', lacking[0]));
      return;
    }
    const waits = [...pausing, ...waitsOf(this.#calls.values())];
    const first = Math.min(...waits.map(({ until }) => until));
    // Only the workflow hears what people say.
    const asks = waits.some(({ kind }) => kind === 'person' || kind === 'approval');
    const nothingElse = waits.length > 0 && this.#calls.size === waits.length;
    const { mustYield, suspendAfterMs } = this.#driver;
    if (nothingElse && (mustYield || asks || first - this.#driver.now() > suspendAfterMs)) {
      this.#left.resolve({ status: 'suspended', waits });
    } else if (mustYield && this.#calls.size > 0) {
      this.#left.resolve({ status: 'yielded' });
    }
  }

  async #replay(ends: StepEnds): Promise<void> {
    for (const entry of this.#journal.decided()) {
      await afterMicrotasks();
      // Decided before the team heard why it would not count.
      if (this.#isGone(entry.path)) continue;
      const call = this.#calls.get(entry.path);
      if (!call || !answers(entry, call)) throw changed(entry, call);
      this.#calls.delete(entry.path);
      call.resolve(answerIn(this.#frame, ends, call, entry));
    }
    await afterMicrotasks();
    this.#live = true;
    for (const close of this.#lost.splice(0)) close();
    if (this.#over) return;
    for (const call of this.#calls.values()) this.#start(call);
    this.check();
  }

  #number(kind: AtOnce, path: string): number {
    try {
      const joined = (): number => this.#frame.joining.messages.length;
      return this.#journal.number(kind, path, () => (kind === 'steered' ? joined() : this.#driver[kind]()));
    } catch (error) {
      this.#left.reject(error);
      throw error;
    }
  }

  #call(call: Call): void {
    if (this.#isGone(call.path)) return;
    try {
      this.#approvals.add(call, this.#calls.values());
    } catch (error) {
      // Not thrown into the team: it could catch it and go on.
      this.#left.reject(error);
      return;
    }
    this.#calls.set(call.path, call);
    clearTimeout(this.#idle);
    this.#idle = undefined;
    if (this.#live) this.#start(call);
  }

  #start(call: Call): void {
    if (call.kind === 'person' || call.kind === 'approval') {
      this.check();
      return;
    }
    if (call.kind === 'sleep') {
      this.#sleep(call).catch((error: unknown) => this.#left.reject(error));
      this.check();
      return;
    }
    if (this.#driver.mustYield) {
      this.check();
      return;
    }
    this.#open += 1;
    this.#answerTo(call).then(
      (answer) => {
        this.#open -= 1;
        this.#answer(call, answer);
      },
      (error: unknown) => {
        this.#open -= 1;
        if (!(error instanceof TurnStopped && error.kind === 'withdrawn')) this.#left.reject(error);
        this.check();
      },
    );
  }

  async #answerTo(call: Call): Promise<CallAnswer> {
    if (call.kind !== 'members') return this.#step(call);
    const { cast } = this.#frame;
    return cast.told(await this.#driver.members(call, cast));
  }

  async #step(call: Call): Promise<StepOutcome> {
    // A turn ends after all of its steps.
    if (call.last && this.#withdrawing) await this.#withdrawing;
    return this.#driver.step(stepCallOf(call));
  }

  #isGone(path: string): boolean {
    return this.#gone.some((prefix) => path.startsWith(prefix));
  }

  /** Calls below these paths are never answered; open steps end as cancelled, now or when the journal has been replayed. */
  #withdraw(prefixes: readonly string[], why: WithdrawalReason): void {
    this.#gone.push(...prefixes);
    const gone = [...this.#calls.values()].filter(({ path }) => this.#isGone(path));
    for (const { path } of gone) this.#calls.delete(path);
    const steps = gone.filter(isStep).map(stepCallOf);
    if (steps.length === 0) return;
    if (this.#live) this.#close(steps, why);
    else this.#lost.push(() => this.#close(steps, why));
  }

  #close(steps: readonly StepCall[], why: WithdrawalReason): void {
    this.#open += 1;
    const before = this.#withdrawing;
    this.#withdrawing = Promise.all([before, this.#driver.withdraw(steps, why)]).then(
      () => {
        this.#open -= 1;
        this.check();
      },
      (error: unknown) => this.#left.reject(error),
    );
  }

  async #sleep(call: Call): Promise<void> {
    await this.#driver.at(call.until);
    if (this.#isGone(call.path)) return;
    this.#unheard += 1;
    await this.#driver.over(call);
    this.#unheard -= 1;
    this.#answer(call, 'over');
  }

  #answer(call: Call, answer: CallAnswer): void {
    this.#calls.delete(call.path);
    this.#unheard += 1;
    this.#answering = this.#answering.then(async () => {
      if (!this.#isGone(call.path)) call.resolve(answer);
      await afterMicrotasks();
      this.#unheard -= 1;
      this.check();
    });
  }

  async #lastWord(root: Branch, { agent, input }: LastWord): Promise<TurnEnd> {
    const place = { branch: root, frame: this.#frame, calls: this.#port };
    const outcome = await askOf(agent, input, { ...place, last: true });
    if (outcome.status === 'failed') throw new AgentFailed(outcome);
    // Who hands over has called a tool: its step has not ended the turn.
    return { status: 'completed', last: outcome.handoff === undefined };
  }
}
