/** What a configuration adds to a worker: the runners of its agents, and how an agent of a session finds its own. */
import {
  createCodeRunner,
  createEndpoint,
  createModelRunner,
  createTransport,
  TEAMS,
  Toolbox,
  type ActivityDeps,
  type AgentRunner,
} from '../../activities/index.ts';
import {
  DEFAULT_ENDPOINT,
  SCORING,
  LIMITS,
  neededFor,
  neededForTeam,
  type AgentSpec,
  type Catalog,
} from '../contracts/index.ts';
import { ConfigError } from './config-error.ts';
import { catalogOf } from './catalog.ts';
import type { Project } from './project.ts';
import type { Logger } from '../telemetry/index.ts';

export interface ProjectParts
  extends
    Required<
      Pick<ActivityDeps, 'runners' | 'teams' | 'tools' | 'configured' | 'limits' | 'priceOf' | 'scorers'>
    >,
    Pick<ActivityDeps, 'summary'> {
  /** What this worker has and others may not: it takes over turns that need it. */
  readonly able: readonly string[];
  readonly catalog: Catalog;
  /** Ends what tools have opened. */
  close(): Promise<void>;
}

/** Model endpoints by name, and the model of agents that name none. */
type Endpoints = Pick<ReadonlyMap<string, { readonly defaultModel?: string | undefined }>, 'has' | 'get'>;

/** `models`: the deployment's model endpoints. Throws `ConfigError`. */
export function partsOf(
  project: Project,
  models: Endpoints,
  logger: Pick<Logger, 'info' | 'warn'>,
): ProjectParts {
  const { agents, teams, scorers } = project;
  requireEndpoints(agents, models);
  requireJudges(scorers, models);
  const toolbox = toolboxOf(project, logger);
  return {
    runners: { code: createCodeRunner((use) => agents.get(use)?.code), http: httpRunner(agents, logger) },
    teams: { ...TEAMS, ...teams },
    tools: (names) => toolbox.tools(names),
    close: () => toolbox.close(),
    configured: (agent) => configured(agents, agent),
    ...{ limits: project.limits, scorers },
    ...(project.summary && { summary: project.summary }),
    priceOf: priceOf(project, models),
    able: [
      ...[...agents.keys()].map((name) => neededFor({ name, runner: 'configured' })),
      ...Object.keys(teams).map(neededForTeam),
      ...(scorers.size === 0 ? [] : [SCORING.needs]),
    ],
    catalog: catalogOf(project),
  };
}

function toolboxOf({ tools }: Project, logger: Pick<Logger, 'info' | 'warn'>): Toolbox {
  try {
    return new Toolbox(tools, logger);
  } catch (error) {
    throw new ConfigError('tools', (error as Error).message, { cause: error });
  }
}

function requireEndpoints(agents: Project['agents'], models: Endpoints): void {
  for (const [name, { kind, spec }] of agents)
    if (kind === 'model') requireModel(`agents.${name}`, spec, models);
}

function requireJudges(scorers: Project['scorers'], models: Endpoints): void {
  for (const [name, scorer] of scorers)
    if (scorer.kind === 'model') requireModel(`scorers.${name}`, scorer.judge, models);
}

function requireModel(
  path: string,
  { provider = DEFAULT_ENDPOINT, model }: Pick<AgentSpec, 'provider' | 'model'>,
  models: Endpoints,
): void {
  const isKnown = models.has(provider);
  if (isKnown && (model ?? models.get(provider)?.defaultModel) !== undefined) return;
  const fault = isKnown
    ? `it names no model, and the model endpoint "${provider}" has none of its own: name one in either.`
    : `there is no model endpoint "${provider}": add it to providers, or to CONVOKE_PROVIDERS.`;
  throw new ConfigError(path, fault);
}

function priceOf({ prices }: Project, models: Endpoints): ProjectParts['priceOf'] {
  return ({ model, provider = DEFAULT_ENDPOINT }) => {
    const name = model ?? models.get(provider)?.defaultModel;
    return name !== undefined && Object.hasOwn(prices, name) ? prices[name] : undefined;
  };
}

/** An agent that this configuration does not have stays as it is: the turn goes on where it is known. */
function configured(agents: Project['agents'], agent: AgentSpec): AgentSpec {
  if (agent.runner !== 'configured') return agent;
  const { name, use = name } = agent;
  const known = agents.get(use);
  return known ? { ...agent, use, ...known.spec, ...ofSession(agent) } : agent;
}

/** What a session may set of a configured agent. */
function ofSession({ options, delegates, handoff }: AgentSpec): Partial<AgentSpec> {
  return {
    ...(options && { options }),
    ...(delegates && { delegates }),
    ...(handoff && { handoff }),
  };
}

/** Asks servers of one's own. They are named by the agent, not by a provider. */
function httpRunner(agents: Project['agents'], logger: Pick<Logger, 'info' | 'warn'>): AgentRunner {
  const transport = createTransport();
  const endpoints = new Map(
    [...agents].flatMap(([name, { endpoint }]) => {
      if (!endpoint) return [];
      const { url: baseUrl, headers } = endpoint;
      try {
        return [[name, createEndpoint({ baseUrl, headers, own: true }, transport)] as const];
      } catch (error) {
        throw new ConfigError(`agents.${name}`, (error as Error).message, { cause: error });
      }
    }),
  );
  const model = createModelRunner({ endpointOf: (provider = '') => endpoints.get(provider), logger });
  const asked = (agent: AgentSpec): AgentSpec => ({ ...agent, provider: agent.use ?? agent.name });
  return {
    run: (request) => model.run({ ...request, agent: asked(request.agent) }),
    budgetChars: (agent) => model.budgetChars?.(asked(agent)) ?? LIMITS.contextChars,
  };
}
