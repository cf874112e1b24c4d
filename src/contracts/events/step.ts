/** Steps: one model call or one tool call each, in any number of attempts. */
import type { Reason } from '../reasons.ts';
import type { ToolCall } from '../tool.ts';

/** Tokens that a model counted for one attempt of a step. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Input tokens that the provider's prompt cache held. */
  readonly cachedTokens?: number;
  /** Output tokens that the model spent on reasoning. */
  readonly reasoningTokens?: number;
  /** What it cost, if the worker's configuration has a price for the model, in the currency of that. */
  readonly cost?: number;
}

/** Why a model stopped: it was done, it hit its length limit, the provider filtered it, or it called tools. */
export type FinishReason = 'stop' | 'length' | 'filter' | 'tools';

/** Why a step or a turn failed: a code of the error table and a sentence. */
export interface FailureInfo {
  readonly code: string;
  readonly message: string;
}

/** What an agent was shown of a session, if it was not all that was said. Turns by their ids. */
export interface Shown {
  /** The earliest turn of which it was shown something; absent: there was none but its own. */
  readonly from?: string;
  /** What it was shown of the turns up to `upTo` in their place: what this step has said. */
  readonly summary?: { readonly step: string; readonly upTo: string };
  /** Turns of which it was shown nothing, or not all. */
  readonly leftOut?: { readonly from: string; readonly upTo: string };
}

/** What a summary stands for: the turns from the first one up to `upTo`. All of later turns comes after event `seq`. */
export interface Summarised {
  readonly upTo: string;
  readonly seq: number;
}

/** What a step said; of a tool's step the result. */
interface Said {
  readonly text: string;
  /** What the model thought before it answered; of a tool's step its progress. */
  readonly reasoning?: string;
  /** Of the last attempt only; superseded attempts are counted in `step.restarted`. */
  readonly usage?: Usage;
  /** What the agent was shown; absent: all that was said before. */
  readonly shown?: Shown;
  /** The step was to make a summary of the session: it is no answer. */
  readonly summarises?: Summarised;
}

export interface StepEventData {
  /** `use`: the step is a tool call, made by the agent. `summarises`: it makes a summary of the session. Both absent: an agent is asked. */
  'step.started': { readonly use?: ToolCall; readonly summarises?: Summarised };
  /** A new attempt begins; everything that earlier attempts said is withdrawn. `usage`: of the superseded attempt, if known. */
  'step.restarted': { readonly reason: Reason | string; readonly usage?: Usage };
  /** The step pauses before its next attempt. `until`: when that begins, ms since the Unix epoch. */
  'step.waiting': FailureInfo & { readonly until: number };
  /** `finish` other than `stop` or `tools`: the answer was cut short. `calls`: the tools that the model calls; their steps follow. */
  'step.completed': Said & { readonly finish?: FinishReason; readonly calls?: readonly ToolCall[] };
  /** `retryAt`: when the provider will accept the next call, ms since the Unix epoch. */
  'step.failed': Said & FailureInfo & { readonly retryAt?: number };
  'step.cancelled': Said & { readonly reason: Reason | string };
}

/** True for the event that ends a step: exactly one for each step that started. */
export function endsStep(type: string): boolean {
  return type === 'step.completed' || type === 'step.failed' || type === 'step.cancelled';
}
