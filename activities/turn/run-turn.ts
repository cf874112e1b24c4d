/**
 * One run of a turn: the team's code against the journal, its steps against the log. Knows no Temporal; `activities/index.ts` is the glue.
 *
 * Ways out: a `TurnResult`; `TurnStopped('superseded')`: another execution has the turn, and this one reports nothing; anything else is a
 * fault of the engine, and the turn goes on in another attempt.
 */
import {
  neededForTeam,
  openingRoster,
  reason,
  type AgentSpec,
  type EventDraft,
  type SessionRef,
  type TurnInput,
  type TurnProgress,
  type TurnResult,
  type TurnStatus,
  type TurnWait,
} from '../../src/contracts/index.ts';
import { originOf } from '../closing.ts';
import { patiently } from '../log-writer.ts';
import { stepFor, type StepHost } from '../step/index.ts';
import type { TeamMessage } from '../teams/team.ts';
import { bringEnd, bringProgress, endOf, endsOf, noRunner, turnEnded, type Ending } from './ends.ts';
import { Halting } from './halting.ts';
import { handOver } from './hand-over.ts';
import type { Heartbeat } from './heartbeat.ts';
import { Joining } from './joining.ts';
import type { WithdrawalReason } from './calls.ts';
import { Kernel } from './kernel.ts';
import type { StepCall, StepOutcome } from './step-call.ts';
import { Memory } from './memory.ts';
import { aborted, until } from './pauses.ts';
import { RunningSteps } from './running-steps.ts';
import { TurnPlace } from './place.ts';
import { infoOf, type TurnCall, type TurnDeps } from './turn-deps.ts';
import { answersIn, frameOf, messagesOf } from './frame.ts';
import type { PauseCall, TurnDriver, TurnEnd } from './turn-driver.ts';
import { TurnLog } from './turn-log.ts';
import { Summaries } from './summaries.ts';
import { TurnState } from './turn-state.ts';
import { Cast, type RosterNews } from './cast.ts';
import { heedStalls } from './stalls.ts';
import { guarded } from './spending.ts';
import { BudgetSpent, isFatal, TeamBroken, TurnStopped, type FatalError } from './stops.ts';

export class TurnRun implements StepHost, TurnDriver {
  readonly ref: SessionRef;
  readonly turn: string;
  readonly causes: readonly string[];
  readonly origin: StepHost['origin'];
  readonly log: TurnLog;
  readonly state: TurnState;
  readonly memory: Memory;
  readonly means: TurnDeps;
  readonly owner: string;
  readonly order: number;
  readonly closing: boolean;
  readonly suspendAfterMs: number;
  readonly joining: Joining;
  readonly summaries: Summaries;
  readonly #input: TurnInput;
  readonly #call: TurnCall;
  readonly #heartbeat: Heartbeat<TurnProgress> | null;
  /** Aborts the steps. */
  readonly #stopped = new AbortController();
  /** Aborts what waits for the log, once nothing is to be written any more. */
  readonly #over = new AbortController();
  readonly #steps = new RunningSteps(this.signal, () => this.#kernel?.check());
  readonly #halting = new Halting(this, this.#steps);
  readonly #place: TurnPlace;
  #cast: Cast | null = null;
  #kernel: Kernel | null = null;

