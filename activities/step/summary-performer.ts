/** A step that makes a summary of the session for the steps after it. The turn waits for it, and goes on without it if it fails. */
import {
  LIMITS,
  neededFor,
  noWorkerFor,
  turnId,
  type Price,
  type Summarised,
} from '../../src/contracts/index.ts';
import type { RunnerError } from '../agents/runner.ts';
import { type AgentRunner, type RunPiece } from '../agents/runner.ts';
import type { StepCall, SummaryCall } from '../turn/step-call.ts';
import type { Said } from './attempt.ts';
import { finalFailure, silent } from './outcome.ts';
import type { Performer } from './performer.ts';
import { boundsOf, type SpeechBounds } from './speech.ts';
import type { StepHost } from './host.ts';

const TASK =
  'Summarise the conversation so far for those who take part and do not see it any more. Keep who said and wants what, ' +
  'what was decided and why, names, numbers, dates, and what is still open; of an earlier summary, all that still matters. ' +
  'Write in the language of the conversation, at most 800 words, nothing but the summary.';

export class SummaryPerformer implements Performer<AgentRunner> {
  /** A worker that cannot make it does not hand the turn over for it. */
  readonly lacks = null;
  readonly isBrief = true;
  readonly #host: StepHost;
  readonly #call: StepCall;
  readonly #summary: SummaryCall;

  constructor(host: StepHost, call: StepCall, summary: SummaryCall) {
    this.#host = host;
    this.#call = call;
    this.#summary = summary;
  }

  get told(): { readonly summarises: Summarised } {
    const { upTo, seq } = this.#summary;
    return { summarises: { upTo: turnId(upTo), seq } };
  }

  get bounds(): SpeechBounds {
    return boundsOf(this.#summary.agent);
  }

  get price(): Price | undefined {
    return this.#host.means.priceOf?.(this.#summary.agent);
  }

  get maxAttempts(): number {
    return Math.min(this.#summary.agent.maxAttempts ?? LIMITS.summaryAttempts, LIMITS.summaryAttempts);
  }

  async prepare(): Promise<AgentRunner | RunnerError> {
    const { agent } = this.#summary;
    const runner = this.#host.means.runners[agent.runner];
    if (runner && (runner.can?.(agent) ?? true)) return runner;
    const { code, message } = noWorkerFor(neededFor(agent));
    return finalFailure(code, message);
  }

  speak(attempt: number, runner: AgentRunner, signal: AbortSignal): AsyncIterable<RunPiece> {
    const { agent, conversation } = this.#summary;
    const { ref, turn } = this.#host;
    return runner.run({
      agent,
      ...ref,
      turn,
      step: this.#call.step,
      attempt,
      signal,
      conversation,
      task: TASK,
    });
  }

  judges(said: Said): Said | RunnerError {
    const text = said.text.slice(0, LIMITS.summaryChars).toWellFormed();
    return text.trim() === '' ? silent() : { ...said, text, calls: [] };
  }
}
