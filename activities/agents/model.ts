/** The model runner: one streamed call of a language model through the AI SDK. */
import { streamText } from 'ai';
import type { FinishReason, LanguageModel, LanguageModelUsage } from 'ai';
import { chatMessages, systemPrompt } from './conversation.ts';
import { toRunnerError } from './failures.ts';
import { RunnerError } from './runner.ts';
import type { AgentRunner, RunPiece, RunRequest } from './runner.ts';

export interface ModelRunnerOptions {
  /** The model by its id at the provider; undefined: the default one. Any provider of the AI SDK fits. */
  readonly languageModel: (id: string | undefined) => LanguageModel;
  /** Longest time of one call, ms, from request to the last token; absent: the step's own time-out alone decides. */
  readonly requestTimeoutMs?: number | undefined;
}

/**
 * A runner that asks a language model. Text comes as the provider streams it, then its usage if it counted any. One call, no retries of its
 * own: the workflow retries steps, and a second retry inside would multiply them.
 *
 * Throws as `toRunnerError` says; `agent_timeout` (retryable) after `requestTimeoutMs`; `agent_refused` when the provider's filter stopped
 * the answer. An answer cut by the model's own length limit is an answer. Abort, or leaving the loop early, closes the provider's request.
 */
export function createModelRunner(options: ModelRunnerOptions): AgentRunner {
  return { run: (request) => run(options, request) };
}

async function* run(
  options: ModelRunnerOptions,
  request: RunRequest,
): AsyncGenerator<RunPiece, void, undefined> {
  const { signal } = request;
  signal.throwIfAborted();
  // One controller for every reason to stop: aborted from outside, too slow, or nobody reads any more.
  const call = new AbortController();
  const stop = (): void => {
    call.abort(signal.reason);
  };
  signal.addEventListener('abort', stop, { once: true });
  const timer = startTimer(options.requestTimeoutMs, call);
  try {
    yield* speak(options, request, call.signal);
  } catch (error) {
    call.signal.throwIfAborted();
    throw toRunnerError(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    call.abort();
  }
}

async function* speak(
  options: ModelRunnerOptions,
  request: RunRequest,
  abortSignal: AbortSignal,
): AsyncGenerator<RunPiece, void, undefined> {
  const { agent, conversation } = request;
  const answer = streamText({
    model: options.languageModel(agent.model),
    instructions: systemPrompt(agent),
    messages: chatMessages(agent, conversation),
    maxRetries: 0,
    abortSignal,
    // Errors come as parts of the stream; the SDK would also print them, with what the provider wrote.
    onError: () => undefined,
  });
  for await (const part of answer.stream) {
    abortSignal.throwIfAborted();
    if (part.type === 'text-delta' && part.text !== '') yield { type: 'text', text: part.text };
    else if (part.type === 'error') throw part.error;
    else if (part.type === 'finish') {
      const usage = usageOf(part.totalUsage);
      if (usage !== undefined) yield usage;
      checkFinish(part.finishReason, part.rawFinishReason);
    }
  }
  abortSignal.throwIfAborted();
}

/** @param raw The provider's own word for the reason. */
function checkFinish(reason: FinishReason, raw: string | undefined): void {
  if (reason === 'error') {
    throw new RunnerError('agent_failed', 'The model provider broke off its answer.', { retryable: true });
  }
  // A model that declines in its own words ends with `stop`: that is an answer.
  if (reason === 'content-filter' && raw !== 'stop') {
    throw new RunnerError('agent_refused', "The model provider's content filter stopped the answer.", {
      retryable: false,
    });
  }
}

function usageOf(usage: LanguageModelUsage): RunPiece | undefined {
  const { inputTokens, outputTokens } = usage;
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  return { type: 'usage', usage: { inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0 } };
}

function startTimer(timeoutMs: number | undefined, call: AbortController): NodeJS.Timeout | undefined {
  if (timeoutMs === undefined) return undefined;
  return setTimeout(() => {
    const message = `The model did not finish within ${timeoutMs} ms.`;
    call.abort(new RunnerError('agent_timeout', message, { retryable: true }));
  }, timeoutMs);
}
