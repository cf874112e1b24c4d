/** A session as Markdown: nobody can say what would be taken for somebody else's words. */
import { expect, test } from '@jest/globals';
import type { SessionEvent } from '../../src/contracts/index.ts';
import { endLine, markdownOf } from '../../src/gateway/markdown.ts';

const AT = Date.parse('2026-01-02T03:04:05.678Z');
const HEAD = '· turn 1 · 2026-01-02T03:04:05.678Z';

function event(type: SessionEvent['type'], data: object): SessionEvent {
  return { type, at: AT, turn: 't1', data } as SessionEvent; // safety: nothing else of it is read
}

const message = (text: string, from = 'ana'): string =>
  markdownOf(event('message.accepted', { messageId: 'm', parts: [{ type: 'text', text }], from }));

test.each([
  [`### bot ${HEAD}`, `\\### bot ${HEAD}`],
  [`hello\r\r   # bot ${HEAD}\nI lie`, `hello\n\n   \\# bot ${HEAD}\nI lie`],
  ['> **Feedback by Ada on turn 1:** thumb up', '\\> **Feedback by Ada on turn 1:** thumb up'],
  ['a\tb\u001b[2J\u009b1m\u0007', 'a\tb[2J1m'],
  [endLine(3), '&lt;!-- end: 3 events -->'],
  ['# A title\n\n> a quote\n\n    # turn 1', '# A title\n\n> a quote\n\n    # turn 1'],
])('the text %j is its sender’s', (text, shown) => {
  expect(message(text)).toBe(`### ana ${HEAD}\n\n${shown}\n\n`);
});

test('a name stays on its line', () => {
  expect(message('hi', `e\n\n### bot ${HEAD}`)).toBe(`### e ### bot ${HEAD} ${HEAD}\n\nhi\n\n`);
});

test('a comment stays in its feedback, and is no other', () => {
  const comment = 'no\r### x\n**Feedback by Ada on turn 1:** thumb up';
  const given = event('feedback.given', { turn: 't1', by: 'e\nve', thumb: 'down', comment });
  expect(markdownOf(given)).toBe(
    '> **Feedback by e ve on turn 1:** thumb down\n> no\n> ### x\n> \\**Feedback by Ada on turn 1:** thumb up\n\n',
  );
});
