/**
 * The port of an agent runner: one model call, said token by token. A runner knows nothing of Temporal, Redis or who asked.
 *
 * A runner ends in one of three ways: it returns (the text is complete), it throws a `RunnerError`, or it is aborted through `signal`, after
 * which it must stop the provider's request at once and may throw anything.
 */
import type {
  AgentSpec,
  Asks,
  ErrorCode,
  FileInfo,
  FinishReason,
  JsonObject,
  ToolCall,
  ToolRound,
  ToolSpec,
  Usage,
  Wait,
} from '../../src/contracts/index.ts';
import type { SessionFiles } from '../../src/files/index.ts';

/** One thing said before, oldest first. */
export interface Utterance {
  readonly role: 'user' | 'agent';
  /** The agent's name, or who sent the message. */
  readonly name?: string;
  /** The text; of a message, its text parts joined by line breaks, and a line for each file. */
  readonly text: string;
  /** The data parts of a message. */
  readonly data?: readonly JsonObject[];
  /** The files of a message. */
  readonly files?: readonly FileInfo[];
  /** The step answers this message: it must be shown whole. */
  readonly pinned?: boolean;
  /** Nobody has said this: it is a summary of the turns up to this one, and comes first. */
  readonly summary?: { readonly upTo: string };
}

export interface RunRequest {
  readonly agent: AgentSpec;
  readonly tenant: string;
  /** The tenant's share where calls of several tenants wait; default 1. */
  readonly weight?: number;
  readonly session: string;
  readonly turn: string;
  /** Stable across attempts: the idempotency key of this step. */
  readonly step: string;
  /** 1, 2, …: as the log counts them. */
  readonly attempt: number;
  /** Its span in W3C Trace Context, for whoever is called; absent: nothing is recorded. */
  readonly traceparent?: string;
  /** The conversation, including the message of this turn and what agents before this one said in it. */
  readonly conversation: readonly Utterance[];
  readonly signal: AbortSignal;
  /** Reads files of the session; absent: there is no place for them. */
  readonly files?: Pick<SessionFiles, 'read'>;
  /** What the team wants of the agent this time; not part of the conversation. */
  readonly task?: string;
  /** The tools that it may call now. */
  readonly tools?: readonly ToolSpec[];
  /** What it has called so far in answer to the same ask, oldest first: part of the conversation, after `conversation`. */
  readonly rounds?: readonly ToolRound[];
  /** JSON Schema that the answer must fit. */
  readonly output?: JsonObject;
  /** Why the answer of the attempt before was refused: the next one should mend it. */
  readonly repair?: string;
}

/**
 * What a runner yields: text; reasoning; calls of tools, which it does not make itself; `alive`, a sign of life without content; `waited`, what it has waited for
 * before; the usage that the provider has counted so far (the newest
 * counts); and at most once why the model stopped (absent: `stop`).
 */
export type RunPiece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'call'; readonly call: ToolCall }
  | { readonly type: 'alive' }
  | { readonly type: 'waited'; readonly wait: Wait }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'finish'; readonly finish: FinishReason };

export interface AgentRunner {
  run(request: RunRequest): AsyncIterable<RunPiece>;
  /** Whether this worker has what the agent needs; if not, its turn goes on at one that has it. Absent: it has. */
  can?(agent: AgentSpec): boolean;
  /** The model that it asks for the agent, for timelines; absent: it asks none. */
  asks?(agent: AgentSpec): Asks;
  /** How much of a conversation the agent may be shown, UTF-16 code units; absent: `LIMITS.contextChars`. */
  budgetChars?(agent: AgentSpec): number;
}

/**
 * Why a run failed, and whether another attempt may help. A retryable failure is the provider's and counts against the agent's attempts;
 * any other is final.
 */
export class RunnerError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** The provider's own wish (`Retry-After`), ms; finite, 0 or more, not capped. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryable: boolean; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RunnerError';
    this.code = code;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}
