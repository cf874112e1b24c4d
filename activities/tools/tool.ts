/**
 * The port of tools: what a worker's tools look like to a step, wherever they run. A tool knows nothing of Temporal, Redis or who asked.
 */
import type { ToolEffect, ToolSpec } from '../../src/contracts/index.ts';
import type { SessionFiles } from '../../src/files/index.ts';
import type { ApprovalTerms, JsonObject, SessionRef } from '../../src/contracts/index.ts';

export interface ToolRequest extends SessionRef {
  readonly turn: string;
  readonly step: string;
  /** 1, 2, …: as the log counts them. */
  readonly attempt: number;
  /** Its span in W3C Trace Context, for whoever is called; absent: nothing is recorded. */
  readonly traceparent?: string;
  /** The agent that calls it. */
  readonly agent: string;
  /** The same in every attempt of this call and in no other: what a `keyed` tool gives to whoever does the work. */
  readonly key: string;
  /** Checked already. */
  readonly input: JsonObject;
  /** Files of the session. */
  readonly files: SessionFiles;
  readonly signal: AbortSignal;
}

/** What a tool yields: a note about its progress, or a part of its result. */
export type ToolPiece =
  { readonly type: 'progress'; readonly text: string } | { readonly type: 'result'; readonly text: string };

export interface Tool {
  readonly spec: ToolSpec;
  readonly effect: ToolEffect;
  /** Default `LIMITS.toolTimeoutMs`. */
  readonly timeoutMs?: number;
  /** What is wrong with the arguments, for the model to mend; null: nothing. */
  check(input: JsonObject): string | null;
  /** How people have to approve a call with these arguments; null: it is made at once. Absent: no call has to be approved. May throw. */
  approval?(input: JsonObject): ApprovalTerms | null;
  /** Throws a `ToolError`, or anything. */
  run(request: ToolRequest): AsyncIterable<ToolPiece>;
}

/** A failure that the model is told in these words. `retryable`: the same call may succeed later. */
export class ToolError extends Error {
  readonly retryable: boolean;

  constructor(message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ToolError';
    this.retryable = options.retryable ?? false;
  }
}
