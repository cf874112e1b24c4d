/** From untrusted input to contract types; every refusal is a `ConvokeError` that says what is wrong and where. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { ConvokeError, DIRECT_CHANNEL, LIMITS, parsePosition } from '../contracts/index.ts';
import type { Message, Position, SessionRef } from '../contracts/index.ts';
import type { Principal } from '../tenants/index.ts';
import type { Attached } from './attached.ts';
import { guardJson, invalidAt, pointerOf } from './json-guard.ts';
import { sentenceOf } from './sentences.ts';

/** Faults reported in one answer, and the length of each message. */
const FAULTS = 16;
const SENTENCE_CHARS = 200;

/**
 * Checks untrusted input against a schema.
 * Throws `too_deep`, `invalid_cursor` (a fault in the field `cursor`) or `invalid_request` with up to 16 faults.
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown): T {
  guardJson(value);
  const result = schema.safeParse(value, { error: sentenceOf });
  if (result.success) return result.data;
  // One sentence for each place: what else is wrong there may follow from it.
  const faults = new Map<string, string>();
  for (const { path, message } of result.error.issues.flatMap((issue) => meant(issue))) {
    const pointer = pointerOf(path);
    if (!faults.has(pointer))
      faults.set(pointer, message.replace(/^must /, 'it must ').slice(0, SENTENCE_CHARS));
  }
  const errors = [...faults].slice(0, FAULTS).map(([pointer, message]) => ({ pointer, message }));
  const { pointer, message } = errors[0] ?? { pointer: '', message: 'it is not valid' };
  const code = pointer === '/cursor' || pointer.startsWith('/cursor/') ? 'invalid_cursor' : 'invalid_request';
  throw new ConvokeError(code, `Correct ${pointer === '' ? 'the request' : pointer}: ${message}.`, {
    errors,
  });
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

/** What an Idempotency-Key belongs to beside its session: the subject of a session token. Holders of API keys share theirs. */
export function ownerOf({ grant }: Pick<Principal, 'grant'>): readonly string[] {
  return grant ? [grant.subject] : [];
}

/** The `messageId` that an Idempotency-Key stands for in a session. */
export function messageIdOfKey(ref: SessionRef, key: string, principal: Pick<Principal, 'grant'>): string {
  return `m_${derivedId(['message', ref.tenant, ref.session, ...ownerOf(principal)], key)}`;
}

/** The message as the workflow gets it. `receivedAt`: ms since the Unix epoch. Throws `invalid_request` for one that is too far ahead. */
export function messageOf(request: Attached, receivedAt: number): Message {
  const { messageId, text, parts, from, policy, answers, deliverAt = 0, to } = request;
  const channel = request.channel ?? (to && DIRECT_CHANNEL);
  const latest = receivedAt + LIMITS.laterWithinMs;
  if (deliverAt > latest) throw invalidAt(['deliverAt'], `it must be at most ${latest}, 90 days ahead.`);
  return {
    messageId,
    parts: parts ?? [{ type: 'text', text: text ?? '' }],
    ...(from === undefined ? {} : { from }),
    ...(policy === undefined ? {} : { policy }),
    ...(answers === undefined ? {} : { answers }),
    ...(channel === undefined ? {} : { channel }),
    ...(to === undefined ? {} : { to }),
    ...(deliverAt > receivedAt ? { deliverAt } : {}),
    receivedAt,
  };
}
