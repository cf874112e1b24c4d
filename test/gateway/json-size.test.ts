/** Values and levels are counted as the guard counts them, whatever the document. */
import { expect, test } from '@jest/globals';
import { assert, json, property } from 'fast-check';
import { sizeOfJson } from '../../src/gateway/json-size.ts';
import type { JsonSize } from '../../src/gateway/json-size.ts';

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
  expect(sizeOfJson(Buffer.from(text))).toEqual({ values, depth });
});

test('any document', () => {
  assert(
    property(json(), (text) => {
      const document: unknown = JSON.parse(text);
      const spaced = JSON.stringify(document, null, 2);
      for (const each of [text, spaced]) expect(sizeOfJson(Buffer.from(each))).toEqual(sizeOf(document));
    }),
  );
});
