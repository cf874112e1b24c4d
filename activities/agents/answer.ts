/** What a model answers, part by part, as a runner tells it. */
import type {
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4ToolCall,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import {
  LIMITS,
  type FinishReason,
  type JsonObject,
  type ToolCall,
  type Usage,
} from '../../src/contracts/index.ts';
import { NO_ID } from './http/calls.ts';
import { readUsage } from './http/chunk.ts';
import { isRecord } from './http/frames.ts';
import { RunnerError, type RunPiece, type RunRequest } from './runner.ts';

/** Parts without content are told as signs of life this often, ms: often enough for every bound, and no cost for each token. */
const ALIVE_EVERY_MS = 250;

/** Finish reasons of the AI SDK; any other is a failure. */
const FINISHES: Readonly<Partial<Record<LanguageModelV4FinishReason['unified'], FinishReason>>> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'filter',
  'tool-calls': 'tools',
};

/** Longest id of a provider that is kept. */
const ID_CHARS = 128;

export class ModelAnswer {
  readonly #mayCall: boolean;
  /** Ids of calls, in this answer and those before. */
  readonly #ids: Set<string>;
  #hasText = false;
  #hasCalls = false;
  #hasReasoning = false;
  #usage: Usage | undefined;
  #finish: FinishReason | undefined;
  #aliveAt = 0;

  constructor({ tools = [], rounds = [] }: Pick<RunRequest, 'tools' | 'rounds'> = {}) {
    this.#mayCall = tools.length > 0;
    this.#ids = new Set(rounds.flatMap(({ calls }) => calls.map(({ id }) => id)));
  }

  /** It holds text, reasoning or a call. */
  get hasBegun(): boolean {
    return this.#hasText || this.#hasReasoning || this.#hasCalls;
  }

  /** What is told of a part. Throws the error that a part holds. */
  add(part: LanguageModelV4StreamPart): RunPiece | undefined {
    switch (part.type) {
      case 'text-delta':
        if (part.delta === '') return undefined;
        this.#hasText = true;
        return { type: 'text', text: part.delta };
      case 'reasoning-delta':
        if (part.delta === '') return undefined;
        this.#hasReasoning = true;
        return { type: 'reasoning', text: part.delta };
      case 'tool-call':
        // A model without tools that calls one is asking for nothing that could be done.
        if (!this.#mayCall) return this.#alive();
        this.#hasCalls = true;
        return { type: 'call', call: this.#call(part) };
      case 'error':
        throw part.error;
      case 'finish':
        this.#finish = FINISHES[part.finishReason.unified];
        return this.#counted(usageOf(part.usage));
      case 'raw':
        return this.#counted(isRecord(part.rawValue) ? readUsage(part.rawValue) : undefined) ?? this.#alive();
      default:
        return this.#alive();
    }
  }

  /** The last piece. Throws `agent_failed` when the end is none, `agent_empty` when there is no text. */
  end(): RunPiece {
    const finish = this.#finish;
    if (finish === undefined)
      throw new RunnerError('agent_failed', 'The model provider broke off its answer.', { retryable: true });
    if (!this.#hasText && !this.#hasCalls) throw this.#empty(finish);
    return { type: 'finish', finish };
  }

  #call({ toolCallId, toolName, input }: LanguageModelV4ToolCall): ToolCall {
    const ours = toolCallId === '' || toolCallId.startsWith(NO_ID) || toolCallId.length > ID_CHARS;
    let id = ours || this.#ids.has(toolCallId) ? '' : toolCallId;
    // Nine letters and digits: one provider demands just that.
    for (let n = this.#ids.size; id === '' || this.#ids.has(id); n += 1)
      id = `call${String(n).padStart(5, '0')}`;
    this.#ids.add(id);
    const tool = toolName.slice(0, ID_CHARS).toWellFormed();
    const args = argumentsOf(input);
    if (args !== undefined) return { id, tool, input: args };
    return { id, tool, input: {}, malformed: input.slice(0, LIMITS.malformedChars).toWellFormed() };
  }

  #empty(finish: FinishReason): RunnerError {
    const empty = (why: string, retryable: boolean): RunnerError =>
      new RunnerError('agent_empty', `The model said nothing: ${why}`, { retryable });
    switch (finish) {
      case 'filter':
        return empty("its provider's content filter stopped it.", false);
      case 'tools':
        return empty('it only called a tool, and it may call none.', false);
      case 'length':
        return this.#hasReasoning
          ? empty('it spent all its tokens on reasoning. Raise maxTokens or lower reasoningEffort.', false)
          : empty('it reached its length limit at once. Raise maxTokens.', false);
      case 'stop':
        return empty(this.#hasReasoning ? 'it ended after its reasoning.' : 'its answer was empty.', true);
    }
  }

  /** Usage that is new: the provider may count more than once. */
  #counted(usage: Usage | undefined): RunPiece | undefined {
    const before = this.#usage;
    if (!usage) return undefined;
    if (before?.inputTokens === usage.inputTokens && before.outputTokens === usage.outputTokens)
      return undefined;
    this.#usage = usage;
    return { type: 'usage', usage };
  }

  #alive(): RunPiece | undefined {
    const now = performance.now();
    if (now - this.#aliveAt < ALIVE_EVERY_MS) return undefined;
    this.#aliveAt = now;
    return { type: 'alive' };
  }
}

/** Undefined if they are no JSON object. */
function argumentsOf(input: unknown): JsonObject | undefined {
  try {
    const value: unknown = typeof input === 'string' ? JSON.parse(input) : input;
    // Some encode them twice.
    const args: unknown = typeof value === 'string' ? JSON.parse(value) : value;
    return isRecord(args) ? (wellFormed(args) as JsonObject) : undefined; // safety: parsed from JSON
  } catch {
    return undefined;
  }
}

/** Half of a surrogate pair would be refused by most, and break every later request that shows it. */
function wellFormed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, each: unknown) =>
    typeof each === 'string' ? each.toWellFormed() : each,
  );
}

function usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage | undefined {
  if (inputTokens.total === undefined && outputTokens.total === undefined) return undefined;
  return {
    inputTokens: inputTokens.total ?? 0,
    outputTokens: outputTokens.total ?? 0,
    ...(inputTokens.cacheRead ? { cachedTokens: inputTokens.cacheRead } : {}),
    ...(outputTokens.reasoning ? { reasoningTokens: outputTokens.reasoning } : {}),
  };
}
