/** The language model of a development stack: from the environment, or from an Ollama on its default port. */
import { withoutCredentials } from '../../contracts/index.ts';
import { setting } from '../environment.ts';
import type { Environment } from '../environment.ts';

const OLLAMA = 'http://127.0.0.1:11434';
/** The endpoint of a key without an address. */
export const OPENAI = 'https://api.openai.com/v1';
const OLLAMA_MS = 400;

export interface ModelChoice {
  /** For people: the model and its endpoint, or why there is none. */
  readonly says: string;
  readonly model: string | null;
  /** The environment for workers and gateways. An absent variable is undefined, so that it hides an inherited one. */
  readonly env: Readonly<Record<'OPENAI_BASE_URL' | 'OPENAI_API_KEY' | 'CONVOKE_MODEL', string | undefined>>;
}

const NONE = { OPENAI_BASE_URL: undefined, OPENAI_API_KEY: undefined, CONVOKE_MODEL: undefined };

export async function chooseModel(env: Environment = process.env, ollama = OLLAMA): Promise<ModelChoice> {
  const [url, key, model] = [
    setting(env, 'OPENAI_BASE_URL'),
    setting(env, 'OPENAI_API_KEY'),
    setting(env, 'CONVOKE_MODEL'),
  ];
  if ((url ?? key) && model) {
    const chosen = { OPENAI_BASE_URL: url, OPENAI_API_KEY: key, CONVOKE_MODEL: model };
    return { says: withoutCredentials(`${model} at ${url ?? OPENAI}`), model, env: chosen };
  }
  if (url ?? key) {
    // Many people have a key in their environment for something else: that must not break a first start.
    const says =
      'scripted agents (for a model, also set CONVOKE_MODEL besides OPENAI_BASE_URL or OPENAI_API_KEY)';
    return { says, model: null, env: NONE };
  }
  const found = await ollamaModel(ollama, model);
  if (!found) return { says: 'scripted agents (no model is configured)', model: null, env: NONE };
  return {
    says: `${found} at Ollama on this machine`,
    model: found,
    env: { OPENAI_BASE_URL: `${ollama}/v1`, OPENAI_API_KEY: undefined, CONVOKE_MODEL: found },
  };
}

/** The wanted model, or the first that can chat; null if there is no Ollama or it has none. */
async function ollamaModel(ollama: string, wanted: string | undefined): Promise<string | null> {
  try {
    const response = await fetch(`${ollama}/api/tags`, { signal: AbortSignal.timeout(OLLAMA_MS) });
    const { models } = (await response.json()) as { models?: readonly { readonly name?: unknown }[] };
    const names = (models ?? []).map(({ name }) => name).filter((name) => typeof name === 'string');
    if (wanted) return names.find((name) => name === wanted || name === `${wanted}:latest`) ?? null;
    return names.find((name) => !/embed|bge|minilm/i.test(name)) ?? null;
  } catch {
    return null;
  }
}
