/** Agents and teams: what a session is opened with. */
import type { ApprovalRule } from './approval.ts';
import type { JsonObject } from './json.ts';

/** The built-in teams; docs/teams.md says what they do. */
export const TEAMS: readonly string[] = [
  ...['sequence', 'parallel', 'supervisor', 'handoff', 'groupChat', 'critic', 'debate'],
];

/** The rule by which agents take turns. */
export interface TeamSpec {
  readonly name: string;
  /** Settings of the team; each team documents its own. */
  readonly options?: JsonObject;
}

/** The team of a session that does not name one. */
export const DEFAULT_TEAM: TeamSpec = { name: 'sequence' };

/** A fault that a scripted agent plays. */
export interface ScriptFault {
  /** The attempt (1, 2, …) in which it happens; absent: every attempt. */
  readonly attempt?: number;
  /** After how many tokens; 0 is before the first. */
  readonly afterTokens: number;
  /**
   * `throw`: an error that may be retried. `refuse`: one that may not. `hang`: silence until it is stopped. `flood`: endless tokens.
   * `limit`: the provider's "too many requests", with `retryAfterMs`. `empty`: ends without any text.
   */
  readonly kind: 'throw' | 'refuse' | 'hang' | 'flood' | 'limit' | 'empty';
  readonly retryAfterMs?: number;
}

/** A call of a tool that a scripted agent makes. */
export interface ScriptCall {
  readonly tool: string;
  /** In its texts the placeholders of `say` are replaced; default `{}`. */
  readonly input?: JsonObject;
}

/** What a scripted agent says, declared as data. Without `say` or `tokens` it answers with a sentence about the question. */
export interface AgentScript {
  /**
   * The text; `{{message}}`, `{{previous}}`, `{{agent}}`, `{{turn}}`, `{{summary}}` (that it is shown) and `{{results}}` (of its last calls)
   * are replaced. Split into words and streamed.
   */
  readonly say?: string;
  /** Instead of `say`: this many tokens `w1 w2 …`. */
  readonly tokens?: number;
  /** Pause before each token, ms. */
  readonly paceMs?: number;
  readonly faults?: readonly ScriptFault[];
  /** Tools that it calls before it speaks, round by round: the calls of one round are made side by side. */
  readonly calls?: readonly (readonly ScriptCall[])[];
}

/**
 * Who executes an agent's steps. `scripted` (declared as data), `model` (a language model), `configured` (an agent of the workers' own
 * configuration, see `use`).
 */
export type RunnerName = 'scripted' | 'model' | 'configured';

/**
 * An agent, as a request names it: a plain name is that of a configured one; `use` names a configured one under another name or with options;
 * with a runner it is declared as data.
 */
export type AgentRequest = string | (Omit<AgentSpec, 'runner'> & Partial<Pick<AgentSpec, 'runner'>>);

/** A named participant. */
export interface AgentSpec {
  readonly name: string;
  /** A `RunnerName`; in a worker, once its configuration is looked up, also what that has. */
  readonly runner: RunnerName | (string & {});
  /** The model's system instructions. */
  readonly instructions?: string;
  /** The model's id at its provider; absent: the deployment's default. */
  readonly model?: string;
  readonly script?: AgentScript;
  /** The agent answers at once (scripted, cached): it runs as a local activity, without a trip to the server. Not for model calls. */
  readonly quick?: boolean;
  /** A named endpoint of the deployment's configuration; absent: its default endpoint. */
  readonly provider?: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  /** Stop sequences. */
  readonly stop?: readonly string[];
  /** Longest answer of the model, tokens. */
  readonly maxTokens?: number;
  readonly reasoningEffort?: 'minimal' | 'low' | 'medium' | 'high';
  /** The model's context window, tokens; absent: from the table of known models, or a conservative default. */
  readonly contextTokens?: number;
  /** The model is shown images of the conversation (PNG, JPEG, GIF, WebP); default: they are named only. */
  readonly images?: boolean;
  /** The agent of the workers' configuration that this is, whose settings it has; with runner `configured`. */
  readonly use?: string;
  /** Settings of the agent in this session, checked by its own schema. */
  readonly options?: JsonObject;
  /** Tools of the workers' configuration that a model may call. */
  readonly tools?: readonly string[];
  /** How people have to approve calls of these tools, by the tool's name or its server's. A rule of the tool's own comes first. */
  readonly approvals?: Readonly<Record<string, 'never' | 'always' | ApprovalRule>>;
  /** Agents of the session that a model may give a task to, as if they were tools. */
  readonly delegates?: readonly string[];
  /** Agents of the session that a model may hand the conversation over to. */
  readonly handoff?: readonly string[];
  /** JSON Schema of the answer: a model is asked for JSON, and an answer that does not fit is repaired. */
  readonly output?: JsonObject;
  /** Total number of attempts of a step whose provider fails; default `LIMITS.stepAttempts`. */
  readonly maxAttempts?: number;
  /** Longest time of one attempt, ms; default `LIMITS.stepTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Longest silence before the first token of an attempt, ms (time in the provider's queue and comments do not count); default `LIMITS.stepFirstMs`. */
  readonly firstMs?: number;
  /** Longest silence after the first token, ms; default `LIMITS.stepIdleMs`. */
  readonly idleMs?: number;
}

/** The team that a request asks for; a plain name is short for a team without options. */
export function teamOf(team: string | TeamSpec = DEFAULT_TEAM): TeamSpec {
  return typeof team === 'string' ? { name: team } : team;
}

/** The agent that a request asks for; a plain name is that of a configured agent, and its name in the session. */
export function agentOf(agent: AgentRequest): AgentSpec {
  if (typeof agent === 'string') return { name: agent, runner: 'configured', use: agent };
  const { runner = 'configured', name, use = name, ...rest } = agent;
  return runner === 'configured' ? { name, runner, use, ...rest } : { name, runner, ...rest };
}
