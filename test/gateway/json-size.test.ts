/** Values and levels are counted as the guard counts them, whatever the document. */
import { expect, test } from '@jest/globals';
import { assert, json, property } from 'fast-check';
import { sizeOfJson } from '../../src/gateway/json-size.ts';
import type { JsonSize } from '../../src/gateway/json-size.ts';

const ANY: JsonSize = { values: Number.POSITIVE_INFINITY, depth: Number.POSITIVE_INFINITY };

function sizeOf(value: unknown): JsonSize {
  if (typeof value !== 'object' || value === null) return { values: 1, depth: 0 };
  const inside = Object.values(value).map(sizeOf);
  return {
    values: inside.reduce((sum, { values }) => sum + values, 1),
    depth: 1 + Math.max(0, ...inside.map(({ depth }) => depth)),
  };
}

test.each([
  ['{}', 1, 1],
  ['[ ]', 1, 1],
  ['[1, [], {"a": [2]}]', 6, 3],
  [String.raw`{"a,[{\"":"\\,[","b\\":","}`, 3, 1],
  ['[[1', 3, 2],
  ['"\\', 1, 0],
  ['', 1, 0],
])('%s has as many as are seen', (text, values, depth) => {
  expect(sizeOfJson(Buffer.from(text), ANY)).toEqual({ values, depth });
});

test('any document', () => {
  assert(
    property(json(), (text) => {
      const document: unknown = JSON.parse(text);
      const spaced = JSON.stringify(document, null, 2);
      for (const each of [text, spaced]) expect(sizeOfJson(Buffer.from(each), ANY)).toEqual(sizeOf(document));
    }),
  );
});

test('looks no further than is allowed', () => {
  const deep = Buffer.from('['.repeat(1_000));
  expect(sizeOfJson(deep, { values: 10, depth: 5 })).toEqual({ values: 6, depth: 6 });
  expect(sizeOfJson(deep, { values: 5, depth: 10 })).toEqual({ values: 6, depth: 6 });
});
