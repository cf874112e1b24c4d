/** Text that grows is parsed piece by piece, and comes to what it is as a whole; nothing that is said breaks it. */
import { expect, test } from '@jest/globals';
import { Growing } from '../../console/src/shared/markdown/growing.ts';

const TEXT =
  'One\ntwo\n\n- a\n\n  more of a\n- b\n\n```ts\nlet x;\n\nlet y;\n```\n\n| h |\n| - |\n| c |\n\n[l][1]\r\n\r\n[1]: https://a.example\n';

test('whatever pieces it comes in, what is complete is the same object, and the end is that of the whole', () => {
  const whole = new Growing().take(TEXT, false);
  for (const size of [1, 3, 11]) {
    const growing = new Growing();
    let before = growing.take('', true);
    for (let end = size; end < TEXT.length; end += size) {
      const now = growing.take(TEXT.slice(0, end), true);
      // All but the last block, and blank lines behind it, may not change any more.
      const last = before.findLastIndex(({ type }) => type !== 'space');
      for (const [index, block] of before.slice(0, Math.max(0, last)).entries())
        expect(now[index]).toBe(block);
      before = now;
    }
    expect(growing.take(TEXT, false)).toEqual(whole);
  }
});

test('a replay that goes back is another text', () => {
  const growing = new Growing();
  growing.take('# One\n\n# Two\n\nThree', true);
  expect(growing.take('# On', true).map(({ raw }) => raw)).toEqual(['# On']);
});

test.each([
  ['nested quotations', '>'.repeat(30_000)],
  ['a block without an end', 'word '.repeat(10_000)],
  ['more than anybody reads', 'One.\n\n'.repeat(20_000)],
])('%s: shown as it is written', (_, text) => {
  expect(new Growing().take(text, false)).toMatchObject([{ type: 'text', text }]);
});
