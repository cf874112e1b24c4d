/** A configuration that has been checked: what a worker has besides what every worker has. */
import {
  sourceName,
  type CodeSettings,
  type Scorer,
  type Team,
  type ToolSource,
} from '../../activities/index.ts';
import {
  summaryOf,
  TEAMS,
  type AgentSpec,
  type JsonObject,
  type Limits,
  type Price,
  type SummarySpec,
} from '../contracts/index.ts';
import type { AgentDefinition, ProjectConfig, Schema } from './define.ts';
import { jsonSchemaOf, parserOf } from './json-schema.ts';
import type { Provider } from './provider.ts';
import { projectSchema, teamsSchema } from './schemas.ts';

export interface ConfiguredAgent {
  readonly kind: AgentDefinition['kind'];
  /** Its settings; the session names it. */
  readonly spec: Omit<AgentSpec, 'name'>;
  /** JSON Schema of its options; absent: any. */
  readonly options?: JsonObject;
  readonly code?: CodeSettings;
  readonly endpoint?: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
}

export interface Project {
  readonly providers: Readonly<Record<string, Provider>>;
  readonly agents: ReadonlyMap<string, ConfiguredAgent>;
  /** Without the built-in ones. */
  readonly teams: Readonly<Record<string, Team>>;
  readonly tools: Readonly<Record<string, ToolSource>>;
  readonly scorers: ReadonlyMap<string, Scorer>;
  readonly limits: Limits;
  readonly prices: Readonly<Record<string, Price>>;
  /** Of sessions that do not say it themselves. */
  readonly summary?: SummarySpec;
}

/** What is wrong at a place of the configuration. */
export interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export class ProjectIssues extends Error {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super(issues.map(({ message }) => message).join('; '));
    this.name = 'ProjectIssues';
    this.issues = issues;
  }
}

/** `teams`: those that the configuration names by the path of their module. Throws `ProjectIssues`. */
export function projectOf(config: unknown, teams?: Readonly<Record<string, unknown>>): Project {
  const checked = projectSchema.safeParse(config);
  if (!checked.success) throw new ProjectIssues(checked.error.issues.map(issueOf));
  const unseen = unseenIn(config as ProjectConfig); // safety: just checked
  if (unseen.length > 0) throw new ProjectIssues(unseen);
  const { providers = {}, agents = {}, tools = {}, teams: given = {}, ...rest } = config as ProjectConfig; // safety: just checked
  const { limits = {}, prices = {}, scorers = {}, summary } = rest;
  const issues: Issue[] = [];
  const known = new Map(
    Object.entries(agents).flatMap(([name, definition]) => {
      try {
        return [[name, configuredAgent(definition)] as const];
      } catch (error) {
        issues.push({ path: ['agents', name], message: (error as Error).message });
        return [];
      }
    }),
  );
  issues.push(...strangers(agents, tools));
  if (summary && !Object.hasOwn(agents, summary.agent)) {
    const message = `there is no agent "${summary.agent}" in this configuration`;
    issues.push({ path: ['summary', 'agent'], message });
  }
  const own = typeof given === 'string' ? teamsOf(teams ?? {}, issues) : given;
  for (const name of Object.keys(own)) {
    if (TEAMS.includes(name))
      issues.push({ path: ['teams', name], message: 'a built-in team has this name' });
  }
  if (issues.length > 0) throw new ProjectIssues(issues);
  return {
    ...{ providers, agents: known, teams: own, tools, limits, prices },
    scorers: new Map(Object.entries(scorers)),
    ...(summary && { summary: summaryOf(summary, []) }),
  };
}

type Fault = Issue & { readonly code?: string; readonly issues?: unknown };

function issueOf({ path, message, code, issues }: Fault): Issue {
  // The name of an entry is wrong: what is wrong with it says the issue inside.
  const [inner] = code === 'invalid_key' ? (issues as readonly Issue[]) : [];
  // People write `agent.model({ … })`, not what that returns.
  const written = path.filter((key, at) => at !== 2 || path[0] !== 'agents' || !HIDDEN.has(key));
  return { path: written, message: inner?.message ?? message };
}

