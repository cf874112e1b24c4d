/** Steps: one call of a model, in any number of attempts. */

/** Tokens that a model counted for one attempt of a step. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Input tokens that the provider's prompt cache held. */
  readonly cachedTokens?: number;
  /** Output tokens that the model spent on reasoning. */
  readonly reasoningTokens?: number;
}

/** Why a model stopped: at its own end, at its length limit, by the provider's filter, or to call tools. */
export type FinishReason = 'stop' | 'length' | 'filter' | 'tools';

/** Why a step or a turn failed: a code of the error table and a sentence. */
export interface FailureInfo {
  readonly code: string;
  readonly message: string;
}

/** What a step has said by its end. */
interface Said {
  readonly text: string;
  /** What the model thought before it answered. */
  readonly reasoning?: string;
  /** Of the last attempt; that of superseded ones is in `step.restarted`. */
  readonly usage?: Usage;
}

export interface StepEventData {
  'step.started': Record<string, never>;
  /** A new attempt begins: all text of earlier attempts is withdrawn. `usage`: what the superseded attempt cost, if it was counted. */
  'step.restarted': { readonly reason: string; readonly usage?: Usage };
  /** The step pauses before its next attempt. `until`: when that begins, ms since the Unix epoch. */
  'step.waiting': FailureInfo & { readonly until: number };
  /** `finish` other than `stop`: the answer was cut. */
  'step.completed': Said & { readonly finish?: FinishReason };
  /** `retryAt`: when the provider will take the next call, ms since the Unix epoch. */
  'step.failed': Said & FailureInfo & { readonly retryAt?: number };
  'step.cancelled': Said & { readonly reason: string };
}

/** True for the event that ends a step: exactly one for each step that started. */
export function endsStep(type: string): boolean {
  return type === 'step.completed' || type === 'step.failed' || type === 'step.cancelled';
}
