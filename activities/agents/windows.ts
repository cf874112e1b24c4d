/** How much of a conversation an agent may be shown: what fits into the context window of its model. */
import { LIMITS } from '../../src/contracts/index.ts';
import type { AgentSpec } from '../../src/contracts/index.ts';

/**
 * Context windows of known models, tokens, by the beginning of the name without the publisher before it; the longest match counts. Only
 * those with small windows matter: any other model holds more than `LIMITS.contextChars`.
 */
const WINDOWS: Readonly<Record<string, number>> = {
  'gpt-3.5': 16_385,
  'gpt-4': 8_192,
  'gpt-4-32k': 32_768,
  'gpt-4-turbo': 128_000,
  'gpt-4-1106': 128_000,
  'gpt-4-0125': 128_000,
  'gpt-4o': 128_000,
  'gpt-4.': 1_000_000,
  'llama-2': 4_096,
  llama2: 4_096,
  'llama-3-': 8_192,
  'meta-llama-3-': 8_192,
  'llama3:': 8_192,
  'llama3-': 8_192,
  codellama: 16_384,
  tinyllama: 2_048,
  smollm: 2_048,
  smollm2: 8_192,
  gemma: 8_192,
  gemma3: 32_768,
  'gemma-3': 32_768,
  phi: 2_048,
  phi3: 4_096,
  'phi-3': 4_096,
  'phi3.5': 128_000,
  'phi-3.5': 128_000,
  phi4: 16_384,
  'phi-4': 16_384,
  'mistral-7b': 8_192,
  'mistral:': 32_768,
  mixtral: 32_768,
  'qwen-7b': 8_192,
  'qwen-14b': 8_192,
  qwen2: 32_768,
  'qwen1.5': 32_768,
  qwen3: 32_768,
  qwq: 32_768,
  deepseek: 64_000,
  zephyr: 8_192,
  vicuna: 4_096,
  falcon: 2_048,
};

/** A careful guess: English has about 4 to a token, code 3, Chinese and Japanese 1 to 2. */
const CHARS_PER_TOKEN = 2;
/** For the answer of an agent that does not say how long it may be, as a part of the window. */
const ANSWER_PART = 1 / 4;
/** Even a tiny window must show something; if it does not fit, the provider says so. */
const LEAST_CHARS = 1_000;

/**
 * How much of a conversation an agent may be shown, UTF-16 code units: what its window holds besides its instructions and its answer. Up to
 * `LIMITS.contextChars`, and up to `LIMITS.contextMostChars` for an agent that states its window itself.
 *
 * @param defaultModel The model of agents that name none.
 */
export function contextBudgetChars(agent: AgentSpec, defaultModel?: string): number {
  const { contextTokens, maxTokens, instructions = '' } = agent;
  const window = contextTokens ?? windowOf(agent.model ?? defaultModel ?? '');
  if (window === undefined) return LIMITS.contextChars;
  const answer = Math.min(maxTokens ?? Infinity, window * ANSWER_PART);
  const chars = Math.floor((window - answer) * CHARS_PER_TOKEN) - instructions.length;
  const most = contextTokens === undefined ? LIMITS.contextChars : LIMITS.contextMostChars;
  return Math.min(Math.max(chars, LEAST_CHARS), most);
}

/** The context window of a model, tokens; undefined: unknown, or larger than matters. */
function windowOf(model: string): number | undefined {
  // A name without a tag ends like one with it: `llama3` is `llama3:latest`, and no `llama3.1`.
  const name = `${model.toLowerCase().split('/').at(-1) ?? ''}:`;
  const match = Object.keys(WINDOWS)
    .filter((prefix) => name.startsWith(prefix))
    .reduce((longest, prefix) => (prefix.length > longest.length ? prefix : longest), '');
  return WINDOWS[match];
}
