/** Which of an agent's words go to the log before its end. */
import { expect, test } from '@jest/globals';
import { DeltaWriter } from '../../activities/delta-writer.ts';
import { eventually } from '../support/process.ts';

function writerTo(sent: string[]): DeltaWriter {
  const sink = {
    async send({ text }: { text: string }) {
      sent.push(text);
      return { status: 'ok' } as const;
    },
    reopen: async () => true,
  };
  return new DeltaWriter(sink, (error) => {
    throw error;
  });
}

test('each word of an agent that streams, the last one too', async () => {
  const sent: string[] = [];
  const writer = writerTo(sent);
  writer.write('one ');
  await eventually('it is sent', () => sent.length === 1);
  writer.write('two');
  await writer.stop();
  expect(sent).toEqual(['one ', 'two']);
});

test('none of an agent that says all at once', async () => {
  const sent: string[] = [];
  const writer = writerTo(sent);
  writer.write('one ');
  writer.write('two');
  await writer.stop();
  expect(sent).toEqual([]);
  expect(writer.text).toBe('one two');
});
