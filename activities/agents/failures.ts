/** What went wrong at a model provider, in the words of the error table. */
import { readError } from './http/chunk.ts';
import { isRecord } from './http/frames.ts';
import { ProviderError } from './http/provider-error.ts';
import { readRetryAfter } from './retry-after.ts';
import { RunnerError } from './runner.ts';

type Json = Readonly<Record<string, unknown>>;

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
  400: "Check the agent's settings and instructions",
  401: 'Check the API key of the endpoint',
  402: 'Check the balance of the provider account',
  403: 'Check what the API key may use',
  404: "Check the agent's model and the base URL of the endpoint",
  422: "Check the agent's model, settings and instructions",
};

/** No money: waiting does not help. Code words and, where a provider has none, its sentence. */
const QUOTA =
  /insufficient[_ ](quota|balance|credits?|funds)|billing|exceeded_current_quota|payment_required|credit balance/i;
/** Other code words that say the same of the call, where there is no status to say it. */
const REFUSED =
  /^(invalid_(api_key|request|request_error|model|argument|authentication.*)|authentication_error|unauthori[sz]ed|unauthenticated|permission_.*|forbidden|access_denied|model_not_found|not_found(_error)?|unsupported_.*)$/i;
const RATE = /rate_?limit|too_many_requests|resource_exhausted/i;

/** A model or server that takes no tools, as providers put it. */
const TOOLS =
  /(support|enable|allow)[^.]{0,40}\b(tools?|functions?)\b|\b(tools?|function calling)\b[^.]{0,60}\b(support|enable|allow|requires --enable)/i;

const OVERFLOW_CODE = /context_length_exceeded|exceed_context_size|context_window|string_above_max_length/i;
/** How providers without a code for it put it. */
const OVERFLOW =
  /context (length|window|size)|prompt is too long|too long for (the|this) model|input is too long|request too large|tokens exceed|reduce the length of the (messages|prompt|input)/i;

/** A failure of a model call, as far as it can be read. */
interface Failure {
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** Everything that names the failure: code, type and the provider's sentence. */
  readonly said: string;
}

/**
 * Turn any error of a model call into a `RunnerError`.
 *
 * | error | code | retryable |
 * | --- | --- | --- |
 * | the conversation does not fit into the context window | `context_too_long` | no |
 * | no quota or balance left; any other status below 500; an unknown model, a missing key | `agent_refused` | no |
 * | 429, or a rate limit told inside the stream | `agent_rate_limited`, with the provider's wish | yes |
 * | 408, 409, 425, 5xx; no connection, reset, half an answer, unknown finish reason | `agent_failed`, with the provider's wish | yes |
 *
 * Messages reach clients, and the errors reach Temporal: so neither carries what the provider wrote (keys, account names, addresses,
 * parts of the conversation), only its status and its error code.
 *
 * @param now ms since the Unix epoch, for a `Retry-After` that is a date.
 */
export function toRunnerError(thrown: unknown, now: number = Date.now()): RunnerError {
  const error = unwrapped(thrown);
  if (error instanceof RunnerError) return error;
  const failure = failureOf(error);
  const detail = detailOf(failure, error);
  if (isOverflow(failure)) {
    const message = `The conversation does not fit into the context window of the model${detail}.`;
    return new RunnerError('context_too_long', message, { retryable: false });
  }
  if (isRefused(failure, error)) {
    const advice = adviceFor(failure);
    const message = `The model provider refused the call${detail}. ${advice}.`;
    return new RunnerError('agent_refused', message, { retryable: false });
  }
  const retryAfterMs = readRetryAfter(recordOf(error, 'responseHeaders'), now);
  const isLimit = failure.status === 429 || (failure.status === undefined && RATE.test(failure.code ?? ''));
  return isLimit
    ? new RunnerError('agent_rate_limited', `The model provider asks to wait${detail}.`, {
        ...{ retryable: true, retryAfterMs },
      })
    : new RunnerError('agent_failed', `The call of the model failed${detail}.`, {
        ...{ retryable: true, retryAfterMs },
      });
}

/** The error object that a provider sent, from whichever field of the SDK's error holds it. */
export function errorOf(thrown: unknown): Json | undefined {
  const error = unwrapped(thrown);
  const data = recordOf(error, 'data');
  const told = data && (readError(data) ?? data);
  if (told) return told;
  const body = asRecord(error)?.['responseBody'];
  if (typeof body !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(body);
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return isRecord(first) ? (readError(first) ?? first) : undefined;
  } catch {
    return undefined;
  }
}

/** The SDK wraps what breaks a stream; an error of ours in it says more. */
function unwrapped(error: unknown): unknown {
  let next = error;
  for (let depth = 0; next instanceof Error && depth < 4; depth += 1) {
    if (next instanceof RunnerError || next instanceof ProviderError) return next;
    next = next.cause;
  }
  return error;
}

function failureOf(error: unknown): Failure {
  const told = errorOf(error);
  const words = [told?.['code'], told?.['type'], told?.['status'], told?.['message']];
  const said = words.filter((word) => typeof word === 'string').join(' ');
  return { status: statusOf(error), code: codeOf(error, told), said };
}

function isOverflow({ status, said }: Failure): boolean {
  if (status === 413 || OVERFLOW_CODE.test(said)) return true;
  // A server that is broken may say anything.
  return (status === undefined || status < 500) && OVERFLOW.test(said);
}

function isRefused({ status, code, said }: Failure, error: unknown): boolean {
  if (status === undefined) return isMistake(error) || QUOTA.test(said) || REFUSED.test(code ?? '');
  if (status >= 500) return QUOTA.test(code ?? '');
  if (status === 429) return QUOTA.test(said);
  return status !== 408 && status !== 409 && status !== 425;
}

function adviceFor({ status = 0, code = '', said }: Failure): string {
  let key = status;
  if (QUOTA.test(said)) key = 402;
  else if (/api_key|authenti/i.test(code)) key = 401;
  else if (TOOLS.test(said)) return 'Its model or server may not support tools: use another, or none of them';
  else if (/model_not_found|invalid_model/i.test(code)) key = 404;
  return ADVICE[key] ?? "Check the agent's model and the settings of the deployment";
}

function isMistake(error: unknown): boolean {
  return error instanceof Error && MISTAKES.has(error.name);
}

function detailOf({ status, code }: Failure, error: unknown): string {
  const told = [...(status === undefined ? [] : [`HTTP ${status}`]), ...(code === undefined ? [] : [code])];
  // Names of other errors say nothing but which library threw them.
  if (told.length === 0 && error instanceof Error && isMistake(error)) told.push(error.name);
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}

/** The short code of an error: the provider's (`model_not_found`), or the socket's (`ECONNREFUSED`), wherever it is nested. */
function codeOf(error: unknown, told: Json | undefined): string | undefined {
  const places = [told, asRecord(error)];
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

function recordOf(value: unknown, key: string): Json | undefined {
  return asRecord(asRecord(value)?.[key]);
}

function asRecord(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null ? (value as Json) : undefined;
}
