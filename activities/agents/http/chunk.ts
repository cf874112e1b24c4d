/** What a JSON object of an answer holds, read field by field: one that has the wrong type counts as absent. */
import type { FinishReason, Usage } from '../../../src/contracts/index.ts';
import { callsIn, type CallPiece } from './calls.ts';
import { isRecord } from './frames.ts';

type Json = Readonly<Record<string, unknown>>;

export interface AnswerChunk {
  readonly text: string;
  readonly reasoning: string;
  /** Pieces of the tools' calls. */
  readonly calls: readonly CallPiece[];
  /** The provider's word for why the model stopped. */
  readonly finish: string | undefined;
  readonly usage: Usage | undefined;
  /** It holds the whole answer, not a piece: an answer that is not streamed, or the summary at the end of one that is. */
  readonly whole: boolean;
}

/** Undefined for an object that is no part of an answer: a keep-alive, an event of another kind. */
export function readChunk(value: Json): AnswerChunk | undefined {
  const usage = readUsage(value);
  const choice = Array.isArray(value['choices']) ? (value['choices'] as unknown[]).find(isFirst) : undefined;
  if (!isRecord(choice)) return usage && { ...NOTHING, usage };
  const part = [choice['delta'], choice['message']].find(isRecord) ?? {};
  return {
    // `text` is what completions before chats had; a refusal in the model's own words is an answer.
    text: textOf(part['content']) || textOf(choice['text']) || textOf(part['refusal']),
    reasoning: reasoningOf(part),
    calls: callsIn(part),
    finish: wordOf(choice['finish_reason']),
    usage,
    whole: !isRecord(choice['delta']) && isRecord(choice['message']),
  };
}

/** The error that an object tells of, if it does. */
export function readError(value: Json): Json | undefined {
  const error = value['error'];
  if (isRecord(error)) return error;
  if (typeof error === 'string' && error !== '') return { message: error, ...codesOf(value) };
  // `{"object": "error", "message": …}` and `{"type": "error", …}`
  if (value['object'] === 'error' || value['type'] === 'error') return value;
  const hasChoices = Array.isArray(value['choices']);
  return !hasChoices && typeof value['detail'] === 'string' ? { message: value['detail'] } : undefined;
}

const NOTHING: AnswerChunk = {
  text: '',
  reasoning: '',
  calls: [],
  finish: undefined,
  usage: undefined,
  whole: false,
};

/** Words of providers for the end of an answer. Any other is a failure: what it means for the text is unknown. */
const FINISHES: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  complete: 'stop',
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  content_filter: 'filter',
  refusal: 'filter',
  safety: 'filter',
  recitation: 'filter',
  blocklist: 'filter',
  prohibited_content: 'filter',
  spii: 'filter',
  sensitive: 'filter',
  tool_calls: 'tools',
  tool_use: 'tools',
  function_call: 'tools',
};

/** Undefined for a word that tells of a failure, or of nothing known. */
export function finishOf(word: string): FinishReason | undefined {
  const key = word.toLowerCase();
  return Object.hasOwn(FINISHES, key) ? FINISHES[key] : undefined;
}

/** Usage as OpenAI, DeepSeek, Groq and Anthropic name its fields; numbers may be text. */
export function readUsage(value: Json): Usage | undefined {
  const groq = value['x_groq'];
  const usage = [value['usage'], isRecord(groq) ? groq['usage'] : undefined].find(isRecord);
  if (!usage) return undefined;
  const input = countOf(usage['prompt_tokens'] ?? usage['input_tokens']);
  const output = countOf(usage['completion_tokens'] ?? usage['output_tokens']);
  if (input === undefined && output === undefined) return undefined;
  const details = (names: readonly string[]): Json => names.map((name) => usage[name]).find(isRecord) ?? {};
  const inputDetails = details(['prompt_tokens_details', 'input_tokens_details']);
  const outputDetails = details(['completion_tokens_details', 'output_tokens_details']);
  const cached =
    countOf(inputDetails['cached_tokens']) ??
    countOf(usage['prompt_cache_hit_tokens'] ?? usage['cache_read_input_tokens']);
  const reasoning = countOf(outputDetails['reasoning_tokens']) ?? countOf(usage['reasoning_tokens']);
  return {
    inputTokens: input ?? 0,
    outputTokens: output ?? 0,
    ...(cached === undefined ? {} : { cachedTokens: cached }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
  };
}

/** A string, or parts with text; parts of thinking are not text. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(textOf).join('');
  if (!isRecord(content) || content['type'] === 'thinking' || content['type'] === 'reasoning') return '';
  return textOf(content['text']);
}

/** Some servers send it twice, under two names. */
function reasoningOf(part: Json): string {
  const named = [part['reasoning_content'], part['reasoning'], part['thinking']].map(textOf);
  const found = named.find((text) => text !== '');
  if (found !== undefined) return found;
  const parts = Array.isArray(part['content']) ? (part['content'] as unknown[]) : [];
  return parts.map((each) => (isRecord(each) ? textOf(each['thinking'] ?? each['reasoning']) : '')).join('');
}

/** Of several answers to one request only the first is wanted. */
function isFirst(choice: unknown): boolean {
  return isRecord(choice) && !(Number(choice['index'] ?? 0) > 0);
}

function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value !== 'null' ? value : undefined;
}

function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof count === 'number' && Number.isFinite(count) && count >= 0 ? Math.floor(count) : undefined;
}

function codesOf(value: Json): Json {
  const { code, type, status } = value;
  return { code, type, status };
}
