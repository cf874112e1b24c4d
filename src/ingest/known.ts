/** Refuses, when a session is opened, what no worker could run: otherwise its first message would find out. */
import { ConvokeError, DEFAULT_ENDPOINT, LIMITS, RECOVERY, TEAMS } from '../contracts/index.ts';
import type { AgentSpec, Catalog, ErrorCode, SessionInfo } from '../contracts/index.ts';
import { inTime } from '../log/index.ts';
import { faultIn } from './json-schema.ts';
import { pointerOf } from './json-guard.ts';

/** What the workers of the deployment have of their own. */
export type CatalogsOf = () => Promise<readonly Catalog[]>;

/** Before it refuses, a gateway asks again, but not more often than this, ms. */
const FRESH_MS = 100;
const REMEDY = 'start a worker whose configuration has it.';
const ENDPOINT_REMEDY =
  'start a worker that has it in CONVOKE_PROVIDERS or in the providers of its configuration.';

const MODEL_REMEDY =
  'set OPENAI_BASE_URL or OPENAI_API_KEY, and CONVOKE_MODEL, for workers and gateways, or name an endpoint that they have as its "provider".';

/** What of a session workers must have. */
type Asked = Pick<SessionInfo, 'team' | 'agents' | 'summary'>;

export class Known {
  readonly #read: CatalogsOf;
  #asked: { readonly at: number; readonly catalogs: Promise<readonly Catalog[] | null> } | null = null;

  constructor(read: CatalogsOf) {
    this.#read = read;
  }

  /**
   * Throws `unknown_team`, `agent_unknown`, `tool_unknown`, `invalid_request`. Passes if it cannot be said what workers have: Redis is away,
   * and must not keep sessions from being opened.
   */
  async require(session: Asked): Promise<void> {
    const { team, agents, summary } = session;
    if (TEAMS.includes(team.name) && [...agents, ...(summary ? [summary.agent] : [])].every(isPlain)) return;
    await this.#refuse((catalogs) => faultOf(session, catalogs));
  }

  /** The same for one agent, which the request has at this place. */
  async requireAgent(agent: AgentSpec, at: string): Promise<void> {
    if (!isPlain(agent)) await this.#refuse((catalogs) => agentFault(agent, [at], catalogs));
  }

  async #refuse(faultIn: (catalogs: readonly Catalog[]) => ConvokeError | null): Promise<void> {
    const catalogs = await this.#catalogs(LIMITS.catalogCachedMs);
    if (!catalogs || !faultIn(catalogs)) return;
    // A worker may have started since then.
    const fresh = await this.#catalogs(FRESH_MS);
    const fault = fresh && faultIn(fresh);
    if (fault) throw fault;
  }

  /** Null: they cannot be read. */
  #catalogs(maxAgeMs: number): Promise<readonly Catalog[] | null> {
    const now = Date.now();
    if (!this.#asked || now - this.#asked.at >= maxAgeMs) {
      const late = (): Error => new ConvokeError('log_unavailable');
      const catalogs = inTime(this.#read(), RECOVERY.admitDeadlineMs, late).catch(() => null);
      this.#asked = { at: now, catalogs };
    }
    return this.#asked.catalogs;
  }
}

/** True for what every worker can run. */
function isPlain({ use, provider, runner, tools = [] }: AgentSpec): boolean {
  return use === undefined && !provider && runner !== 'model' && tools.length === 0;
}

function faultOf({ team, agents, summary }: Asked, catalogs: readonly Catalog[]): ConvokeError | null {
  const teams = new Set([...TEAMS, ...catalogs.flatMap((each) => each.teams)]);
  if (!teams.has(team.name)) {
    return unknown(
      'unknown_team',
      ['team'],
      `Team "${team.name}" is known to no worker: ${REMEDY} Known: ${[...teams].join(', ')}.`,
    );
  }
  for (const [index, agent] of agents.entries()) {
    const fault = agentFault(agent, ['agents', index], catalogs);
    if (fault) return fault;
  }
  return summary ? agentFault(summary.agent, ['summary', 'agent'], catalogs) : null;
}

type Path = readonly (string | number)[];

function agentFault(agent: AgentSpec, at: Path, catalogs: readonly Catalog[]): ConvokeError | null {
  const { use, provider, tools = [], options = {} } = agent;
  for (const tool of tools) {
    // A tool of a server: `server__tool`.
    const [source = ''] = tool.split('__');
    if (catalogs.some((each) => each.tools.includes(source))) continue;
    return unknown('tool_unknown', [...at, 'tools'], `Tool "${tool}" is known to no worker: ${REMEDY}`);
  }
  if (provider !== undefined && !catalogs.some(({ models }) => models?.includes(provider) ?? true)) {
    const message = `Model endpoint "${provider}" is known to no worker: ${ENDPOINT_REMEDY}`;
    return unknown('agent_unknown', [...at, 'provider'], message);
  }
  if (provider !== undefined && agent.model === undefined && lackModel(provider, catalogs)) {
    const message = `Agent "${agent.name}" names no model, and its model endpoint "${provider}" has none of its own: name one in "model" of the agent, or of the endpoint.`;
    return unknown('agent_unknown', [...at, 'model'], message);
  }
  if (provider === undefined && agent.runner === 'model' && lackDefault(catalogs)) {
    const message = `Agent "${agent.name}" needs a language model, and no worker has one: ${MODEL_REMEDY}`;
    return unknown('agent_unknown', [...at, 'runner'], message);
  }
  if (use === undefined) return null;
  const known = catalogs.flatMap(({ agents }) => (Object.hasOwn(agents, use) ? [agents[use]] : []));
  if (known.length === 0) {
    return unknown('agent_unknown', at, `Agent "${use}" is known to no worker: ${REMEDY}`);
  }
  // While a deployment is changed its workers have different configurations.
  const faults = known.map((each) => (each?.options ? faultIn(each.options, options) : null));
  const [fault] = faults;
  if (!fault || faults.includes(null)) return null;
  const pointer = `${pointerOf([...at, 'options'])}${fault.pointer}`;
  return new ConvokeError('invalid_request', `Correct ${pointer}: ${fault.message}.`, {
    errors: [{ pointer, message: fault.message }],
  });
}

/** True if all workers have said what endpoints they have, and none of them has the one of agents that name none. */
function lackDefault(catalogs: readonly Catalog[]): boolean {
  return catalogs.length > 0 && catalogs.every(({ models }) => models?.includes(DEFAULT_ENDPOINT) === false);
}

/** True if no worker that has the endpoint has a model for it. Workers that do not tell their endpoints may. */
function lackModel(provider: string, catalogs: readonly Catalog[]): boolean {
  return (
    catalogs.length > 0 &&
    catalogs.every(
      ({ models, modelless }) =>
        models?.includes(provider) === false || modelless?.includes(provider) === true,
    )
  );
}

function unknown(code: ErrorCode, path: Path, message: string): ConvokeError {
  return new ConvokeError(code, message, { errors: [{ pointer: pointerOf(path), message }] });
}