const HIDDEN: ReadonlySet<PropertyKey> = new Set(['kind', 'settings']);

function teamsOf(
  exported: Readonly<Record<string, unknown>>,
  issues: Issue[],
): Readonly<Record<string, Team>> {
  const teams = Object.fromEntries(Object.entries(exported).filter(([, each]) => typeof each === 'function'));
  if (Object.keys(teams).length === 0)
    issues.push({ path: ['teams'], message: 'the module exports no team' });
  const checked = teamsSchema.safeParse(teams);
  if (!checked.success)
    issues.push(...checked.error.issues.map((each) => ({ ...issueOf(each), path: ['teams'] })));
  return teams as Record<string, Team>; // safety: what a function returns is known when it runs
}

/** Zod passes over what has this name. */
function unseenIn(config: ProjectConfig): readonly Issue[] {
  return Object.entries<unknown>({ ...config })
    .filter(([, named]) => typeof named === 'object' && named !== null && Object.hasOwn(named, '__proto__'))
    .map(([field]) => ({ path: [field, '__proto__'], message: 'nothing can have this name' }));
}

/** Names of agents and tools that the configuration does not have, and agents that would give tasks, or hand over, to themselves. */
function strangers(
  agents: Readonly<Record<string, AgentDefinition>>,
  tools: Readonly<Record<string, ToolSource>>,
): readonly Issue[] {
  const known = {
    delegates: (name: string) => Object.hasOwn(agents, name),
    handoff: (name: string) => Object.hasOwn(agents, name),
    tools: (name: string) => Object.hasOwn(tools, sourceName(name)),
  } as const;
  const faultOf = (agent: string, field: keyof typeof known, name: string): string | null => {
    if (!known[field](name))
      return `there is no ${field === 'tools' ? 'tool' : 'agent'} "${name}" in this configuration`;
    return field !== 'tools' && name === agent ? 'an agent cannot name itself here' : null;
  };
  return Object.entries(agents).flatMap(([agent, { settings }]) =>
    (['delegates', 'handoff', 'tools'] as const).flatMap((field) => {
      const named = (settings as Readonly<Record<string, readonly string[] | undefined>>)[field] ?? [];
      return named.flatMap((name, index) => {
        const message = faultOf(agent, field, name);
        return message === null ? [] : [{ path: ['agents', agent, field, index], message }];
      });
    }),
  );
}

function configuredAgent(definition: AgentDefinition): ConfiguredAgent {
  switch (definition.kind) {
    case 'scripted': {
      const { kind, settings, script } = definition;
      return { kind, spec: { ...settings, runner: 'scripted', script } };
    }
    case 'model': {
      const { kind, settings } = definition;
      const { output, ...rest } = settings;
      return { kind, spec: { ...rest, ...outputOf(output), runner: 'model' } };
    }
    case 'http': {
      const { kind, settings } = definition;
      const { url, headers = {}, output, ...rest } = settings;
      return { kind, spec: { ...rest, ...outputOf(output), runner: 'http' }, endpoint: { url, headers } };
    }
    case 'code': {
      const { kind, settings, run } = definition;
      const { options, output, ...rest } = settings;
      return {
        ...{ kind, spec: { ...rest, ...outputOf(output), runner: 'code' } },
        ...(options === undefined ? {} : { options: schemaAt('options', options) }),
        code: { run, options: parserOf(options) },
      };
    }
  }
}

function outputOf(output: Schema | undefined): Pick<AgentSpec, 'output'> {
  return output === undefined ? {} : { output: schemaAt('output', output) };
}

function schemaAt(field: string, schema: Schema): JsonObject {
  try {
    return jsonSchemaOf(schema);
  } catch (error) {
    throw new Error(`${field}: it is no schema that JSON Schema can say: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
