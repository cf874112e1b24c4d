/** What a step tells of itself: why it was tried, how fast it spoke, how it ended. Once for each attempt, never for each token. */
import type { OpenTry, Usage } from '../../src/contracts/index.ts';
import { NO_METRICS, secondsSince, type Metrics } from '../../src/telemetry/index.ts';
import type { StepCall, StepOutcome } from '../turn/step-call.ts';
import { TurnStopped } from '../turn/stops.ts';
import type { RunWatch } from '../turn/watch.ts';
import type { Said } from './attempt.ts';
import { asRunnerError } from './outcome.ts';
import { isCancelled, type HeardAttempt, type StepWay } from './way.ts';

/** What was heard of one attempt. Times are of `performance.now()`, ms. */
interface Tempo {
  readonly usage: Usage | undefined;
  /** Undefined: there was no token. */
  readonly firstAt: number | undefined;
}

export type Kind = 'agent' | 'tool' | 'summary' | 'say';

function kindOf({ use, summary, say }: StepCall): Kind {
  if (use) return 'tool';
  if (summary) return 'summary';
  return say === undefined ? 'agent' : 'say';
}

/** A call of a model that began then, as operators are told of it: a place at the endpoint is not what it took. */
export function timed(
  began: number,
  { stamps, waits = [] }: Pick<Said, 'stamps' | 'waits'>,
  failed: { readonly error: unknown } | null,
): Parameters<RunWatch['heard']>[1] {
  const slot = waits.find(({ reason }) => reason === 'slot');
  return {
    ...(stamps?.first !== undefined && { firstMs: stamps.first - (slot?.until ?? began) }),
    ...(failed && { failed: asRunnerError(failed.error).code }),
  };
}

export class StepMeasure {
  readonly #metrics: Metrics;
  readonly #kind: Kind;
  readonly #tenant: string;
  readonly #way: StepWay | undefined;

  constructor(metrics: Metrics = NO_METRICS, tenant: string, call: StepCall, way?: StepWay) {
    this.#way = way;
    this.#metrics = metrics;
    this.#tenant = tenant;
    this.#kind = kindOf(call);
  }

  /** An attempt begins. `attempt`: as the log counts them; `before`: what the one before has left. */
  began(attempt: number, before: OpenTry | undefined): void {
    const other = before !== undefined && before.reason !== '' ? 'handed_over' : 'worker_lost';
    const cause = attempt === 1 ? 'first' : (before?.code ?? other);
    this.#metrics.add('convoke_attempts_total', { kind: this.#kind, cause });
    this.#way?.began(attempt);
  }

  /** An attempt that began then has said what it had to say, or was stopped. */
  heard(
    began: number,
    { usage, firstAt }: Tempo,
    said?: Pick<HeardAttempt, 'finish' | 'text' | 'failed' | 'stopped'>,
  ): void {
    const shift = Date.now() - performance.now();
    const first = firstAt === undefined ? undefined : firstAt + shift;
    if (said) this.#way?.heard({ ...said, usage, first, from: began + shift });
    if (this.#kind === 'tool' || this.#kind === 'say') return;
    const tenant = this.#tenant;
    if (firstAt !== undefined)
      this.#metrics.observe('convoke_first_token_seconds', {}, (firstAt - began) / 1000);
    if (!usage) return;
    this.#metrics.add('convoke_tokens_total', { tenant, direction: 'input' }, usage.inputTokens);
    this.#metrics.add('convoke_tokens_total', { tenant, direction: 'output' }, usage.outputTokens);
    const seconds = secondsSince(firstAt ?? Infinity);
    if (seconds > 0) this.#metrics.observe('convoke_tokens_per_second', {}, usage.outputTokens / seconds);
  }

  /** Hears how the step ends. */
  async of(run: () => Promise<StepOutcome>): Promise<StepOutcome> {
    const began = performance.now();
    const ended = (outcome: string, end?: StepOutcome): void => {
      this.#way?.ended(outcome, end);
      this.#metrics.add('convoke_steps_total', { kind: this.#kind, outcome });
      this.#metrics.observe('convoke_step_seconds', { kind: this.#kind }, secondsSince(began));
    };
    try {
      const outcome = await run();
      ended(outcome.status === 'completed' ? 'completed' : outcome.code, outcome);
      return outcome;
    } catch (error) {
      const stopped = error instanceof TurnStopped ? error.kind : 'fault';
      if (isCancelled(stopped)) ended('cancelled');
      // It goes on elsewhere.
      else this.#way?.left(stopped);
      throw error;
    }
  }
}
