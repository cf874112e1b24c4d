/** Schemas of a configuration, as JSON Schema and as functions. */
import { z } from 'zod';
import { mismatch } from '../../activities/index.ts';
import type { JsonObject } from '../contracts/index.ts';
import type { Schema } from './define.ts';

/** True for a schema of Zod 4, whichever copy of the package it comes from. */
function isZod(schema: Schema): schema is z.ZodType {
  return '_zod' in schema;
}

/** Throws if the schema says what JSON Schema cannot. */
export function jsonSchemaOf(schema: Schema): JsonObject {
  const json = isZod(schema) ? z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) : schema;
  // It would have to be known to the validator.
  const { $schema: _dialect, '~standard': _methods, ...rest } = json as JsonObject;
  // Throws if the schema itself is not valid.
  mismatch(rest, {});
  return rest;
}

/** A function that returns what a schema makes of a value: defaults are filled in. It throws a sentence about what does not fit. */
export function parserOf(schema: Schema | undefined): (given: JsonObject) => unknown {
  if (!schema) return (given) => given;
  if (isZod(schema)) return (given) => parsed(schema, given);
  const json = jsonSchemaOf(schema);
  return (given) => {
    const wrong = mismatch(json, given);
    if (wrong !== null) throw new Error(wrong);
    return given;
  };
}

function parsed(schema: z.ZodType, given: JsonObject): unknown {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const where = first === undefined || first.path.length === 0 ? 'it' : first.path.join('.');
  throw new Error(`${where}: ${first?.message ?? 'not valid'}`);
}
