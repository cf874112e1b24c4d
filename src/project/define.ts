/** What a configuration is written in. Definitions are tagged data; nothing here opens a connection or a file. */
import type { z } from 'zod';
import type { CodeAgent, Judge, Scorer, ScorerCode, Team, ToolSource } from '../../activities/index.ts';
import type { AgentScript, AgentSpec, JsonObject, Limits, Price } from '../contracts/index.ts';
import type { Provider } from './provider.ts';

/** A schema of values: Zod's, or JSON Schema. */
export type Schema = z.ZodType | JsonObject;

/** Settings of an agent's steps, whoever executes it. */
type StepSettings = Pick<AgentSpec, 'maxAttempts' | 'timeoutMs' | 'firstMs' | 'idleMs'>;

/** Settings of an agent that can call tools. */
interface CallerSettings
  extends StepSettings, Pick<AgentSpec, 'tools' | 'approvals' | 'delegates' | 'handoff'> {}

/** What an agent that is asked for answers by a schema may have, too. */
interface Means extends CallerSettings {
  /** Schema of the answer, which is JSON then. */
  readonly output?: Schema;
}

export interface ModelAgent
  extends
    Means,
    Pick<
      AgentSpec,
      | 'instructions'
      | 'model'
      | 'provider'
      | 'temperature'
      | 'topP'
      | 'seed'
      | 'stop'
      | 'maxTokens'
      | 'reasoningEffort'
      | 'contextTokens'
      | 'images'
    > {}

export interface HttpAgent extends Means, Pick<AgentSpec, 'images'> {
  /** Of an endpoint that speaks OpenAI's chat completions, up to and including the version: `http://127.0.0.1:9000/v1`. */
  readonly url: string;
  readonly model: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CodeAgentSettings extends Means {
  /** Schema of the options that a session may give the agent; absent: any. */
  readonly options?: Schema;
}

export type AgentDefinition =
  | { readonly kind: 'model'; readonly settings: ModelAgent }
  | { readonly kind: 'http'; readonly settings: HttpAgent }
  | { readonly kind: 'scripted'; readonly script: AgentScript; readonly settings: CallerSettings }
  | { readonly kind: 'code'; readonly run: CodeAgent<never>; readonly settings: CodeAgentSettings };

function code<S extends z.ZodType>(
  run: CodeAgent<z.output<S>>,
  settings: CodeAgentSettings & { readonly options: S },
): AgentDefinition;
function code(
  run: CodeAgent,
  settings?: CodeAgentSettings & { readonly options?: JsonObject },
): AgentDefinition;
function code(run: CodeAgent<never>, settings: CodeAgentSettings = {}): AgentDefinition {
  return { kind: 'code', run, settings };
}

export const agent = {
  /** A language model, at one of the endpoints in `providers`. */
  model: (settings: ModelAgent): AgentDefinition => ({ kind: 'model', settings }),
  /** Code of one's own: an async generator that yields what the agent says. */
  code,
  /** A server of one's own, in any language, that speaks OpenAI's chat completions. It is told which step calls it. */
  http: (settings: HttpAgent): AgentDefinition => ({ kind: 'http', settings }),
  /** Says what a script says, and calls the tools that it names: for tests, and to begin with. */
  scripted: (script: AgentScript = {}, settings: CallerSettings = {}): AgentDefinition => ({
    ...{ kind: 'scripted', script, settings },
  }),
} as const;

/** Which turns a scorer is run on, and who is told what it says. */
export interface ScorerSettings {
  /** The share of completed turns, 0 to 1; default: all. */
  readonly rate?: number;
  /** Default true: only keys, and tokens with `operate`, are told. */
  readonly private?: boolean;
}

/** Made by `scorer.code` or `scorer.model`. */
export type ScorerDefinition = Scorer;

function scored({ rate = 1, private: hidden = true }: ScorerSettings): Pick<Scorer, 'rate' | 'private'> {
  return { rate, private: hidden };
}

/** What says, after a turn, how good it was. Neither the answer nor the next turn waits for it. */
export const scorer = {
  /** Code of one's own: `scorer.code(({ answer }) => ({ score: answer.length < 400 ? 1 : 0 }))`. */
  code: (code: ScorerCode, settings: ScorerSettings = {}): ScorerDefinition => ({
    ...{ kind: 'code', code, ...scored(settings) },
  }),
  /** A language model that judges by a rubric, at one of the endpoints in `providers`. */
  model: ({ rate, private: hidden, ...judge }: Judge & ScorerSettings): ScorerDefinition => ({
    ...{ kind: 'model', judge },
    ...scored({
      ...(rate === undefined ? {} : { rate }),
      ...(hidden === undefined ? {} : { private: hidden }),
    }),
  }),
} as const;

export interface ProjectConfig {
  /** Model endpoints by name; `default` is that of agents that name none. The environment's settings of an endpoint come first. */
  readonly providers?: Readonly<Record<string, Provider>>;
  readonly agents?: Readonly<Record<string, AgentDefinition>>;
  /** Tools by the name that agents give in `tools`. */
  readonly tools?: Readonly<Record<string, ToolSource>>;
  /** Teams by name, or the path of a module that exports them, relative to the configuration. */
  readonly teams?: Readonly<Record<string, Team>> | string;
  /** Scorers by name: see `scorer`. */
  readonly scorers?: Readonly<Record<string, ScorerDefinition>>;
  /** What a turn may spend in sessions that do not say it themselves; what is absent has its default (`LIMITS.budget`). */
  readonly limits?: Limits;
  /** The agent that summarises long sessions which do not say it themselves, and after how much text: see `summary` of an open. Absent: they are not. */
  readonly summary?: { readonly agent: string; readonly afterChars?: number };
  /** What a million tokens cost, by the name of the model, in one currency: then answers tell their cost, and `limits.cost` counts it. */
  readonly prices?: Readonly<Record<string, Price>>;
}

/** The configuration, typed. */
export function defineConfig(config: ProjectConfig): ProjectConfig {
  return config;
}
