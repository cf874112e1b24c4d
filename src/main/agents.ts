import type { AgentSpec } from '../contracts/index.ts';
import type { Config } from './config.ts';
import { DEFAULT_ENDPOINT } from './providers.ts';

/** The agents of a session that names none: a model where there is one, else one that says what it was asked. */
export function defaultAgents(config: Config): readonly AgentSpec[] {
  return [{ name: 'assistant', runner: config.models.has(DEFAULT_ENDPOINT) ? 'model' : 'scripted' }];
}
