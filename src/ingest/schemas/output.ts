/** JSON Schemas that callers send: bounded, and nothing in them that could stall who checks an answer against them. */
import { LIMITS } from '../../contracts/index.ts';
import type { Json } from '../../contracts/index.ts';
import { isSchema } from '../json-schema.ts';
import { jsonObjectSchema } from './common.ts';

/** References may recurse, regular expressions may backtrack for ever, uniqueness costs the square of what is checked. */
const REFUSED: ReadonlySet<string> = new Set([
  ...['$ref', '$dynamicRef', '$recursiveRef', '$schema', '$id', 'id', '$async'],
  ...['pattern', 'patternProperties', 'uniqueItems'],
]);
/** What is in them is named by the caller, or is a value and no schema. */
const NAMED: ReadonlySet<string> = new Set([
  'properties',
  '$defs',
  'definitions',
  'dependencies',
  'dependentSchemas',
]);
const VALUES: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples', 'required']);

type Path = readonly string[];

/** The first keyword that is refused, and where; null: none. The depth has been capped before. */
function refusedIn(schema: Json, path: Path = []): Path | null {
  if (typeof schema !== 'object' || schema === null) return null;
  const entries = Object.entries(schema as Readonly<Record<string, Json>>);
  return firstOf(entries, ([key, each]) => {
    const at = [...path, key];
    if (Array.isArray(schema)) return refusedIn(each, at);
    if (REFUSED.has(key)) return at;
    if (VALUES.has(key)) return null;
    if (!NAMED.has(key) || typeof each !== 'object' || each === null) return refusedIn(each, at);
    const named = Object.entries(each as Readonly<Record<string, Json>>);
    return firstOf(named, ([name, one]) => refusedIn(one, [...at, name]));
  });
}

function firstOf<T>(all: readonly T[], look: (each: T) => Path | null): Path | null {
  for (const each of all) {
    const found = look(each);
    if (found) return found;
  }
  return null;
}

export const outputSchema = jsonObjectSchema
  .superRefine((schema, context) => {
    const size = Buffer.byteLength(JSON.stringify(schema));
    const at = size > LIMITS.outputSchemaBytes ? null : refusedIn(schema);
    if (size > LIMITS.outputSchemaBytes)
      context.addIssue(`must be at most ${LIMITS.outputSchemaBytes} bytes of JSON`);
    else if (at)
      context.addIssue({
        code: 'custom',
        path: [...at],
        message: 'this keyword is not allowed in a request',
      });
    else if (!isSchema(schema)) context.addIssue('must be a valid JSON Schema');
  })
  .meta({
    description:
      `JSON Schema of the answer, up to ${LIMITS.outputSchemaBytes} bytes, without references, patterns and \`uniqueItems\`: ` +
      'a model is asked for JSON, and an answer that does not fit is repaired.',
  });
