import { expect, test } from '@jest/globals';
import { shownText } from '../../src/contracts/index.ts';

test.each([
  [{ from: 't17', leftOut: { from: 't1', upTo: 't16' } }, 'since turn 17; turns 1 to 16 are left out'],
  [{ from: 't2', leftOut: { from: 't1', upTo: 't1' } }, 'since turn 2; turn 1 is left out'],
  [{ from: 't9', leftOut: { from: 't1', upTo: 't9' } }, 'turns 1 to 9 are left out, the last in part'],
  [{ from: 't1', leftOut: { from: 't1', upTo: 't1' } }, 'turn 1 is left out in part'],
  [{ leftOut: { from: 't1', upTo: 't3' } }, 'saw only this turn; turns 1 to 3 are left out'],
  [
    { from: 't9', summary: { step: 't9.s1', upTo: 't8' } },
    'saw a summary of turns 1 to 8 and what was said since turn 9',
  ],
  [{ summary: { step: 't2.s1', upTo: 't1' } }, 'saw a summary of turn 1 and this turn'],
])('%j', (shown, sentence) => {
  expect(shownText(shown)).toContain(sentence);
});
