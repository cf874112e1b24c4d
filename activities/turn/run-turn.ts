/**
 * One run of a turn: the team's code against the journal, its steps against the log. Knows no Temporal; `activities/index.ts` is the glue.
 *
 * Ways out: a `TurnResult`; `TurnStopped('superseded')`: another execution has the turn, and this one reports nothing; anything else is a
 * fault of the engine, and the turn goes on in another attempt.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  endsStep,
  endsTurn,
  type AgentSpec,
  type EventDraft,
  type SessionRef,
  type TurnInput,
  type TurnProgress,
  type TurnResult,
  type TurnStatus,
  type TurnWait,
} from '../../src/contracts/index.ts';
import type { AppendInput } from '../../src/log/index.ts';
import { closesOf } from '../closing.ts';
import { patiently } from '../log-writer.ts';
import { AgentStep, type StepHost } from '../step/agent-step.ts';
import type { Outcome } from '../teams/team.ts';
import { endOf, turnEnded, type Ending } from './ends.ts';
import type { Heartbeat } from './heartbeat.ts';
import { Kernel, type StepCall, type StepEnds, type TurnDriver, type TurnEnd } from './kernel.ts';
import { infoOf, type TurnDeps } from './turn-deps.ts';
import { TurnLog } from './turn-log.ts';
import { TurnState } from './turn-state.ts';
import { isFatal, TeamBroken, TurnStopped, type FatalError } from './stops.ts';

/** The execution, as its caller sees it. */
export interface TurnCall {
  readonly owner: string;
  /** Temporal's attempt; 0 for a local activity, whose executions have no order. */
  readonly attempt: number;
  /** What earlier attempts of this activity have persisted. */
  readonly progress: TurnProgress | null;
  /** The channel of the journal; null: saying it all again is harmless. */
  readonly heartbeat: (
    details: () => TurnProgress,
    stop: (why: TurnStopped) => void,
  ) => Heartbeat<TurnProgress> | null;
  /** Waits longer than this are the workflow's, ms. */
  readonly suspendAfterMs: number;
  /** The worker is to stop: the turn should be handed over at its next pause between steps. */
  readonly draining: AbortSignal;
}

/** The longest that Node's timers can do, ms. */
const TIMER_MOST_MS = 2 ** 31 - 1;

export class TurnRun implements StepHost, TurnDriver {
  readonly ref: SessionRef;
  readonly turn: string;
  readonly causes: readonly string[];
  readonly log: TurnLog;
  readonly state: TurnState;
  readonly conversations: TurnDeps['conversations'];
  readonly runners: TurnDeps['runners'];
  readonly logger: TurnDeps['logger'];
  readonly owner: string;
  readonly order: number;
  readonly closing: boolean;
  readonly suspendAfterMs: number;
  readonly #deps: TurnDeps;
  readonly #input: TurnInput;
  readonly #call: TurnCall;
  readonly #heartbeat: Heartbeat<TurnProgress> | null;
  /** Aborts the steps. */
  readonly #stopped = new AbortController();
  /** Aborts what waits for the log, once nothing is to be written any more. */
  readonly #over = new AbortController();
  readonly #pausing = new Map<string, TurnWait>();
  readonly #running = new Set<Promise<unknown>>();
  #agents: readonly AgentSpec[] = [];
  #kernel: Kernel | null = null;

