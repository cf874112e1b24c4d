/** Model endpoints: any server that speaks OpenAI's chat completions, or any provider of the AI SDK. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { tolerantFetch } from './http/tolerant-fetch.ts';
import type { Fetch } from './http/transport.ts';
import { RunnerError } from './runner.ts';
import { Slots } from './slots.ts';

/** What a deployment says of an endpoint. */
export interface EndpointSettings {
  /** Up to and including the version: `https://api.openai.com/v1`, `http://localhost:11434/v1`. */
  readonly baseUrl: string;
  /** Sent as a bearer token; absent for endpoints without keys. */
  readonly apiKey?: string | undefined;
  /** The model of agents that name none; absent: each must name its own. */
  readonly defaultModel?: string | undefined;
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Calls that one worker process has under way; more wait. Absent: any number. */
  readonly concurrency?: number;
  /** False: `stream_options` is not sent, for servers that refuse it. They then count no usage. */
  readonly streamOptions?: boolean;
  /** False: instructions are sent as the user's, for models that refuse a system message. */
  readonly systemRole?: boolean;
  /** False: `response_format` is not sent, for servers that refuse it. A model is told in words in any case. */
  readonly jsonOutput?: boolean;
  /** One's own: told which session, turn, step and attempt calls it. */
  readonly own?: boolean;
}

/** An endpoint, ready for calls. To use another provider of the AI SDK, write one: `{ model: (id) => anthropic(id ?? 'claude-…') }`. */
export interface Endpoint {
  /** The model by its id at the provider; undefined: the default one. Throws `RunnerError` when there is none. */
  readonly model: (id: string | undefined) => LanguageModelV4;
  /** The model of agents that name none, if there is one. */
  readonly defaultModel?: string | undefined;
  readonly slots?: Slots;
  readonly systemRole?: boolean;
  readonly jsonOutput?: boolean;
  readonly own?: boolean;
  /** Never told in a log. */
  readonly secrets?: readonly string[];
}

/**
 * Throws a `TypeError` when `baseUrl` is not an http(s) URL, `defaultModel` is empty or a key or header cannot be sent: at start, not at
 * the first message.
 */
export function createEndpoint(settings: EndpointSettings, transport: Fetch): Endpoint {
  check(settings);
  const {
    apiKey,
    baseUrl,
    defaultModel,
    headers = {},
    concurrency,
    systemRole,
    jsonOutput,
    own,
    streamOptions,
  } = settings;
  const provider = createOpenAICompatible({
    name: 'openaiCompatible',
    baseURL: baseUrl,
    headers: { ...headers },
    ...(apiKey === undefined || apiKey === '' ? {} : { apiKey }),
    // Without it a streamed answer carries no usage.
    includeUsage: streamOptions !== false,
    supportsStructuredOutputs: true,
    fetch: tolerantFetch(transport),
  });
  return {
    model: (id) => provider.chatModel(id ?? defaultModel ?? noModel()),
    defaultModel,
    secrets: [apiKey ?? '', ...Object.values(headers)],
    ...(concurrency === undefined ? {} : { slots: new Slots(concurrency) }),
    ...(systemRole === undefined ? {} : { systemRole }),
    ...(jsonOutput === undefined ? {} : { jsonOutput }),
    ...(own === undefined ? {} : { own }),
  };
}

function noModel(): never {
  const message =
    'The agent names no model and its endpoint has no default: name one in the agent or the configuration.';
  throw new RunnerError('agent_unknown', message, { retryable: false });
}

function check({ apiKey, baseUrl, defaultModel, headers = {} }: EndpointSettings): void {
  const protocol = URL.parse(baseUrl)?.protocol;
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError('The base URL of the model endpoint must be an http or https URL.');
  }
  if (defaultModel === '') throw new TypeError('The default model must have a name.');
  // Often a line break at the end of a secret's file. `fetch` would put the whole key into its error.
  if (!/^[!-~]*$/.test(apiKey ?? ''))
    throw new TypeError('The API key contains a space, line break or accent.');
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w-]+$/.test(name) || !/^[ -~]*$/.test(value))
      throw new TypeError(`The header ${JSON.stringify(name)} cannot be sent: use visible ASCII characters.`);
  }
}
