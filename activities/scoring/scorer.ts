/** What a scorer is, whether code or a model. */
import type { Verdict } from '../../src/contracts/index.ts';

/** A finished turn, as a scorer is shown it. */
export interface ScoredTurn {
  readonly tenant: string;
  readonly session: string;
  readonly turn: string;
  /** The messages that it answers, in their order. */
  readonly messages: readonly { readonly from?: string; readonly text: string }[];
  /** What was said in it, in its order; `tool`: the result of a call, else absent. */
  readonly steps: readonly ScoredStep[];
  /** What its last agent said; empty: nobody said anything. */
  readonly answer: string;
}

export interface ScoredStep {
  readonly step: string;
  readonly agent: string;
  readonly text: string;
  /** The tool whose result it is. */
  readonly tool?: string;
}

export interface ScorerCall {
  /** Aborts when the time is over: `LIMITS.scoreTimeoutMs`. */
  readonly signal: AbortSignal;
  /** 1, 2, …: it is tried again when it throws. */
  readonly attempt: number;
}

/** What a scorer says. */
export type Score = Pick<Verdict, 'thumb' | 'score' | 'label' | 'comment'>;

/** Null: nothing to say of this turn. It may run again: a worker may be lost, and what it throws is retried. */
export type ScorerCode = (turn: ScoredTurn, call: ScorerCall) => Promise<Score | null> | Score | null;

/** A model that judges by a rubric. */
export interface Judge {
  readonly rubric: string;
  /** Of the endpoint; absent: its own. */
  readonly model?: string;
  /** The name of the model endpoint; absent: `default`. */
  readonly provider?: string;
  /** Of the answer. */
  readonly maxTokens?: number;
}

export type Scorer = {
  /** The share of turns that it is run on, 0 to 1. */
  readonly rate: number;
  /** True: only keys, and tokens with `operate`, are told what it says. */
  readonly private: boolean;
} & (
  { readonly kind: 'code'; readonly code: ScorerCode } | { readonly kind: 'model'; readonly judge: Judge }
);
