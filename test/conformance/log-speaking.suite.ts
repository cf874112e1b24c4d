/** Part of `log.suite.ts`: the text of open steps. */
import { expect, test } from '@jest/globals';
import type { SessionRef } from '../../src/contracts/index.ts';
import type { DeltaReply } from '../../src/log/index.ts';
import { beginning, cancelled, create, of, speaking, STEP, TURN } from '../log/drafts.ts';
import type { LogSubject } from './log.suite.ts';

const OK = { status: 'ok' };

/** Texts of many kinds, each in pieces as a model might send them. */
const SPEECHES: readonly (readonly [string, readonly string[]])[] = [
  ['spaces and line ends', [' ', '  two ', '\n', '\r\n', '\t end ']],
  ['several bytes for a character', ['Grü', 'ße ', '你', '好', ' é\u0301']],
  ['pairs of surrogates', ['👩‍👩', '‍👧', '𝒳𝒴', ' x']],
  ['format and pattern signs', ['%', '%d', '%1%%', '^$()[]', '*+-.?', '\\']],
  ['JSON', ['{"a":', '"\\"', '\\u0041', '\u2028/}', '"attempt":0']],
  ['controls', ['a\u0000b', '\u0000', '\u001b[0m', '\u007f']],
  ['what looks like a notice', ['E 1 2 {}', ' D 1 x 1 0 y', 'open-text:']],
];

