/** Agents and teams: what a session is opened with. */
import type { JsonObject } from './json.ts';

/** The built-in teams. `sequence`: one agent after the other, each seeing what was said before. `parallel`: all at once. */
export const TEAMS: readonly string[] = ['sequence', 'parallel'];

/** By which rule agents take turns. */
export interface TeamSpec {
  readonly name: string;
  /** What the rule may be told; each team says which. */
  readonly options?: JsonObject;
}

/** The team of a session that names none. */
export const DEFAULT_TEAM: TeamSpec = { name: 'sequence' };

/** One misbehaviour of a scripted agent, for the attempt in which it happens. */
export interface ScriptFault {
  /** The attempt (1, 2, …) in which it happens; absent: in every one. */
  readonly attempt?: number;
  /** After how many tokens; 0 is before the first. */
  readonly afterTokens: number;
  /**
   * `throw`: an error that may be retried. `refuse`: one that may not. `hang`: silence until stopped. `flood`: tokens without end.
   * `limit`: the provider's "too many requests", with `retryAfterMs`. `empty`: ends without any text.
   */
  readonly kind: 'throw' | 'refuse' | 'hang' | 'flood' | 'limit' | 'empty';
  readonly retryAfterMs?: number;
}

/** What a scripted agent says, declared as data. Without `say` and `tokens` it answers with a sentence about what it was asked. */
export interface AgentScript {
  /** The text; `{{message}}`, `{{previous}}`, `{{agent}}` and `{{turn}}` are replaced. Split into words and streamed. */
  readonly say?: string;
  /** Instead of `say`: this many tokens `w1 w2 …`. */
  readonly tokens?: number;
  /** Pause before each token, ms. */
  readonly paceMs?: number;
  readonly faults?: readonly ScriptFault[];
}

/** Who executes an agent's steps: `scripted` (declared as data) or `model` (a language model). */
export type RunnerName = 'scripted' | 'model';

/** A named participant. */
export interface AgentSpec {
  readonly name: string;
  readonly runner: RunnerName;
  /** What a model is told about its part. */
  readonly instructions?: string;
  /** The model's id at its provider; absent: the deployment's default. */
  readonly model?: string;
  readonly script?: AgentScript;
  /** Answers at once (scripted, cached): runs as a local activity, without a trip to the server. Not for model calls. */
  readonly quick?: boolean;
  /** A named endpoint of the deployment's configuration; absent: its default endpoint. */
  readonly provider?: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  /** Texts at which the model stops. */
  readonly stop?: readonly string[];
  /** Longest answer of the model, tokens. */
  readonly maxTokens?: number;
  readonly reasoningEffort?: 'minimal' | 'low' | 'medium' | 'high';
  /** The model's context window, tokens; absent: from the table of known models, or a careful default. */
  readonly contextTokens?: number;
  /** Settings for a runner of one's own, passed on as they are. */
  readonly options?: JsonObject;
  /** How often a step whose provider fails is tried in all; default `LIMITS.stepAttempts`. */
  readonly maxAttempts?: number;
  /** Longest time of one attempt, ms; default `LIMITS.stepTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Longest silence before the first token of an attempt, ms (its wait in a queue and comments are no silence); default `LIMITS.stepFirstMs`. */
  readonly firstMs?: number;
  /** Longest silence after the first token, ms; default `LIMITS.stepIdleMs`. */
  readonly idleMs?: number;
}
