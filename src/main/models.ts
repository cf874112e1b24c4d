/** The runner of model agents, from the deployment's configuration. */
import {
  createEndpoint,
  createModelRunner,
  createTransport,
  type AgentRunner,
} from '../../activities/index.ts';
import { DEFAULT_ENDPOINT, neededFor } from '../contracts/index.ts';
import type { Logger } from '../telemetry/index.ts';
import { ConfigError } from '../project/config-error.ts';
import type { Models } from './providers.ts';

/** What a worker with these model endpoints has and others may not (`neededFor`). */
export function modelsOf(models: Models): readonly string[] {
  return [...models.keys()].map((provider) => neededFor({ name: 'any', runner: 'model', provider }));
}

/** The runner of model agents; undefined if the deployment has no model endpoint. Throws `ConfigError`. */
export function createModels(models: Models, logger: Pick<Logger, 'warn'>): AgentRunner | undefined {
  if (models.size === 0) return undefined;
  const transport = createTransport();
  const endpoints = new Map(
    [...models].map(([name, { missingKey, ...settings }]) => {
      if (missingKey !== undefined)
        throw new ConfigError(missingKey, `set it: it holds the key of the model endpoint "${name}".`);
      try {
        return [name, createEndpoint(settings, transport)] as const;
      } catch (error) {
        throw new ConfigError(`model endpoint "${name}"`, (error as Error).message);
      }
    }),
  );
  return createModelRunner({ endpointOf: (provider = DEFAULT_ENDPOINT) => endpoints.get(provider), logger });
}
