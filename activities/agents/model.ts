/** The model runner: one streamed call of a language model, through the AI SDK's interface of providers. */
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider';
import { DEFAULT_ENDPOINT, LIMITS, sessionKey } from '../../src/contracts/index.ts';
import type { AgentSpec, Asks, FileInfo } from '../../src/contracts/index.ts';
import type { Logger } from '../../src/telemetry/index.ts';
import { ModelAnswer } from './answer.ts';
import type { Endpoint } from './endpoints.ts';
import { toRunnerError } from './failures.ts';
import { readImages, type Images } from './images.ts';
import { promptOf, roundMessages, type ChatMessage, type RoundMessage } from './prompt.ts';
import { providerSaid } from './redact.ts';
import { RunnerError } from './runner.ts';
import type { AgentRunner, RunPiece, RunRequest } from './runner.ts';
import { shorter } from './shorter.ts';
import { waitForSlot, type Release } from './slots.ts';
import { contextBudgetChars } from './windows.ts';

export interface ModelRunnerOptions {
  /** The endpoint of agents that name this provider; undefined: the default one. */
  readonly endpointOf: (provider: string | undefined) => Endpoint | undefined;
  /** Told what a provider said about a failure: it is not told to clients. */
  readonly logger?: Pick<Logger, 'warn'>;
}

/** One run: whom it asks, for what, until when. */
interface Call {
  readonly options: ModelRunnerOptions;
  readonly request: RunRequest;
  readonly endpoint: Endpoint;
  readonly signal: AbortSignal;
}

/**
 * A runner that asks a language model. Text and reasoning come as the provider streams them, then usage and finish reason. One call, no
 * retries of its own: a step is retried as a whole, and a second retry inside would multiply that. Only what does not fit into the
 * model's context window is told once more, without the older half and with short results of tools: nothing has been said by then.
 *
 * Throws as `toRunnerError` says; `agent_unknown` when there is no such endpoint or model; `agent_empty` when the model ends without text.
 * Abort, or leaving the loop early, closes the provider's request.
 */
export function createModelRunner(options: ModelRunnerOptions): AgentRunner {
  return {
    run: (request) => run(options, request),
    can: ({ provider }) => options.endpointOf(provider) !== undefined,
    asks: (agent) => asksOf(agent, options.endpointOf(agent.provider)?.defaultModel),
    budgetChars: (agent) => contextBudgetChars(agent, options.endpointOf(agent.provider)?.defaultModel),
  };
}

function asksOf({ provider = DEFAULT_ENDPOINT, model }: AgentSpec, defaultModel?: string): Asks {
  const named = (model ?? defaultModel)?.slice(0, LIMITS.asksChars);
  return { provider: provider.slice(0, LIMITS.asksChars), ...(named !== undefined && { model: named }) };
}

async function* run(
  options: ModelRunnerOptions,
  request: RunRequest,
): AsyncGenerator<RunPiece, void, undefined> {
  const { signal } = request;
  signal.throwIfAborted();
  const endpoint = endpointFor(options, request);
  // One controller for every reason to stop: aborted from outside, or nobody reads any more.
  const control = new AbortController();
  const stop = (): void => {
    control.abort(signal.reason);
  };
  signal.addEventListener('abort', stop, { once: true });
  let release: Release | undefined;
  try {
    if (endpoint.slots) release = yield* waitForSlot(endpoint.slots, control.signal, request);
    yield* converse({ options, request, endpoint, signal: control.signal });
  } finally {
    signal.removeEventListener('abort', stop);
    control.abort();
    release?.();
  }
}

function endpointFor(options: ModelRunnerOptions, { agent }: RunRequest): Endpoint {
  const endpoint = options.endpointOf(agent.provider);
  if (endpoint) return endpoint;
  const message =
    agent.provider === undefined
      ? `The deployment has no default model endpoint: set OPENAI_BASE_URL and CONVOKE_MODEL, or name a provider.`
      : `This worker does not have the model endpoint of ${agent.name}: add it to CONVOKE_PROVIDERS.`;
  throw new RunnerError('agent_unknown', message, { retryable: false });
}

/** Asks, and asks once more with less if that is too long for the model. */
async function* converse(call: Call): AsyncGenerator<RunPiece, void, undefined> {
  let request: RunRequest | null = call.request;
  for (let asked = 1; ; asked += 1) {
    const answer: ModelAnswer = new ModelAnswer(request);
    try {
      yield* speak({ ...call, request }, answer);
      return;
    } catch (error) {
      const failure = failed(call, error);
      const mayShrink = failure.code === 'context_too_long' && asked === 1 && !answer.hasBegun;
      request = mayShrink ? shorter(request) : null;
      if (!request) throw failure;
    }
  }
}

