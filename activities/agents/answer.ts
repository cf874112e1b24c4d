/** What a model answers, part by part, as a runner tells it. */
import type {
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import type { FinishReason, Usage } from '../../src/contracts/index.ts';
import { readUsage } from './http/chunk.ts';
import { isRecord } from './http/frames.ts';
import { RunnerError, type RunPiece } from './runner.ts';

/** Parts without content are told as signs of life this often, ms: often enough for every bound, and no cost for each token. */
const ALIVE_EVERY_MS = 250;

/** Finish reasons of the AI SDK; any other is a failure. */
const FINISHES: Readonly<Partial<Record<LanguageModelV4FinishReason['unified'], FinishReason>>> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'filter',
  'tool-calls': 'tools',
};

export class ModelAnswer {
  #hasText = false;
  #hasReasoning = false;
  #usage: Usage | undefined;
  #finish: FinishReason | undefined;
  #aliveAt = 0;

  /** It holds text or reasoning. */
  get hasBegun(): boolean {
    return this.#hasText || this.#hasReasoning;
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
    if (!this.#hasText) throw this.#empty(finish);
    return { type: 'finish', finish };
  }

  #empty(finish: FinishReason): RunnerError {
    const empty = (why: string, retryable: boolean): RunnerError =>
      new RunnerError('agent_empty', `The model said nothing: ${why}`, { retryable });
    switch (finish) {
      case 'filter':
        return empty("its provider's content filter stopped it.", false);
      case 'tools':
        return empty('it only called a tool, and the agent has none.', false);
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

function usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage | undefined {
  if (inputTokens.total === undefined && outputTokens.total === undefined) return undefined;
  return {
    inputTokens: inputTokens.total ?? 0,
    outputTokens: outputTokens.total ?? 0,
    ...(inputTokens.cacheRead ? { cachedTokens: inputTokens.cacheRead } : {}),
    ...(outputTokens.reasoning ? { reasoningTokens: outputTokens.reasoning } : {}),
  };
}
