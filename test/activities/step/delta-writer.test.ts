/** Which of an agent's words go to the log before its end. */
import { describe, expect, test } from '@jest/globals';
import { DeltaWriter, type DeltaSink } from '../../../activities/step/delta-writer.ts';
import type { DeltaReply } from '../../../src/log/index.ts';
import { eventually } from '../../support/process.ts';

type Sent = { readonly offset: number; readonly text: string; readonly part?: 'reasoning' };

const unexpected = (error: unknown): never => {
  throw error;
};

function writerTo(
  sent: Sent[],
  more: Partial<DeltaSink> = {},
  onError: (error: unknown) => void = unexpected,
) {
  const sink: DeltaSink = {
    async send(delta) {
      sent.push(delta);
      return { status: 'ok' };
    },
    reopen: async () => true,
    ...more,
  };
  return new DeltaWriter(sink, onError);
}

const texts = (sent: readonly Sent[]): string[] => sent.map(({ text }) => text);

describe('what is sent', () => {
  test('is each word of an agent that streams, the last one too', async () => {
    const sent: Sent[] = [];
    const writer = writerTo(sent);
    writer.write('text', 'one ');
    await eventually('it is sent', () => sent.length === 1);
    writer.write('text', 'two');
    await writer.stop();
    expect(sent).toEqual([
      { offset: 0, text: 'one ' },
      { offset: 4, text: 'two' },
    ]);
  });

  test('is nothing of an agent that says all at once', async () => {
    const sent: Sent[] = [];
    const writer = writerTo(sent);
    writer.write('text', 'one ');
    writer.write('text', 'two');
    await writer.stop();
    expect(sent).toEqual([]);
    expect(writer.text).toBe('one two');
  });

  test('is all of it, at once and unawaited, if its end comes later', async () => {
    const sent: Sent[] = [];
    const send: DeltaSink['send'] = (delta) => {
      sent.push(delta);
      return Promise.withResolvers<DeltaReply>().promise;
    };
    const writer = writerTo(sent, { send });
    writer.write('text', 'one ');
    writer.write('reasoning', 'hm');
    writer.write('text', 'two');
    await writer.stop(true);
    expect(sent).toEqual([
      { offset: 0, text: 'hm', part: 'reasoning' },
      { offset: 0, text: 'one two' },
    ]);
  });

  test('is reasoning before the text, each with offsets of its own', async () => {
    const sent: Sent[] = [];
    const writer = writerTo(sent);
    writer.write('reasoning', 'hm ');
    writer.write('text', 'one ');
    await eventually('both are sent', () => sent.length === 2);
    writer.write('text', 'two');
    writer.write('reasoning', 'ha');
    await eventually('all is sent', () => sent.length === 4);
    await writer.stop();
    expect(sent).toEqual(
      [
        { offset: 0, text: 'hm ', part: 'reasoning' },
        { offset: 0, text: 'one ' },
        { offset: 3, text: 'ha', part: 'reasoning' },
        { offset: 4, text: 'two' },
      ].toSorted(
        (a, b) => sent.findIndex((s) => s.text === a.text) - sent.findIndex((s) => s.text === b.text),
      ),
    );
    expect([writer.reasoning, writer.text]).toEqual(['hm ha', 'one two']);
  });

  test('is joined while a call is under way', async () => {
    const sent: Sent[] = [];
    const slow = Promise.withResolvers<DeltaReply>();
    const send: DeltaSink['send'] = (delta) => {
      sent.push(delta);
      return sent.length === 1 ? slow.promise : Promise.resolve({ status: 'ok' });
    };
    const writer = writerTo(sent, { send });
    writer.write('text', '1');
    await eventually('the first is under way', () => sent.length === 1);
    for (const text of ['2', '3', '4']) writer.write('text', text);
    slow.resolve({ status: 'ok' });
    await eventually('the rest is sent', () => sent.length === 2);
    await writer.stop();
    expect(texts(sent)).toEqual(['1', '234']);
  });

  test('is not left behind, whenever a word comes', async () => {
    // However many turns of the microtask queue after the call before it.
    for (let turns = 0; turns < 16; turns += 1) {
      const sent: Sent[] = [];
      let writer: DeltaWriter | null = null;
      const send: DeltaSink['send'] = (delta) => {
        sent.push(delta);
        const reply = Promise.resolve<DeltaReply>({ status: 'ok' });
        let later: Promise<unknown> = reply;
        for (let n = 0; n < turns; n += 1) later = later.then(() => undefined);
        if (sent.length === 1) void later.then(() => writer?.write('text', 'two'));
        return reply;
      };
      writer = writerTo(sent, { send });
      writer.write('text', 'one ');
      await eventually(`"two" is sent, ${turns} turns later`, () => sent.length === 2, 200);
      await writer.stop();
      expect(texts(sent)).toEqual(['one ', 'two']);
    }
  });
});

describe('a log that does not take it', () => {
  test('gets what it lacks, from where its text ends', async () => {
    const sent: Sent[] = [];
    const replies: DeltaReply[] = [{ status: 'ok' }, { status: 'offset', offset: 2 }];
    const send: DeltaSink['send'] = async (delta) => {
      sent.push(delta);
      return replies.shift() ?? { status: 'ok' };
    };
    const writer = writerTo(sent, { send });
    writer.write('text', 'one ');
    await eventually('it is sent', () => sent.length === 1);
    writer.write('text', 'two');
    await eventually('it is sent again', () => sent.length === 3);
    await writer.stop();
    expect(sent.at(-1)).toEqual({ offset: 2, text: 'e two' });
  });

  test.each([
    [true, ['one ', 'one two']],
    [false, ['one ']],
  ])('is opened again (%s), or left alone', async (open, expected) => {
    const sent: Sent[] = [];
    const replies: DeltaReply[] = [{ status: 'closed' }, { status: 'offset', offset: 0 }];
    let reopened = 0;
    const writer = writerTo(sent, {
      send: async (delta) => {
        sent.push(delta);
        return replies.shift() ?? { status: 'ok' };
      },
      reopen: async () => {
        reopened += 1;
        writer.write('text', 'two');
        return open;
      },
    });
    writer.write('text', 'one ');
    await eventually('it was opened', () => reopened === 1);
    if (open) await eventually('all is sent', () => texts(sent).at(-1) === 'one two');
    await writer.stop();
    expect([...new Set(texts(sent))].slice(0, 2)).toEqual(expected);
    expect(writer.text).toBe('one two');
  });

  test('that throws is told of once, and nothing more is sent', async () => {
    const errors: unknown[] = [];
    const sent: Sent[] = [];
    const broken = new Error('broken');
    const send: DeltaSink['send'] = (delta) => {
      sent.push(delta);
      return Promise.reject(broken);
    };
    const writer = writerTo(sent, { send }, (error) => errors.push(error));
    writer.write('text', 'one ');
    await eventually('it is told', () => errors.length === 1);
    writer.write('text', 'two');
    await writer.stop();
    expect(errors).toEqual([broken]);
    expect(texts(sent)).toEqual(['one ']);
    expect(writer.text).toBe('one two');
  });
});
