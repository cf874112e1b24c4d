/** From unknown input to contract types; every refusal is a `ConvokeError` that says where and what. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { ConvokeError, DEFAULT_TEAM, parsePosition, TEAMS } from '../contracts/index.ts';
import type { Message, Position, SendRequest, SessionRef, TeamSpec } from '../contracts/index.ts';
import { guardJson, invalidAt, pointerOf } from './json-guard.ts';

/** Faults told in one answer, and the length of each sentence. */
const FAULTS = 16;
const SENTENCE_CHARS = 200;

/**
 * Checks a value from outside against a schema.
 * Throws `too_deep`, `invalid_cursor` (a fault in a field `cursor`) or `invalid_request` with up to 16 places.
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown): T {
  guardJson(value);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, FAULTS).map((issue) => ({
    pointer: pointerOf(issue.path),
    message: issue.message.slice(0, SENTENCE_CHARS),
  }));
  const [first] = errors;
  const where = first === undefined || first.pointer === '' ? 'the request' : first.pointer;
  const code = where === '/cursor' || where.startsWith('/cursor/') ? 'invalid_cursor' : 'invalid_request';
  throw new ConvokeError(code, `Correct ${where}: ${first?.message ?? 'it has the wrong form'}.`, { errors });
}

/** Takes a request that names its session apart. Throws `too_deep`, `invalid_request`. */
export function takeSession(request: unknown): { readonly session: unknown; readonly body: object } {
  guardJson(request);
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    throw invalidAt([], 'it must be an object.');
  const { session, ...body } = request as { readonly session?: unknown };
  return { session, body };
}

/** The name, if there is a team of that name. Throws `unknown_team`. */
export function teamName(name: string): string {
  if (TEAMS.includes(name)) return name;
  throw new ConvokeError('unknown_team', `Use one of: ${TEAMS.join(', ')}.`);
}

/** The team that a request names; a name alone is short for a team without options. Throws `unknown_team`. */
export function teamOf(team: string | TeamSpec = DEFAULT_TEAM): TeamSpec {
  const spec = typeof team === 'string' ? { name: team } : team;
  return { ...spec, name: teamName(spec.name) };
}

/** Reads `{epoch}:{seq}`. Throws `invalid_cursor`. */
export function positionOf(text: string): Position {
  const position = parsePosition(text);
  if (!position)
    throw new ConvokeError('invalid_cursor', 'Give {epoch}:{seq}, as it came in an answer or an SSE id.');
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

/** The message as the workflow gets it. `receivedAt`: ms since the Unix epoch. */
export function messageOf(request: SendRequest, receivedAt: number): Message {
  const { messageId, text, parts, from, policy } = request;
  return {
    messageId,
    parts: parts ?? [{ type: 'text', text: text ?? '' }],
    ...(from === undefined ? {} : { from }),
    ...(policy === undefined ? {} : { policy }),
    receivedAt,
  };
}
