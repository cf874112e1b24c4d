/** Runners whose model calls count against what their tenant may use in a day, and wait with its weight. */
import { setTimeout as pause } from 'node:timers/promises';
import { RunnerError } from '../../activities/index.ts';
import type { AgentRunner, RunPiece } from '../../activities/index.ts';
import { isConvokeError, jsonChars, LIMITS, priced } from '../contracts/index.ts';
import type { AgentSpec, Price, Usage } from '../contracts/index.ts';
import { NO_METRICS, type Metrics } from '../telemetry/index.ts';
import { decided } from './measured.ts';
import { isMetered, type LimitsOf, type Meter, type Settle, type Spending } from '../quota/index.ts';

/** What a runner is asked; its agent and all that the model is shown. */
type Asked = Parameters<AgentRunner['run']>[0];

interface Metering {
  readonly meter: Pick<Meter, 'reserve'>;
  readonly limitsOf: LimitsOf;
  /** Told of decisions; absent: nobody is. */
  readonly metrics?: Metrics;
  readonly priceOf?: ((agent: AgentSpec) => Price | undefined) | undefined;
}

const MICROS = 1_000_000;

/** Scripted agents use no tokens. */
export function metered<T extends Partial<Record<string, AgentRunner>>>(runners: T, metering: Metering): T {
  const each = Object.entries(runners).map(([kind, runner]) => [
    kind,
    kind === 'scripted' || !runner ? runner : meteredRunner(runner, metering),
  ]);
  return Object.fromEntries(each) as T; // safety: the same kinds
}

function meteredRunner(runner: AgentRunner, metering: Metering): AgentRunner {
  return {
    run(given) {
      const limits = metering.limitsOf(given.tenant);
      const asked = limits.weight === undefined ? given : { ...given, weight: limits.weight };
      return isMetered(limits) ? run(runner, asked, metering) : runner.run(asked);
    },
    ...(runner.asks && { asks: runner.asks.bind(runner) }),
    ...(runner.can && { can: (agent: AgentSpec) => runner.can?.(agent) ?? true }),
    ...(runner.budgetChars && {
      budgetChars: (agent: AgentSpec) => runner.budgetChars?.(agent) ?? LIMITS.contextChars,
    }),
  };
}

async function* run(runner: AgentRunner, asked: Asked, metering: Metering): AsyncIterable<RunPiece> {
  const price = metering.priceOf?.(asked.agent);
  const settle = await reserved(asked, metering, price);
  let usage: Usage | undefined;
  let chars = 0;
  const end = (): void => {
    // What nobody has counted is estimated; a call that was answered with nothing costs nothing.
    const used = usage ?? { inputTokens: chars === 0 ? 0 : tokensIn(asked), outputTokens: tokensOf(chars) };
    // If Redis is away, the reservation is given back when it ends.
    settle(spendingOf(used, price)).catch(() => undefined);
  };
  // An agent that ignores its signal may never come to its end.
  asked.signal.addEventListener('abort', end, { once: true });
  try {
    for await (const piece of runner.run(asked)) {
      if (piece.type === 'usage') usage = piece.usage;
      if (piece.type === 'text' || piece.type === 'reasoning') chars += piece.text.length;
      yield piece;
    }
  } finally {
    asked.signal.removeEventListener('abort', end);
    end();
  }
}

/** While Redis is away it waits: what cannot be counted is not used. Throws a `RunnerError` with the code `quota_exceeded`. */
async function reserved(asked: Asked, metering: Metering, price?: Price): Promise<Settle> {
  const { meter, limitsOf, metrics = NO_METRICS } = metering;
  const { tenant, agent, signal } = asked;
  const outputTokens = agent.maxTokens ?? LIMITS.reservedAnswerTokens;
  const wanted = spendingOf({ inputTokens: tokensIn(asked), outputTokens }, price);
  for (;;) {
    try {
      return await decided(metrics, { limit: 'usage', tenant }, () =>
        meter.reserve(tenant, limitsOf(tenant), wanted, agent.timeoutMs ?? LIMITS.stepTimeoutMs),
      );
    } catch (error) {
      if (!isConvokeError(error)) throw error;
      if (error.code === 'quota_exceeded')
        throw new RunnerError(error.code, error.message, {
          retryable: false,
          retryAfterMs: error.retryAfterMs,
        });
    }
    await pause(LIMITS.reserveAgainMs, undefined, { signal });
  }
}

function spendingOf(usage: Usage, price: Price | undefined): Spending {
  const { inputTokens, outputTokens, cost = 0 } = price ? priced(usage, price) : usage;
  return { tokens: Math.ceil(inputTokens + outputTokens), costMicros: Math.ceil(cost * MICROS) };
}

/** An estimate of what the model is shown. */
function tokensIn({ agent, conversation, rounds = [], tools = [], task = '' }: Asked): number {
  const said = conversation.reduce(
    (sum, { text, data }) => sum + text.length + (data ? jsonChars(data) : 0),
    0,
  );
  const { instructions = '' } = agent;
  return tokensOf(said + jsonChars(rounds) + jsonChars(tools) + task.length + instructions.length);
}

function tokensOf(chars: number): number {
  return Math.ceil(chars / LIMITS.charsPerToken);
}
