/** What gateways are told of a configuration. */
import { LIMITS, type Catalog } from '../contracts/index.ts';
import { ConfigError } from './config-error.ts';
import type { Project } from './project.ts';

/** Throws `ConfigError` if it is too large to be told every few seconds. */
export function catalogOf({ agents, teams, tools }: Project): Catalog {
  const catalog: Catalog = {
    agents: Object.fromEntries(
      [...agents].map(([name, { kind, options }]) => [name, { kind, ...(options && { options }) }]),
    ),
    teams: Object.keys(teams),
    tools: Object.keys(tools),
  };
  const bytes = Buffer.byteLength(JSON.stringify(catalog));
  if (bytes <= LIMITS.catalogBytes) return catalog;
  throw new ConfigError(
    'agents',
    `their names and schemas take ${bytes} bytes; at most ${LIMITS.catalogBytes} are told.`,
  );
}