  constructor(deps: TurnDeps, input: TurnInput, call: TurnCall) {
    const { tenant, session, turn, causes, journal, closing } = input;
    const { progress, attempt, waited } = call;
    this.ref = { tenant, session };
    this.turn = turn;
    this.causes = [...causes, ...answersIn(journal.entries)];
    this.origin = originOf(input);
    this.owner = call.owner;
    this.order = attempt === 0 ? 0 : input.attempts + attempt;
    this.closing = closing;
    this.suspendAfterMs = call.suspendAfterMs;
    this.memory = new Memory(input.memory ?? {}, input.beside !== true);
    this.means = deps;
    this.#input = input;
    this.#call = call;
    this.#place = new TurnPlace(deps.places, input);
    this.log = new TurnLog(deps, this.ref, { ...input, waited, facts: progress?.facts ?? [] }, this.signal);
    this.state = new TurnState(journal, progress, attempt, () => this.log.facts());
    this.joining = new Joining(this, attempt > 0);
    this.summaries = new Summaries(this, input, attempt > 0);
    this.#heartbeat = call.heartbeat(
      () => this.state.progress(),
      (why) => this.#halting.heed(why),
    );
  }

  // The step's host

  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  agent(name: string): AgentSpec {
    const found = this.#cast?.find(name);
    if (!found) throw new TeamBroken('agent_unknown', `The session has no agent "${name}".`);
    return found;
  }

  pause(call: StepCall, time: number): Promise<void> {
    return this.#steps.pause(call, time);
  }

  lack(call: StepCall, runner: string): Promise<void> {
    return this.#steps.lack(call, runner);
  }

  patiently<T>(call: () => Promise<T>): Promise<T> {
    return this.means.patient ? patiently(this.signal, call) : call();
  }

  async persist(call: StepCall, ends: readonly EventDraft[]): Promise<void> {
    this.state.end(call, ends);
    this.log.decide(ends);
    await this.save();
    this.log.saved(ends);
  }

  /** Makes durable what the turn has decided so far. */
  async save(): Promise<void> {
    const { length } = this.state.journal.added;
    await this.#heartbeat?.persist();
    this.signal.throwIfAborted();
    this.state.saved(length);
  }

  async messages(ids: readonly string[]): Promise<readonly TeamMessage[]> {
    if (ids.length === 0) return [];
    return this.patiently(() => messagesOf(this.means, { ...this.#input, causes: ids }, this.log.facts()));
  }

  // The kernel's driver

  step(call: StepCall): Promise<StepOutcome> {
    return this.#steps.run(call.step, (signal) => this.#step(call, signal));
  }

  async #step(call: StepCall, signal: AbortSignal): Promise<StepOutcome> {
    const step = stepFor(this, call, signal);
    // What led to the step must not come out otherwise once the step can be seen.
    if (this.state.mustSave) await this.save();
    const outcome = await step.run();
    await this.state.inOrder(call.path);
    return outcome;
  }

  async withdraw(calls: readonly StepCall[], why: WithdrawalReason): Promise<void> {
    const steps = calls.map(({ step }) => step);
    await this.#steps.withdraw(steps);
    // What led to it must not come out otherwise once it can be seen.
    if (this.state.mustSave) await this.save();
    const data = { reason: reason(why), text: '' };
    await this.log.cancel(new Set(steps), { at: Date.now(), ...this.origin, data });
    for (const step of steps) this.state.drop(step);
  }

  pausing(): readonly TurnWait[] {
    return this.#steps.pausing();
  }

  lacking(): readonly string[] {
    return this.#steps.lacking();
  }

  at(time: number): Promise<void> {
    return until(time, this.signal);
  }

  async over(call: PauseCall): Promise<void> {
    this.state.over(call);
    await this.state.inOrder(call.path);
  }

  async members(call: PauseCall, cast: Cast): Promise<RosterNews> {
    // A turn of quick agents is over in a moment, and holds its workflow's task until then.
    const roster = this.#heartbeat ? await this.log.roster() : null;
    return this.state.told(call, cast.news(roster));
  }

  now(): number {
    return Date.now();
  }

  random(): number {
    return Math.random();
  }

  get mustYield(): boolean {
    return this.#call.draining.aborted || this.#halting.isAsked || this.state.isFull;
  }

  // The run

  /** Stops the steps; `run` then ends accordingly. The first reason stays. Called again, it also stops what ends the turn. */
  stop(why: TurnStopped): void {
    if (this.signal.aborted) this.#over.abort(why);
    this.#stopped.abort(why);
  }

  async run(): Promise<TurnResult> {
    const nudge = (): void => this.#kernel?.check();
    this.#call.draining.addEventListener('abort', nudge);
    try {
      return await this.#place.during(() => this.#run());
    } finally {
      this.#call.draining.removeEventListener('abort', nudge);
      this.stop(new TurnStopped('superseded'));
      this.#over.abort(this.signal.reason);
      await this.#heartbeat?.end();
    }
  }

  async #run(): Promise<TurnResult> {
    try {
      return await this.#ended(
        await Promise.race([this.#place.enter(this, () => this.#runTeam()), aborted(this.signal)]),
      );
    } catch (error) {
      if (!this.signal.aborted) this.stop(new TurnStopped('superseded'));
      await this.#steps.settled();
      if (isFatal(error)) return await this.#broken(error);
      if (!(error instanceof TurnStopped) || error.kind === 'superseded') throw error;
      if (error.kind === 'unable' && error.needs === this.#input.needs)
        return await this.#ended(noRunner(error.needs));
      if (error.kind === 'cancelled') return this.#result('cancelled');
      if (error.kind === 'drained') this.state.handOver('The worker that ran it was stopped.');
      return this.#result('yielded', await handOver(this.log, this.#input, error.needs, this.#over.signal));
    }
  }

  async #runTeam(): Promise<TurnEnd> {
    const info = await this.patiently(() => infoOf(this.means, this.ref, this.#input.lead));
    const cast = new Cast(this.#input.roster ?? openingRoster(info.agents), this.means.configured);
    this.#cast = cast;
    const team = this.means.teams[info.team.name];
    if (!team) throw new TurnStopped('unable', this.#input.needs ?? neededForTeam(info.team.name));
    const goesOn = this.#call.progress !== null || this.state.journal.entries().length > 0;
    if (goesOn) await bringProgress(this.log, this.#input);
    if (this.log.turnEnd) return endOf(this.log.turnEnd);
    const heeded = await heedStalls(this.means.stalls, this, this.#call, team);
    const parts = { info, cast, memory: this.memory, joining: this.joining, carried: this.log.facts() };
    const frame = await this.patiently(() => frameOf(this.means, this.#input, parts));
    await this.joining.read();
    const kernel = (this.#kernel = new Kernel(frame, this.state.journal, this));
    const ends = await endsOf(this.log, this.#input, this.state.journal, (steps) =>
      this.patiently(() => this.means.conversations.ends(this.ref, this.turn, steps)),
    );
    const making = this.summaries.make(info.summary, { agents: cast.agents, spending: frame.spending, ends });
    const run = making.then(() => kernel.run(heeded, ends));
    return guarded(frame.spending, this.#input.ranMs ?? 0, run);
  }

  async #ended(end: TurnEnd): Promise<TurnResult> {
    if (end.status === 'suspended') return this.#result('suspended', { waits: end.waits });
    if (end.status === 'yielded') return this.#result('yielded');
    if (!this.log.turnEnd) await this.#endTurn(end);
    return this.#result(this.log.turnEnd?.type === 'turn.cancelled' ? 'cancelled' : 'done');
  }

  /** Durable first, then shown, as a step's end. */
  async #endTurn(end: Ending): Promise<void> {
    const draft = turnEnded(end, { at: Date.now(), ...this.origin }, this.memory.changed);
    this.log.decide([draft]);
    await this.#heartbeat?.persist();
    this.log.saved([draft]);
    await bringEnd(this.log, draft, this.signal.aborted ? this.#over.signal : this.signal);
  }

  async #broken(error: FatalError): Promise<TurnResult> {
    this.means.logger?.warn({ err: error, ...this.ref, ...this.origin }, 'A team could not go on');
    const guard = error instanceof BudgetSpent ? { guard: error.guard } : {};
    return this.#ended({ status: 'failed', code: error.code, message: error.message, ...guard });
  }

  #result(status: TurnStatus, more: Partial<Pick<TurnResult, 'waits' | 'needs'>> = {}): TurnResult {
    return {
      status,
      ...this.log.report(),
      // Copies: what the team has left running may still end.
      entries: [...this.state.journal.added],
      open: { ...this.state.open },
      waits: [],
      attempts: this.#call.attempt,
      ...more,
    };
  }
}
