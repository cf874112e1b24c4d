import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { formatPosition, isAfter, parsePosition, START } from '../../src/contracts/index.ts';

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

test('positions are in one order, and a later epoch comes after everything before it', () => {
  const positions = [START, { epoch: 1, seq: 1 }, { epoch: 1, seq: 2 }, { epoch: 2, seq: 0 }];
  for (const [left, a] of positions.entries())
    for (const [right, b] of positions.entries()) expect(isAfter(a, b)).toBe(left > right);
});
