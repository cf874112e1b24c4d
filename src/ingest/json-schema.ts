/** Checks against JSON Schemas at the door. */
import { Ajv, type ValidateFunction } from 'ajv';
import type { JsonObject } from '../contracts/index.ts';
import { schemaSentenceOf } from './sentences.ts';

const ajv = new Ajv({ strict: false, validateFormats: false });
/** Schemas of agents, compiled, by their JSON; the least recently used are evicted. */
const compiled = new Map<string, ValidateFunction>();
const COMPILED = 256;

/** True if values can be checked against it. */
export function isSchema(schema: JsonObject): boolean {
  try {
    compile(schema);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with the value, and where in it (a JSON pointer); null: it fits. */
export function faultIn(
  schema: JsonObject,
  value: JsonObject,
): { readonly pointer: string; readonly message: string } | null {
  const validate = known(schema);
  if (validate(value)) return null;
  const [fault] = validate.errors ?? [];
  return {
    pointer: fault?.instancePath ?? '',
    message: fault ? schemaSentenceOf(fault) : 'it does not fit the schema of the agent',
  };
}

function known(schema: JsonObject): ValidateFunction {
  const key = JSON.stringify(schema);
  const validate = compiled.get(key) ?? compile(schema);
  compiled.delete(key); // to become the newest
  compiled.set(key, validate);
  for (const oldest of compiled.keys()) {
    if (compiled.size <= COMPILED) break;
    compiled.delete(oldest);
  }
  return validate;
}

function compile(schema: JsonObject): ValidateFunction {
  try {
    return ajv.compile(schema);
  } finally {
    // Ajv would hold every schema for ever.
    ajv.removeSchema(schema);
  }
}
