/** What a tool of the configuration takes: a JSON Schema, or a schema of Zod, Valibot, ArkType (any Standard Schema that tells its JSON). */
import type { JsonObject } from '../../src/contracts/index.ts';
import { mismatch } from './schema.ts';
import { ToolError } from './tool.ts';

/** The part of https://standardschema.dev that is used: what validates a value, and its JSON Schema. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly validate: (value: unknown) => Checked<Output> | Promise<Checked<Output>>;
    readonly jsonSchema: {
      readonly input: (options: { readonly target: 'draft-07' }) => Record<string, unknown>;
    };
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type Checked<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What `run` is given for a schema. */
export type InputOf<Schema> = Schema extends StandardSchema<infer Output> ? Output : JsonObject;

export interface InputSchema {
  /** As a model is told it. */
  readonly json: JsonObject;
  /** What is wrong with the arguments; null: nothing that can be told at once. */
  check(input: JsonObject): string | null;
  /** The arguments with defaults and conversions of the schema. Throws a `ToolError` for what could not be told at once. */
  read(input: JsonObject): Promise<unknown>;
}

/** Throws a `TypeError` if it is no schema of an object. */
export function inputSchema(schema: StandardSchema | JsonObject): InputSchema {
  const read = isStandard(schema) ? standard(schema['~standard']) : plain(schema);
  if (read.json['type'] !== 'object') throw new TypeError('its input must be the schema of an object');
  return read;
}

function isStandard(schema: StandardSchema | JsonObject): schema is StandardSchema {
  return '~standard' in schema;
}

function plain(json: JsonObject): InputSchema {
  try {
    mismatch(json, {});
  } catch (error) {
    throw new TypeError(`its input is not a valid JSON Schema: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return { json, check: (input) => mismatch(json, input), read: async (input) => input };
}

function standard({ validate, jsonSchema }: StandardSchema['~standard']): InputSchema {
  // Without it there is no telling a model what it may call.
  if (typeof jsonSchema !== 'object')
    throw new TypeError('its schema cannot tell its JSON Schema: update its library, or give JSON Schema');
  const { $schema: _, ...json } = jsonSchema.input({ target: 'draft-07' });
  return {
    json: json as JsonObject, // safety: a JSON Schema is JSON
    check(input) {
      const checked = validate(input);
      if (!(checked instanceof Promise)) return wrongIn(checked);
      // `read` checks again, and tells what this one may reject with.
      checked.catch(() => undefined);
      return null;
    },
    async read(input) {
      const checked = await validate(input);
      if (checked.issues) throw new ToolError(`The arguments do not fit: ${wrongIn(checked) ?? ''}.`);
      return checked.value;
    },
  };
}

function wrongIn({ issues }: Checked<unknown>): string | null {
  if (!issues) return null;
  const told = issues.map(({ message, path = [] }) => {
    const keys = path.map((key) => String(typeof key === 'object' ? key.key : key));
    return keys.length === 0 ? message : `${keys.join('/')}: ${message}`;
  });
  return told.join('; ').slice(0, 300);
}
