import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { formatPosition, parsePosition, START } from '../../src/contracts/index.ts';

test('a position that is written is read as it was', () => {
  const number = (digits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 10 ** digits - 1 });
  fc.assert(
    fc.property(number(15), number(12), (epoch, seq) => {
      expect(parsePosition(formatPosition({ epoch, seq }))).toEqual({ epoch, seq });
    }),
  );
  expect(parsePosition(formatPosition(START))).toEqual(START);
});

test.each([
  '',
  ':',
  '1',
  '1:',
  ':1',
  '1:2:3',
  '-1:2',
  '1.5:2',
  '1e3:2',
  ' 1:2',
  '1:2 ',
  '1:2\n',
  '0x1:2',
  '١:٢',
  `${'9'.repeat(16)}:1`,
  `1:${'9'.repeat(13)}`,
])('%j is no position', (text) => {
  expect(parsePosition(text)).toBeNull();
});
