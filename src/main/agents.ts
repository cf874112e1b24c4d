import type { AgentSpec } from '../contracts/index.ts';
import type { Config } from './config.ts';

/** The agents of a session that does not list any: a model if there is one, otherwise an agent that echoes the question. */
export function defaultAgents({ hasModel }: Pick<Config, 'hasModel'>): readonly AgentSpec[] {
  return [{ name: 'assistant', runner: hasModel ? 'model' : 'scripted' }];
}