  constructor(deps: TurnDeps, input: TurnInput, call: TurnCall) {
    const { tenant, session, turn, causes, journal } = input;
    const { progress, attempt } = call;
    this.ref = { tenant, session };
    this.turn = turn;
    this.causes = causes;
    this.conversations = deps.conversations;
    this.runners = deps.runners;
    this.logger = deps.logger;
    this.owner = call.owner;
    this.order = attempt === 0 ? 0 : input.attempts + attempt;
    this.closing = input.closing;
    this.suspendAfterMs = call.suspendAfterMs;
    this.#deps = deps;
    this.#input = input;
    this.#call = call;
    this.log = new TurnLog(deps, this.ref, { ...input, facts: progress?.facts ?? [] }, this.signal);
    this.state = new TurnState(journal, progress, attempt, () => this.log.facts());
    this.#heartbeat = call.heartbeat(
      () => this.state.progress(),
      (why) => this.stop(why),
    );
  }

  // The step's host

  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  agent(name: string): AgentSpec {
    const found = this.#agents.find((agent) => agent.name === name);
    if (!found) throw new TeamBroken('agent_unknown', `The session has no agent "${name}".`);
    return found;
  }

  async pause({ path, agent }: StepCall, until: number): Promise<void> {
    if (until <= Date.now()) return;
    this.#pausing.set(path, { path, kind: 'retry', key: agent, until });
    this.#kernel?.check();
    await this.at(until);
    this.signal.throwIfAborted();
    this.#pausing.delete(path);
  }

  patiently<T>(call: () => Promise<T>): Promise<T> {
    return this.#deps.patient ? patiently(this.signal, call) : call();
  }

  async persist(call: StepCall, ends: readonly EventDraft[]): Promise<void> {
    this.state.end(call, ends);
    this.log.decide(ends);
    await this.#heartbeat?.persist();
    this.signal.throwIfAborted();
  }

  // The kernel's driver

  step(call: StepCall): Promise<Outcome> {
    const running = this.#step(call);
    this.#running.add(running);
    running.finally(() => this.#running.delete(running)).catch(() => undefined);
    return running;
  }

  async #step(call: StepCall): Promise<Outcome> {
    const outcome = await new AgentStep(this, call).run();
    await this.state.inOrder(call.path);
    return outcome;
  }

  pausing(): readonly TurnWait[] {
    return [...this.#pausing.values()];
  }

  async at(time: number): Promise<void> {
    for (let left = time - Date.now(); left > 0; left = time - Date.now()) {
      await pause(Math.min(left, TIMER_MOST_MS), undefined, { signal: this.signal }).catch(() => undefined);
      if (this.signal.aborted) return;
    }
  }

  now(): number {
    return Date.now();
  }

  random(): number {
    return Math.random();
  }

  get mustYield(): boolean {
    return this.#call.draining.aborted || this.state.isFull;
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
      return await this.#run();
    } finally {
      this.#call.draining.removeEventListener('abort', nudge);
      this.stop(new TurnStopped('superseded'));
      this.#over.abort(this.signal.reason);
      await this.#heartbeat?.end();
    }
  }

  async #run(): Promise<TurnResult> {
    const stopped = new Promise<never>((_, reject) => {
      this.signal.addEventListener('abort', () => reject(this.signal.reason as Error), { once: true });
    });
    stopped.catch(() => undefined);
    try {
      const end = await Promise.race([this.#runTeam(), stopped]);
      return await this.#ended(end);
    } catch (error) {
      if (!this.signal.aborted) this.stop(new TurnStopped('superseded'));
      await Promise.allSettled([...this.#running]);
      if (isFatal(error)) return await this.#broken(error);
      if (!(error instanceof TurnStopped) || error.kind === 'superseded') throw error;
      if (error.kind === 'unable' && error.needs === this.#input.needs) return await this.#noRunner(error);
      if (error.kind === 'cancelled') return this.#result('cancelled');
      return this.#handOver(error);
    }
  }

  async #runTeam(): Promise<TurnEnd> {
    const info = await this.patiently(() => infoOf(this.#deps, this.ref, this.#input.lead));
    this.#agents = info.agents;
    if (this.#call.progress) await this.#bringProgress();
    const { turnEnd } = this.log;
    if (turnEnd) return endOf(turnEnd);
    const frame = {
      turn: this.turn,
      causes: this.causes,
      agents: info.agents,
      options: info.team.options ?? {},
    };
    const kernel = new Kernel(frame, this.state.journal, this);
    this.#kernel = kernel;
    const team = this.#deps.teams[info.team.name];
    if (!team) throw new TeamBroken('unknown_team', `This worker has no team "${info.team.name}".`);
    return kernel.run(team, await this.#ends());
  }

  /** What earlier attempts have made durable and may not have shown. */
  async #bringProgress(): Promise<void> {
    const end = this.log.facts().find(({ type }) => endsTurn(type));
    await this.log.append([], end ? this.#closes(end) : {});
  }

  /** How the steps that the journal knows have ended. */
  async #ends(): Promise<StepEnds> {
    if (this.state.journal.decided().length === 0) return new Map();
    const ends = new Map(await this.patiently(() => this.conversations.ends(this.ref, this.turn)));
    for (const fact of this.log.facts()) {
      if (endsStep(fact.type) && fact.step !== undefined && !ends.has(fact.step)) {
        ends.set(fact.step, { ...fact, seq: 0 });
      }
    }
    return ends;
  }

  async #ended(end: TurnEnd): Promise<TurnResult> {
    if (end.status === 'suspended') return this.#result('suspended', { waits: end.waits });
    if (end.status === 'yielded') return this.#result('yielded');
    if (!this.log.turnEnd) await this.#endTurn(end);
    return this.#result(this.log.turnEnd?.type === 'turn.cancelled' ? 'cancelled' : 'done');
  }

  /** Durable first, then shown, as a step's end. */
  async #endTurn(end: Ending): Promise<void> {
    const draft = turnEnded(end, { turn: this.turn, at: Date.now(), cause: this.causes[0] ?? '' });
    this.log.decide([draft]);
    await this.#heartbeat?.persist();
    await this.log.append([draft], { ...this.#closes(draft), signal: this.#over.signal });
  }

  /** Ends what a team has left running. */
  #closes({ at, cause }: EventDraft): Pick<AppendInput, 'closes'> {
    const data = { reason: 'the turn has ended' };
    return closesOf({ turn: this.turn, type: 'step.cancelled', data }, at, cause);
  }

  async #broken(error: FatalError): Promise<TurnResult> {
    const { session } = this.ref;
    this.logger?.warn({ err: error, session, turn: this.turn }, 'A team could not go on');
    return this.#ended({ status: 'failed', code: error.code, message: error.message });
  }

  #noRunner({ needs = '' }: TurnStopped): Promise<TurnResult> {
    const message = `No worker of this deployment can run agents of the kind "${needs}".`;
    return this.#ended({ status: 'failed', code: 'no_worker_for_agent', message });
  }

  #handOver({ kind, needs }: TurnStopped): TurnResult {
    this.state.handOver(kind === 'drained' ? 'The worker that ran it was stopped.' : '');
    return this.#result('yielded', needs === undefined ? {} : { needs });
  }

  #result(status: TurnStatus, more: Partial<Pick<TurnResult, 'waits' | 'needs'>> = {}): TurnResult {
    return {
      status,
      ...this.log.report(),
      entries: this.state.journal.added,
      open: this.state.open,
      waits: [],
      attempts: this.#call.attempt,
      ...more,
    };
  }
}