export function speakingSuite(subject: LogSubject): void {
  const say = (ref: SessionRef, offset: number, text: string, attempt = 1): Promise<DeltaReply> =>
    subject.log.delta(ref, { step: STEP, attempt, offset, text });
  const textOf = async (ref: SessionRef): Promise<string | undefined> =>
    (await subject.other.read(ref, { limit: 1 }))?.open[0]?.text;

  test.each(SPEECHES)('keeps %s, in pieces whose offsets count UTF-16 units', async (_, pieces) => {
    const ref = subject.fresh();
    const known = await speaking(subject.log, ref, '');
    let said = '';
    for (const piece of pieces) {
      expect(await say(ref, said.length, piece)).toEqual(OK);
      expect(await say(ref, said.length, piece)).toEqual(OK);
      said += piece;
      expect(await textOf(ref)).toBe(said);
    }
    expect(await say(ref, said.length + 1, 'hole')).toEqual({ status: 'offset', offset: said.length });
    const end = of('ok', await subject.log.append(ref, { known, drafts: [cancelled()] }));
    expect(end.events).toMatchObject([{ type: 'step.cancelled', data: { reason: 'asked', text: said } }]);
  });

  test('half a surrogate pair becomes one replacement character: offsets stay right', async () => {
    const ref = subject.fresh();
    await speaking(subject.log, ref, '');
    expect(await say(ref, 0, 'a\ud83d')).toEqual(OK);
    expect(await say(ref, 2, 'b')).toEqual(OK);
    expect(await textOf(ref)).toBe('a\ufffdb');
    expect(await say(ref, 3, '!')).toEqual(OK);
  });

  test('reasoning has offsets of its own, is kept beside the text and comes with the end', async () => {
    const ref = subject.fresh();
    const known = await speaking(subject.log, ref, '');
    const think = (offset: number, text: string, attempt = 1): Promise<DeltaReply> =>
      subject.log.delta(ref, { step: STEP, attempt, offset, text, part: 'reasoning' });
    expect(await think(0, 'Let me 👩‍👩 ')).toEqual(OK);
    expect(await say(ref, 0, 'Hello')).toEqual(OK);
    expect(await think(0, 'Let me')).toEqual(OK);
    expect(await think(10, 'see me')).toEqual({ status: 'offset', offset: 13 });
    expect(await think(13, 'see.')).toEqual(OK);
    expect(await say(ref, 17, '!')).toEqual({ status: 'offset', offset: 5 });
    const reasoning = 'Let me 👩‍👩 see.';
    expect((await subject.other.read(ref, { limit: 1 }))?.open).toMatchObject([{ text: 'Hello', reasoning }]);

    of('begun', await subject.log.begin(ref, beginning(known, { owner: 'second' })));
    expect(await think(17, 'late')).toEqual({ status: 'fenced', attempt: 2 });
    const [open] = (await subject.other.read(ref, { limit: 1 }))!.open;
    expect(open).toEqual({ step: STEP, turn: TURN, agent: 'writer', attempt: 2, text: '' });

    expect(await think(0, 'Again.', 2)).toEqual(OK);
    const end = of('ok', await subject.log.append(ref, { known, drafts: [cancelled()] }));
    expect(end.events).toMatchObject([{ data: { reason: 'asked', text: '', reasoning: 'Again.' } }]);
    expect(await think(6, 'x', 2)).toEqual({ status: 'closed' });
    expect((await subject.log.read(ref, { limit: 1 }))?.open).toEqual([]);
  });

  test('what is sent again changes nothing; what would leave a hole or overlaps the end is told the end', async () => {
    const ref = subject.fresh();
    await speaking(subject.log, ref, 'Hello');
    expect(await say(ref, 0, 'Hello')).toEqual(OK);
    expect(await say(ref, 2, 'llo')).toEqual(OK);
    expect(await say(ref, 0, '')).toEqual(OK);
    expect(await say(ref, 5, '')).toEqual(OK);
    expect(await say(ref, 3, 'lo, world')).toEqual({ status: 'offset', offset: 5 });
    expect(await say(ref, 6, '!')).toEqual({ status: 'offset', offset: 5 });
    expect(await textOf(ref)).toBe('Hello');
    expect(await say(ref, 5, ', world')).toEqual(OK);
    expect(await textOf(ref)).toBe('Hello, world');
  });

  test('an attempt that has not begun, a step that has not, and a session without a log take no text', async () => {
    const ref = subject.fresh();
    expect(await say(ref, 0, 'x')).toEqual({ status: 'lost' });
    await create(subject.log, ref);
    expect(await say(ref, 0, 'x')).toEqual({ status: 'closed' });
    await speaking(subject.log, ref, 'Hello');
    expect(await say(ref, 5, 'x', 2)).toEqual({ status: 'closed' });
    expect(await textOf(ref)).toBe('Hello');
  });

  test('a step that has ended takes no text', async () => {
    const ref = subject.fresh();
    const known = await speaking(subject.log, ref, 'Hello');
    await subject.log.append(ref, { known, drafts: [cancelled()] });
    expect(await say(ref, 5, '!')).toEqual({ status: 'closed' });
    expect(await subject.other.read(ref, { limit: 1 })).toMatchObject({ open: [] });
  });

  test('of the same text sent by ten callers at once, one piece stays', async () => {
    const ref = subject.fresh();
    await speaking(subject.log, ref, '');
    const words = Array.from({ length: 20 }, (_, index) => `word${index} `);
    let offset = 0;
    for (const word of words) {
      const at = offset;
      const replies = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 ? subject.log : subject.other).delta(ref, {
            step: STEP,
            attempt: 1,
            offset: at,
            text: word,
          }),
        ),
      );
      expect(replies).toEqual(Array(10).fill(OK));
      offset += word.length;
    }
    expect(await textOf(ref)).toBe(words.join(''));
  });

  test('steps that speak at the same time do not mix', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const steps = ['t1.1', 't1.2', 't1.10', 't11.1', 'a:b', 'm'];
    for (const step of steps) of('begun', await subject.log.begin(ref, beginning(known, { step, lead: [] })));
    for (let offset = 0; offset < 10; offset += 1) {
      const pieces = steps.map((step, index) => ({ step, attempt: 1, offset, text: String(index) }));
      await Promise.all(pieces.map((piece) => subject.log.delta(ref, piece)));
    }
    const open = (await subject.log.read(ref, { limit: 1 }))!.open;
    expect(new Map(open.map(({ step, text }) => [step, text]))).toEqual(
      new Map(steps.map((step, index) => [step, String(index).repeat(10)])),
    );
  });
}
