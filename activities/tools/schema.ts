/** Checks values against JSON Schemas of agents and tools. */
import { Ajv, type ValidateFunction } from 'ajv';
import type { Json, JsonObject } from '../../src/contracts/index.ts';

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
/** Compiling takes about a millisecond. Schemas live as long as the configuration or the session that they came with. */
const compiled = new WeakMap<JsonObject, ValidateFunction>();

function compile(schema: JsonObject): ValidateFunction {
  const validate = ajv.compile(schema);
  // Ajv would hold every schema for ever.
  ajv.removeSchema(schema);
  compiled.set(schema, validate);
  return validate;
}

/** What is wrong with the value, in one sentence without its full stop; null: it fits. Throws if the schema itself is not valid. */
export function mismatch(schema: JsonObject, value: Json): string | null {
  const validate = compiled.get(schema) ?? compile(schema);
  if (validate(value)) return null;
  return ajv.errorsText(validate.errors, { dataVar: 'it', separator: '; ' }).slice(0, 300);
}
