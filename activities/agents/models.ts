/** Language models behind any endpoint that speaks OpenAI's chat completions. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModel } from 'ai';

export interface ModelEndpoint {
  /** Up to and including the version: `https://api.openai.com/v1`, `http://localhost:11434/v1`. */
  readonly baseUrl: string;
  /** Sent as a bearer token; absent for endpoints without keys. */
  readonly apiKey?: string | undefined;
  /** The model of agents that name none. */
  readonly defaultModel: string;
}

/**
 * The function that `createModelRunner` wants: a model by its id, or the default one. To use another provider of the AI SDK, write this
 * function yourself, for example `(id) => anthropic(id ?? 'claude-sonnet-4-5')`.
 *
 * Throws a `TypeError` when `baseUrl` is not an http(s) URL, `defaultModel` is empty or `apiKey` cannot be a header: at start, not at the
 * first message.
 */
export function createLanguageModels(endpoint: ModelEndpoint): (id: string | undefined) => LanguageModel {
  const { apiKey, baseUrl, defaultModel } = endpoint;
  const protocol = URL.canParse(baseUrl) ? new URL(baseUrl).protocol : '';
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError('The base URL of the model endpoint must be an http or https URL.');
  }
  if (defaultModel === '') throw new TypeError('The default model must have a name.');
  // Often a line break at the end of a secret's file. `fetch` would put the whole key into its error.
  if (!/^[!-~]*$/.test(apiKey ?? ''))
    throw new TypeError('The API key contains a space, line break or accent.');
  const provider = createOpenAICompatible({
    name: 'openai-compatible',
    baseURL: baseUrl,
    ...(apiKey === undefined || apiKey === '' ? {} : { apiKey }),
    // Without it a streamed answer carries no usage.
    includeUsage: true,
  });
  return (id) => provider.chatModel(id ?? defaultModel);
}
