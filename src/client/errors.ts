/**
 * Errors of the SDK. Errors from the server are `ConvokeError`s with a code of the error table; errors that only the client can know are
 * `ClientError`s. Both have `code`: check that, not the class.
 */
import { ConvokeError, ERRORS, isConvokeError } from '../contracts/public.ts';
import type { ErrorCode, FailureInfo, Problem } from '../contracts/public.ts';

const CLIENT_ERRORS = {
  /** No connection, or it was lost before the answer came: the request may or may not have been carried out. */
  offline: 'There is no connection to a gateway.',
  /** The request may or may not have been carried out. */
  timeout: 'There was no answer in time.',
  /** Nothing was sent. */
  outbox_full: 'Too many messages are waiting to be sent.',
  /** `client.close()` or `session.leave()` was called. */
  closed: 'The client was closed, or the session was left.',
} as const;

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;

/** Something that went wrong on this side of the connection. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, detail?: string) {
    super(detail ?? CLIENT_ERRORS[code]);
    this.name = 'ClientError';
    this.code = code;
  }
}

/**
 * True if the same request may succeed later. A lost answer counts: every request may be repeated, except a cancel without a turn id
 * (`Session.cancel` takes care of that).
 */
export function isRetryable(error: unknown): boolean {
  if (isConvokeError(error)) return ERRORS[error.code].retryable;
  return error instanceof ClientError && (error.code === 'offline' || error.code === 'timeout');
}

/** The pause that the server asked for, ms; undefined if it did not say. */
export function retryAfterOf(error: unknown): number | undefined {
  return isConvokeError(error) ? error.retryAfterMs : undefined;
}

/** Anything thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function known(code: string, retryable: boolean): ErrorCode {
  // A newer server may have more codes; all that is kept is whether to retry.
  if (Object.hasOwn(ERRORS, code)) return code as ErrorCode;
  return retryable ? 'overloaded' : 'internal';
}

/** True for a problem object. */
export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';
}

/** The error of a problem object. */
export function problemError(problem: Problem): ConvokeError {
  const { code, detail, retryAfterMs, errors, limits } = problem;
  return new ConvokeError(known(code, problem.retryable), detail, { retryAfterMs, errors, limits });
}

/** The error of a failed turn or a rejected message. */
export function failureError(failure: FailureInfo | string): ConvokeError {
  if (typeof failure === 'string') return new ConvokeError(known(failure, false));
  return new ConvokeError(known(failure.code, false), failure.message);
}

/** The value of a reply (`Reply<T>`). Throws its problem, or `internal` if it is not a reply at all. */
export function readReply(reply: unknown): unknown {
  const { ok, problem, value } = (reply ?? {}) as { ok?: unknown; problem?: unknown; value?: unknown };
  if (ok === true) return value;
  throw isProblem(problem) ? problemError(problem) : new ConvokeError('internal');
}
