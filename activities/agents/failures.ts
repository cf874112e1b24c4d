/** What went wrong at a model provider, in the words of the error table. */
import { RunnerError } from './runner.ts';

/** Errors that say: the call itself is wrong, whoever repeats it. Names, not classes: several copies of the SDK may be loaded. */
const MISTAKES: ReadonlySet<string> = new Set([
  'AI_InvalidArgumentError',
  'AI_InvalidPromptError',
  'AI_LoadAPIKeyError',
  'AI_LoadSettingError',
  'AI_NoSuchModelError',
  'AI_NoSuchProviderError',
  'AI_UnsupportedFunctionalityError',
  'AI_UnsupportedModelVersionError',
]);

/** What to check, by HTTP status. */
const ADVICE: Readonly<Record<number, string>> = {
  400: "Check the agent's instructions and the length of the conversation",
  401: 'Check the API key of the deployment',
  402: 'Check the balance of the provider account',
  403: 'Check what the API key may use',
  404: "Check the agent's model and the base URL of the deployment",
  413: 'The conversation is too long for this model',
  422: "Check the agent's model and instructions",
};

/**
 * Turn any error of a model call into a `RunnerError`.
 *
 * | error | code | retryable |
 * | --- | --- | --- |
 * | 429, or a rate limit told inside the stream | `agent_rate_limited`, with the provider's wish | yes |
 * | 408, 409, 425, 5xx; no connection, reset, unreadable stream | `agent_failed`, with the provider's wish | yes |
 * | any other status; an unknown model, a missing key | `agent_refused` | no |
 *
 * Messages reach clients, and the errors reach Temporal: so neither carries what the provider wrote (keys, account names, addresses,
 * parts of the conversation), only its status and its error code.
 *
 * @param now ms since the Unix epoch, for a `Retry-After` that is a date.
 */
export function toRunnerError(error: unknown, now: number = Date.now()): RunnerError {
  if (error instanceof RunnerError) return error;
  const status = statusOf(error);
  const code = codeOf(error);
  const detail = detailOf(status, code, error);
  const retryAfterMs = readRetryAfter(recordOf(error, 'responseHeaders'), now);
  if (status === 429 || (status === undefined && code?.includes('rate_limit') === true)) {
    return new RunnerError('agent_rate_limited', `The model provider asks to wait${detail}.`, {
      retryable: true,
      retryAfterMs,
    });
  }
  if (status === undefined ? isMistake(error) : isRefusal(status)) {
    const advice = ADVICE[status ?? 0] ?? "Check the agent's model and the settings of the deployment";
    return new RunnerError('agent_refused', `The model provider refused the call${detail}. ${advice}.`, {
      retryable: false,
    });
  }
  return new RunnerError('agent_failed', `The call of the model failed${detail}.`, {
    retryable: true,
    retryAfterMs,
  });
}

function isMistake(error: unknown): boolean {
  return error instanceof Error && MISTAKES.has(error.name);
}

function detailOf(status: number | undefined, code: string | undefined, error: unknown): string {
  const told = [...(status === undefined ? [] : [`HTTP ${status}`]), ...(code === undefined ? [] : [code])];
  if (told.length === 0 && error instanceof Error) told.push(error.name);
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}

function isRefusal(status: number): boolean {
  return status < 500 && status !== 408 && status !== 409 && status !== 425;
}

/**
 * The provider's wish, ms from `now`: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date. Undefined when absent or unreadable;
 * never negative.
 *
 * @param headers Names in lower case.
 */
export function readRetryAfter(
  headers: Readonly<Record<string, unknown>> | undefined,
  now: number,
): number | undefined {
  const exact = headers?.['retry-after-ms'];
  if (typeof exact === 'string' && /^\d+(\.\d+)?$/.test(exact)) return Math.ceil(Number(exact));
  const wish = headers?.['retry-after'];
  if (typeof wish !== 'string' || wish === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(wish)) return Math.ceil(Number(wish) * 1000);
  const date = Date.parse(wish);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The short code of an error: the provider's (`model_not_found`), or the socket's (`ECONNREFUSED`), wherever it is nested. */
function codeOf(error: unknown): string | undefined {
  const data = recordOf(error, 'data');
  const places = [recordOf(data, 'error'), data, asRecord(error)];
  for (let cause = recordOf(error, 'cause'), depth = 0; cause && depth < 4; depth += 1) {
    places.push(cause);
    cause = recordOf(cause, 'cause');
  }
  const words = places.flatMap((place) => [place?.['code'], place?.['type']]);
  // A word, not a sentence and not a key.
  return words.find(
    (word): word is string => typeof word === 'string' && /^[A-Za-z][A-Za-z_]{1,39}$/.test(word),
  );
}

/** The status of a failed answer. A good one that broke off later (the SDK then says 200) is no answer at all. */
function statusOf(error: unknown): number | undefined {
  const status = asRecord(error)?.['statusCode'];
  return typeof status === 'number' && status >= 400 ? status : undefined;
}

function recordOf(value: unknown, key: string): Readonly<Record<string, unknown>> | undefined {
  return asRecord(asRecord(value)?.[key]);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
