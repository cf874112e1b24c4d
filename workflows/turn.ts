/** One turn: runs the team, carries facts to the log with its steps, and sees to it that the turn gets exactly one end. */
import { CancellationScope, isCancellation, TemporalFailure } from '@temporalio/workflow';
import { ERRORS, LIMITS, type AgentSpec, type SessionInput, type StepInput } from '../src/contracts/index.ts';
import { publish, runStep } from './calls.ts';
import type { RunningTurn, SessionMachine } from './session-machine.ts';
import { teams } from './teams/index.ts';
import type { AskOptions, AskResult } from './teams/team.ts';

export class Turn {
  readonly #input: SessionInput;
  readonly #machine: SessionMachine;
  readonly #running: RunningTurn;
  #scope: CancellationScope | null = null;

  constructor(input: SessionInput, machine: SessionMachine) {
    this.#input = input;
    this.#machine = machine;
    this.#running = machine.startTurn(Date.now());
  }

  /** Stops the step at work; the machine has noted the cancel. */
  cancel(): void {
    this.#scope?.cancel();
  }

  /** Resolves once the turn has its end in the log. */
  async run(): Promise<void> {
    const running = this.#running;
    const { team, agents } = this.#input.info;
    await teams[team]({ agents, ask: (agent, options) => this.#ask(agent, options) });
    if (!running.end) {
      this.#machine.endTurn(running, 'turn.completed', {}, Date.now());
      await this.publish();
    }
  }

  async #ask(agent: AgentSpec, options: AskOptions): Promise<AskResult> {
    const running = this.#running;
    if (running.cancelled) return this.#endCancelled();
    const step = this.#machine.startStep(running, agent.name, Date.now());
    const lead = this.#machine.facts.takeDrafts();
    const input: StepInput = {
      tenant: this.#input.tenant,
      session: this.#input.session,
      known: this.#machine.facts.known,
      turn: running.turn,
      step,
      agent: agent.name,
      lead,
      last: options.last,
      cause: running.cause,
      maxAttempts: agent.maxAttempts ?? LIMITS.stepAttempts,
      timeoutMs: agent.quick
        ? Math.min(agent.timeoutMs ?? LIMITS.quickTimeoutMs, LIMITS.quickTimeoutMs)
        : (agent.timeoutMs ?? LIMITS.stepTimeoutMs),
      idleMs: agent.idleMs ?? LIMITS.stepIdleMs,
    };
    try {
      this.#scope = new CancellationScope();
      this.#machine.report(await this.#scope.run(() => runStep(agent, input)));
    } catch (error) {
      this.#machine.facts.returnDrafts(lead);
      if (isCancellation(error)) return await this.#endCancelled();
      // A local activity's failure comes bare. Anything that is no failure of Temporal's is a mistake in this code.
      if (!(error instanceof TemporalFailure)) throw error;
      return await this.#endLost(options);
    } finally {
      this.#scope = null;
    }
    return running.end ? 'ended' : 'completed';
  }

  /** The log decides: if the step or the turn has ended by now, that end stands. */
  async #endCancelled(): Promise<AskResult> {
    const reason = 'cancelled on request';
    const now = Date.now();
    this.#running.cancelled = true;
    this.#machine.endStep(this.#running, 'step.cancelled', { reason, text: '' }, now);
    this.#machine.endTurn(this.#running, 'turn.cancelled', { reason }, now);
    await this.publish();
    return 'ended';
  }

  /** No attempt came back. The last one may still have committed the step: then it counts. */
  async #endLost({ last }: AskOptions): Promise<AskResult> {
    const running = this.#running;
    // What the workers say of it is for operators, in the history.
    const failure = { code: 'worker_lost', message: ERRORS.worker_lost.title };
    this.#machine.endStep(running, 'step.failed', { ...failure, text: '' }, Date.now());
    const end = await this.publish(running.step ?? '');
    if (end === 'step.completed' && !last) return 'completed';
    if (!running.end) {
      this.#machine.endTurn(running, 'turn.failed', failure, Date.now());
      await this.publish();
    }
    return 'ended';
  }

  /** Publishes what has been decided; answers the type of the end that the log holds for `step`. */
  async publish(step?: string): Promise<string | undefined> {
    const { facts } = this.#machine;
    const drafts = facts.takeDrafts();
    const { tenant, session } = this.#input;
    const report = await CancellationScope.nonCancellable(() =>
      publish({ tenant, session, known: facts.known, drafts, reconcile: false }),
    );
    this.#machine.report(report);
    return report.events.find((event) => event.step === step)?.type;
  }
}
