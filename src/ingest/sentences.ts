/** What is wrong with a request, in words of our own: libraries tell what they expected, callers need to know what to send. */
import type { ErrorObject } from 'ajv';
import type { z } from 'zod';

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};
/** Of what a caller has named, so that one sentence stays one. */
const NAME_CHARS = 40;
const NAMES = 4;

/** JSON has these kinds only; undefined: the field is absent. */
function kindOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return KINDS['null'];
  return KINDS[Array.isArray(value) ? 'array' : typeof value];
}

/** The fault of a value, for a schema that has no sentence for it. */
export const sentenceOf: z.core.$ZodErrorMap = (issue): string => {
  const { input } = issue;
  switch (issue.code) {
    case 'invalid_type': {
      const kind = KINDS[issue.expected] ?? issue.expected;
      return wanted(kind, issue.expected === 'int' ? undefined : kindOf(input), input === undefined);
    }
    case 'invalid_value':
      return wanted(oneOf(issue.values), undefined, input === undefined);
    case 'unrecognized_keys':
      return unknownFields(issue.keys);
    case 'invalid_union':
      return wanted(formsOf(issue), undefined, input === undefined);
    case 'too_small':
    case 'too_big':
      return bound(issue);
    default:
      return 'it is not valid';
  }
};

function wanted(what: string, got: string | undefined, isMissing: boolean): string {
  if (isMissing) return `it is missing; it must be ${what}`;
  return got === undefined ? `it must be ${what}` : `it must be ${what}, not ${got}`;
}

function oneOf(values: readonly unknown[]): string {
  const [only] = values;
  return values.length === 1 ? String(only) : `one of ${values.map(String).join(', ')}`;
}

function unknownFields(keys: readonly string[]): string {
  const named = keys.slice(0, NAMES).map((key) => JSON.stringify(key.slice(0, NAME_CHARS)));
  const more = keys.length > NAMES ? ` and ${keys.length - NAMES} more` : '';
  return keys.length === 1
    ? `there is no field ${named.join()} here; correct its name or leave it out`
    : `there are no fields ${named.join(', ')}${more} here; correct their names or leave them out`;
}

/** The forms that a value may have, by the kinds of JSON that they are, or by the values of the field that tells them apart. */
function formsOf(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  if ('options' in issue && Array.isArray(issue.options)) return oneOf(issue.options);
  const kinds = issue.errors.flatMap((form) =>
    form.flatMap((each) =>
      each.code === 'invalid_type' && each.path.length === 0 ? [KINDS[each.expected] ?? each.expected] : [],
    ),
  );
  return [...new Set(kinds)].join(' or ');
}

type Bound = z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig>;

function bound(issue: Bound): string {
  const { origin, input } = issue;
  const isLeast = issue.code === 'too_small';
  const limit = Number(isLeast ? issue.minimum : issue.maximum);
  if (origin === 'number' || origin === 'int') {
    if (issue.inclusive === false) return `it must be ${isLeast ? 'more' : 'less'} than ${limit}`;
    return `it must be at ${isLeast ? 'least' : 'most'} ${limit}`;
  }
  if (isLeast && limit === 1) return 'it must not be empty';
  const unit = origin === 'string' ? 'characters' : origin === 'array' ? 'entries' : 'fields';
  const has = typeof input === 'string' || Array.isArray(input) ? `, and has ${input.length}` : '';
  return `it must have at ${isLeast ? 'least' : 'most'} ${limit} ${unit}${has}`;
}

/** The same for a JSON Schema that a deployment has written. */
export function schemaSentenceOf({ keyword, params, message = '' }: ErrorObject): string {
  const told = params as Readonly<Record<string, unknown>>;
  switch (keyword) {
    case 'required':
      return `the field "${String(told['missingProperty'])}" is missing`;
    case 'additionalProperties':
      return unknownFields([String(told['additionalProperty'])]);
    case 'type':
      return `it must be ${[told['type']]
        .flat()
        .map((type) => KINDS[String(type)] ?? String(type))
        .join(' or ')}`;
    case 'enum':
      return `it must be ${oneOf([told['allowedValues']].flat())}`;
    case 'const':
      return `it must be ${JSON.stringify(told['allowedValue'])}`;
    default:
      return message === '' ? 'it does not fit the schema of the agent' : `it ${message}`;
  }
}
