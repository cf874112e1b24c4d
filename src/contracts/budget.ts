/** Guards: what one turn may spend at most. Budgets are a session's; what a tenant may do in all is a quota. */
import type { Usage } from './events/step.ts';

export interface Budget {
  /** Model calls, tool calls, and what the team itself says. */
  readonly steps: number;
  /** Agents that hand over to another. */
  readonly handoffs: number;
  /** Teams that run teams that run teams … */
  readonly depth: number;
  /** Branches of one `parallel`. */
  readonly width: number;
  /** Time in which the turn runs, ms; what it waits for people and pauses does not count. */
  readonly runMs: number;
  /** Of input and output together, as the models count them; attempts that were withdrawn do not count. */
  readonly tokens: number;
  /** In the currency of the prices in the configuration; a model without a price costs nothing. */
  readonly cost: number;
  /** Equal answers of one agent to the same task, one after the other. */
  readonly repeats: number;
}

/** What may be spent; what is absent has its default. */
export type Limits = Partial<Budget>;

export type Guard = keyof Budget;

/** A guard that has stopped something. */
export interface Spent {
  readonly guard: Guard;
  readonly limit: number;
}

const NOUNS: Readonly<Record<Guard, string>> = {
  steps: 'steps',
  handoffs: 'handoffs',
  depth: 'teams inside each other',
  width: 'branches side by side',
  runMs: 'ms of running',
  tokens: 'tokens',
  cost: 'of cost',
  repeats: 'equal answers of an agent in a row',
};

/** What a guard has stopped, in a sentence. */
export function spentSentence({ guard, limit }: Spent): string {
  return `The limit of ${limit} ${NOUNS[guard]} is reached.`;
}

/** What a million tokens of a model cost, in any currency. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Of input that the provider's cache held; default: `input`. */
  readonly cached?: number;
}

const PER = 1_000_000;
/** Parts of the currency that are kept: sums of binary fractions would grow tails. */
const DIGITS = 1e9;

/** The usage with what it costs. */
export function priced(usage: Usage, { input, output, cached = input }: Price): Usage {
  const { inputTokens, outputTokens, cachedTokens = 0 } = usage;
  const fresh = Math.max(0, inputTokens - cachedTokens);
  const cost = (fresh * input + Math.min(cachedTokens, inputTokens) * cached + outputTokens * output) / PER;
  return { ...usage, cost: Math.round(cost * DIGITS) / DIGITS };
}
