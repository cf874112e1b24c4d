import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonBytes } from '../../src/contracts/index.ts';

test('sizes are those of the UTF-8 that is stored, also with half of a surrogate pair', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\ud800', '語', 'é', '😀', 'a\udc00b'),
  );
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      expect(jsonBytes(texts)).toBe(Buffer.byteLength(JSON.stringify(texts)));
    }),
  );
});
