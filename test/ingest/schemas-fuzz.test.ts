/** Any input at all: nothing but a ConvokeError ever comes out. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  subscribeSchema,
  cancelSchema,
  eventsQuerySchema,
  openSchema,
  receiptSchema,
  sendSchema,
  sessionSchema,
  sessionsQuerySchema,
  validate,
  voteSchema,
} from '../../src/ingest/index.ts';
import { codeOf } from './codes.ts';

const schemas = { open: openSchema, send: sendSchema, cancel: cancelSchema, vote: voteSchema };

describe('fuzz', () => {
  const all = [
    ...Object.values(schemas),
    subscribeSchema,
    receiptSchema,
    sessionSchema,
    eventsQuerySchema,
    sessionsQuerySchema,
  ];

  test('any JSON is accepted or refused with a ConvokeError', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.jsonValue({ maxDepth: 6, noUnicodeString: false }),
        (schema, value) => {
          expect(['ok', 'invalid_request', 'invalid_cursor', 'too_deep', 'too_large']).toContain(
            codeOf(() => validate<unknown>(schema, value)),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  test('any value at all, functions and symbols included', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withTypedArray: true,
          withNullPrototype: true,
          withSparseArray: true,
        }),
        (schema, value) => {
          expect(codeOf(() => validate<unknown>(schema, value))).toMatch(
            /^(ok|invalid_request|invalid_cursor|too_deep|too_large)$/,
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a request with one field spoilt is accepted or refused with a ConvokeError', () => {
    const good = { session: 's', messageId: 'm', text: 'hi', from: 'x', policy: 'queue' };
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(good), '__proto__', 'toString', 'then'),
        fc.jsonValue(),
        (key, value) => {
          const spoilt: unknown = JSON.parse(
            `${JSON.stringify(good).slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(value)}}`,
          );
          expect(codeOf(() => validate(sendSchema, spoilt))).toMatch(
            /^(ok|invalid_request|too_deep|too_large)$/,
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