async function* speak(
  { request, endpoint, signal }: Call,
  answer: ModelAnswer,
): AsyncGenerator<RunPiece, void, undefined> {
  const { agent, conversation, rounds = [], task, output, repair } = request;
  const { systemRole } = endpoint;
  const images = await readImages(request);
  const messages = promptOf(agent, conversation, {
    systemRole,
    ...(task === undefined ? {} : { task }),
    ...(output === undefined ? {} : { output }),
    ...(repair === undefined ? {} : { repair }),
  });
  const { stream } = await endpoint.model(agent.model).doStream({
    prompt: [...messages.map((message) => toSdk(message, images)), ...roundMessages(rounds).map(roundToSdk)],
    ...settingsOf(agent),
    ...formOf(request, endpoint),
    ...headersOf(request, endpoint),
    // What has no content is a sign of life.
    includeRawChunks: true,
    abortSignal: signal,
  });
  for await (const part of stream) {
    signal.throwIfAborted();
    const piece = answer.add(part);
    if (piece) yield piece;
  }
  signal.throwIfAborted();
  yield answer.end();
}

function settingsOf(agent: AgentSpec): Partial<LanguageModelV4CallOptions> {
  const { temperature, topP, seed, stop, maxTokens, reasoningEffort } = agent;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(seed === undefined ? {} : { seed }),
    ...(stop === undefined ? {} : { stopSequences: [...stop] }),
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...(reasoningEffort === undefined ? {} : { reasoning: reasoningEffort }),
  };
}

/** What the answer may be made of. Not both: several servers refuse tools together with a schema. */
function formOf(
  { tools = [], output }: RunRequest,
  { jsonOutput = true }: Endpoint,
): Partial<LanguageModelV4CallOptions> {
  if (tools.length > 0) {
    return {
      tools: tools.map(({ name, description, input }) => ({
        ...{ type: 'function', name, description, inputSchema: input },
      })),
      toolChoice: { type: 'auto' },
    };
  }
  if (output === undefined || !jsonOutput) return {};
  return {
    responseFormat: { type: 'json', schema: output, name: 'answer' },
    // A strict schema may use a small part of JSON Schema only.
    providerOptions: { openaiCompatible: { strictJsonSchema: false } },
  };
}

/** An endpoint that records traces, too, goes on with that of the message. */
function headersOf(request: RunRequest, { own }: Endpoint): Pick<LanguageModelV4CallOptions, 'headers'> {
  const { traceparent } = request;
  if (own !== true && traceparent === undefined) return {};
  return {
    headers: {
      ...(own === true ? callHeaders(request) : {}),
      ...(traceparent === undefined ? {} : { traceparent }),
    },
  };
}

/** Who asks, for an endpoint of one's own: it may keep a thread for each session, and do effects once for each key. */
function callHeaders(request: RunRequest): Record<string, string> {
  const { tenant, session, turn, step, attempt } = request;
  return {
    'Convoke-Tenant': tenant,
    'Convoke-Session': session,
    'Convoke-Turn': turn,
    'Convoke-Step': step,
    'Convoke-Attempt': String(attempt),
    'Idempotency-Key': `${sessionKey(request)}:${step}`,
  };
}

function toSdk({ role, content, files = [] }: ChatMessage, images: Images): LanguageModelV4Prompt[number] {
  if (role === 'system') return { role, content };
  const text = { type: 'text' as const, text: content };
  if (role === 'assistant') return { role, content: [text] };
  return { role, content: [text, ...files.flatMap((file) => shownTo(file, images))] };
}

/** An image, and which of the files that the text names it is. */
function shownTo(
  { file, contentType: mediaType }: FileInfo,
  images: Images,
): readonly (LanguageModelV4TextPart | LanguageModelV4FilePart)[] {
  const data = images.get(file);
  if (!data) return [];
  return [
    { type: 'text', text: `(File ${file}:)` },
    { type: 'file', mediaType, data: { type: 'data', data } },
  ];
}

function roundToSdk(message: RoundMessage): LanguageModelV4Prompt[number] {
  if (message.role === 'tool') {
    const content = message.calls.map(({ id, tool, result }): LanguageModelV4ToolResultPart => {
      const type = result.status === 'failed' ? 'error-text' : 'text';
      const output = { type, value: result.text === '' ? '(Nothing.)' : result.text } as const;
      return { type: 'tool-result', toolCallId: id, toolName: tool, output };
    });
    return { role: 'tool', content };
  }
  const { content: text, calls } = message;
  return {
    role: 'assistant',
    content: [
      ...(text === '' ? [] : [{ type: 'text' as const, text }]),
      ...calls.map(({ id, tool, input }) => ({
        ...{ type: 'tool-call' as const, toolCallId: id, toolName: tool, input },
      })),
    ],
  };
}

/** The failure of a call, told to the log; throws the reason of an abort. */
function failed({ options, request, endpoint, signal }: Call, error: unknown): RunnerError {
  signal.throwIfAborted();
  const failure = toRunnerError(error);
  const { agent, tenant, session, turn, step, attempt, traceparent } = request;
  const said = providerSaid(error, endpoint.secrets ?? []);
  options.logger?.warn(
    {
      ...{ tenant, session, turn, step, attempt, trace: traceparent?.split('-')[1] },
      provider: agent.provider,
      model: agent.model,
      code: failure.code,
      said,
    },
    'A model call failed',
  );
  return failure;
}
