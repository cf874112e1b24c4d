/** What a provider said about a failure, for the log of the worker: without keys, bounded. */
import { LIMITS } from '../../src/contracts/index.ts';
import { errorOf } from './failures.ts';

const REDACTED = '[redacted]';
/** Keys as providers form them, whole or with their middle starred out; tokens in headers and queries. */
const KEYS: readonly RegExp[] = [
  /\b(?:bearer|basic)\s+[\w.~+/=*-]{6,}/gi,
  /\b(?:sk|pk|rk|gsk|xai|hf|ghp|gho|pplx|nvapi|r8|fw|csk|AIza|eyJ)[-_]?[\w.*-]{8,}/g,
  /(?<=\b(?:api[-_ ]?key|key|token|secret|password|authorization)["']?\s*[:=]\s*["']?)[^\s"'&,}]{6,}/gi,
];

/** @param secrets What must not be told whatever it looks like: the keys of the endpoint. */
export function redact(text: string, secrets: readonly string[]): string {
  let told = text;
  for (const secret of secrets) if (secret !== '') told = told.replaceAll(secret, REDACTED);
  for (const pattern of KEYS) told = told.replace(pattern, REDACTED);
  return told;
}

/** The provider's own words: its error object, the body of its answer, or the message of the error and of its causes. */
export function providerSaid(error: unknown, secrets: readonly string[]): string {
  const told = errorOf(error);
  const body = fieldOf(error, 'responseBody');
  const said = told ? JSON.stringify(told) : body !== undefined && body !== '' ? body : messagesOf(error);
  // Cut first: patterns on a body of any size would cost time. Cut again: a redacted text may be longer.
  const short = said.slice(0, 2 * LIMITS.providerSaidChars);
  return redact(short, secrets).slice(0, LIMITS.providerSaidChars).toWellFormed();
}

function messagesOf(error: unknown): string {
  const messages: string[] = [];
  let next = error;
  for (let depth = 0; next instanceof Error && depth < 4; depth += 1) {
    messages.push(next.message);
    next = next.cause;
  }
  return messages.join(': ');
}

function fieldOf(error: unknown, key: string): string | undefined {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}
