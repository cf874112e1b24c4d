/** From untrusted input to contract types; every refusal is a `ConvokeError` that says what is wrong and where. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { ConvokeError, LIMITS, parsePosition } from '../contracts/index.ts';
import type { Message, Position, SendRequest, SessionRef } from '../contracts/index.ts';
import { guardJson, invalidAt, pointerOf } from './json-guard.ts';

/** Faults reported in one answer, and the length of each message. */
const FAULTS = 16;
const SENTENCE_CHARS = 200;

/**
 * Checks untrusted input against a schema.
 * Throws `too_deep`, `invalid_cursor` (a fault in the field `cursor`) or `invalid_request` with up to 16 faults.
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown): T {
  guardJson(value);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues
    .flatMap((issue) => meant(issue))
    .slice(0, FAULTS)
    .map(({ path, message }) => ({ pointer: pointerOf(path), message: message.slice(0, SENTENCE_CHARS) }));
  const [first] = errors;
  const where = first === undefined || first.pointer === '' ? 'the request' : first.pointer;
  const code = where === '/cursor' || where.startsWith('/cursor/') ? 'invalid_cursor' : 'invalid_request';
  throw new ConvokeError(code, `Correct ${where}: ${first?.message ?? 'it is not valid'}.`, { errors });
}

type Issue = z.core.$ZodIssue;

/** Of a value that may have several forms, what is wrong with the one that it has: of those of its JSON type the one that it fits best. */
function meant(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const [form] = issue.errors
    .filter((each) => each.every(({ code, path }) => code !== 'invalid_type' || path.length > 0))
    .sort((one, other) => one.length - other.length);
  if (!form) return [issue];
  return form.flatMap((each) => meant({ ...each, path: [...issue.path, ...each.path] }));
}

/** Splits a request into the session that it names and the rest. Throws `too_deep`, `invalid_request`. */
export function takeSession(request: unknown): { readonly session: unknown; readonly body: object } {
  guardJson(request);
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    throw invalidAt([], 'it must be an object.');
  const { session, ...body } = request as { readonly session?: unknown };
  return { session, body };
}

/** Reads `{epoch}:{seq}`. Throws `invalid_cursor`. */
export function positionOf(text: string): Position {
  const position = parsePosition(text);
  if (!position)
    throw new ConvokeError(
      'invalid_cursor',
      'Pass {epoch}:{seq}, as you got it in an answer or as an SSE id.',
    );
  return position;
}

/** Reads `{epoch}:{seq}` or a plain seq. Throws `invalid_cursor`. */
export function placeOf(text: string): Position | number {
  return /^\d{1,12}$/.test(text) ? Number(text) : positionOf(text);
}

/** An id that is the same for every repeat of a keyed request: SHA-256, base64url, 43 characters. */
export function derivedId(scope: readonly string[], key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([...scope, key]))
    .digest('base64url');
}

/** The `messageId` that an Idempotency-Key stands for in a session. */
export function messageIdOfKey(ref: SessionRef, key: string): string {
  return `m_${derivedId(['message', ref.tenant, ref.session], key)}`;
}

/** The message as the workflow gets it. `receivedAt`: ms since the Unix epoch. Throws `invalid_request` for one that is too far ahead. */
export function messageOf(request: SendRequest, receivedAt: number): Message {
  const { messageId, text, parts, from, policy, answers, deliverAt = 0 } = request;
  const latest = receivedAt + LIMITS.laterWithinMs;
  if (deliverAt > latest) throw invalidAt(['deliverAt'], `it must be at most ${latest}, 90 days ahead.`);
  return {
    messageId,
    parts: parts ?? [{ type: 'text', text: text ?? '' }],
    ...(from === undefined ? {} : { from }),
    ...(policy === undefined ? {} : { policy }),
    ...(answers === undefined ? {} : { answers }),
    ...(deliverAt > receivedAt ? { deliverAt } : {}),
    receivedAt,
  };
}
