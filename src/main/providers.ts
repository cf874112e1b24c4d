/** The configuration of a deployment's model endpoints. */
import { readFileSync } from 'node:fs';
import type { EndpointSettings } from '../../activities/index.ts';
import { DEFAULT_ENDPOINT } from '../contracts/index.ts';
import { secret, setting } from '../cli/environment.ts';
import type { Environment } from '../cli/environment.ts';
import { ConfigError } from '../project/config-error.ts';
import { providersSchema, type Provider } from '../project/provider.ts';

/** An endpoint; `missingKey`: the variable that should hold its key and is not set, which only a worker needs. */
export type ModelSettings = EndpointSettings & { readonly missingKey?: string };

/** Endpoints by the name that agents give as `provider`. */
export type Models = ReadonlyMap<string, ModelSettings>;

/** Endpoints, as they are written. */
type Providers = Readonly<Record<string, Provider>>;

const OPENAI = 'https://api.openai.com/v1';
const PROVIDERS = 'CONVOKE_PROVIDERS';

/**
 * The endpoints that the environment names: the default one in `OPENAI_BASE_URL`, `OPENAI_API_KEY` and `CONVOKE_MODEL`, further ones, and
 * settings of the default one, in `CONVOKE_PROVIDERS`: JSON, or the path of a file with it. They come before those that are `configured` in a file. Throws `ConfigError`.
 */
export function readModels(env: Environment, configured: Providers = {}): Models {
  const all = { ...configured, ...readProviders(setting(env, PROVIDERS)) };
  const { [DEFAULT_ENDPOINT]: ofDefault, ...others } = all;
  const models = new Map<string, ModelSettings>();
  const main = defaultOf(env, ofDefault);
  if (main) models.set(DEFAULT_ENDPOINT, main);
  for (const [name, provider] of Object.entries(others)) {
    const { baseUrl } = provider;
    if (baseUrl === undefined) throw new ConfigError(PROVIDERS, `${name}: give its baseUrl.`);
    models.set(name, settingsOf(env, { ...provider, baseUrl }));
  }
  return models;
}

function defaultOf(env: Environment, provider: Provider | undefined): ModelSettings | undefined {
  const baseUrl = setting(env, 'OPENAI_BASE_URL') ?? provider?.baseUrl;
  const apiKey = setting(env, 'OPENAI_API_KEY');
  const model = setting(env, 'CONVOKE_MODEL') ?? provider?.model;
  if (!provider && baseUrl === undefined && apiKey === undefined) return undefined;
  if (model === undefined)
    throw new ConfigError('CONVOKE_MODEL', 'name the model that agents use by default.');
  return settingsOf(env, {
    ...provider,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...{ baseUrl: baseUrl ?? OPENAI, model },
  });
}

function settingsOf(env: Environment, provider: Provider & { readonly baseUrl: string }): ModelSettings {
  const { apiKeyVariable, apiKey: written, model, ...rest } = provider;
  const mistake = (where: string, sentence: string): Error => new ConfigError(where, sentence);
  const apiKey = written ?? (apiKeyVariable === undefined ? undefined : secret(env, apiKeyVariable, mistake));
  const isMissing = apiKeyVariable !== undefined && apiKey === undefined;
  return { ...rest, apiKey, defaultModel: model, ...(isMissing ? { missingKey: apiKeyVariable } : {}) };
}

function readProviders(text: string | undefined): Providers {
  if (text === undefined) return {};
  const result = providersSchema.safeParse(parse(text));
  if (result.success) return result.data;
  // Paths and sentences only: values may be keys.
  const issues = result.error.issues.map((issue) => {
    const { message } = issue.code === 'invalid_key' ? (issue.issues[0] ?? issue) : issue;
    return `${issue.path.join('.') || 'it'}: ${message}`;
  });
  throw new ConfigError(PROVIDERS, `${issues.join('; ')}.`);
}

function parse(text: string): unknown {
  let json = text;
  try {
    if (!text.trim().startsWith('{')) json = readFileSync(text, 'utf8');
  } catch {
    throw new ConfigError(PROVIDERS, `give JSON, or the path of a file with it: ${text} cannot be read.`);
  }
  try {
    return JSON.parse(json);
  } catch {
    throw new ConfigError(PROVIDERS, 'it is not valid JSON.');
  }
}
