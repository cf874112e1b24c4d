/**
 * What callers may send, as Zod schemas. They are checked against the contract types: a schema that drifts from its type does not compile.
 * Objects are strict: an unknown key is refused, because it is a typo or an attack.
 */
import { z } from 'zod';
import { ID_PATTERN, isOneLine, LIMITS, STEP_PATTERN, TURN_PATTERN } from '../../contracts/index.ts';
import type { JsonObject } from '../../contracts/index.ts';
import { isCleanText } from '../json-guard.ts';

export const text = (max: number): z.ZodString =>
  z.string().min(1).max(max).refine(isCleanText, 'must not contain NUL or half of a surrogate pair');
/** Who speaks, votes, or takes part. */
export const personName = text(LIMITS.nameChars)
  .refine((name) => name.trim() !== '', 'must not be blank')
  .refine(isOneLine, 'must not contain control characters, line breaks or direction overrides');
export const whole = (min: number, max: number): z.ZodNumber => z.number().int().min(min).max(max);

export const idSchema = z
  .string()
  .regex(ID_PATTERN, 'must be 1 to 64 characters of A-Z a-z 0-9 _ -')
  .meta({ description: 'An id: 1 to 64 characters of `A-Z a-z 0-9 _ -`.', examples: ['support-42'] });

export const turnSchema = z
  .string()
  .regex(TURN_PATTERN, 'must be the id of a turn, like t1')
  .meta({ description: 'The id of a turn.', examples: ['t1'] });

export const stepSchema = z.string().regex(STEP_PATTERN, 'must be the id of a step, like t1.2');

export const jsonObjectSchema = z.record(z.string(), z.json()) satisfies z.ZodType<JsonObject>;

export const boundedJsonSchema = jsonObjectSchema
  .refine(
    (value) => Buffer.byteLength(JSON.stringify(value)) <= LIMITS.metadataBytes,
    `must be at most ${LIMITS.metadataBytes} bytes of JSON`,
  )
  .meta({ description: `Any JSON object up to ${LIMITS.metadataBytes} bytes.` });

/** A count in a URL's query. */
export const count = (max: number): z.ZodType<number, string> =>
  z
    .string('must be one whole number, given once')
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= 1 && value <= max, `must be 1 to ${max}`)
    .meta({ override: { type: 'integer', minimum: 1, maximum: max } });

/** A time in a query, ms since the Unix epoch. */
export const momentSchema: z.ZodType<number, string> = z
  .string('must be one whole number, given once')
  .regex(/^\d{1,13}$/, 'must be a whole number of ms since the Unix epoch')
  .transform(Number)
  .meta({ override: { type: 'integer', minimum: 0, maximum: 9_999_999_999_999 } });

/** A place in what Temporal lists. */
export const pageCursorSchema = z
  .string()
  .max(LIMITS.pageTokenChars)
  .meta({ description: 'The `next` of the previous page.' })
  .exactOptional();

/** A key that identifies a request, so that a repeat gets the first answer. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
  .meta({
    description: 'Identifies this request: a repeat with the same key gets the first answer.',
    examples: ['order-42'],
  });
