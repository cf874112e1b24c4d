import { expect, test } from '@jest/globals';
import { filesIn, LIMITS, readableText } from '../../src/contracts/index.ts';
import type { FilePart } from '../../src/contracts/index.ts';

const part = (file: string): FilePart => ({
  ...{ type: 'file', file, name: 'a "b".png', contentType: 'image/png', bytes: 3, sha256: 'x' },
});

test('a message is readable as its text, and a line for each file', () => {
  expect(readableText([{ type: 'text', text: 'see' }, part('f_1'), { type: 'data', data: {} }])).toBe(
    'see\n[file "a \\"b\\".png", image/png, 3 bytes, id f_1]',
  );
  expect(readableText([part('f_1')])).toMatch(/^\[file/);
});

test('the files of a result are found wherever they stand in its JSON, each once', () => {
  expect(filesIn(JSON.stringify({ rows: 3, deep: [{ chart: part('f_1') }], report: part('f_2') }))).toEqual([
    part('f_1'),
    part('f_2'),
  ]);
  expect(filesIn(`Here it is:\n${JSON.stringify(part('f_1'))}\n${JSON.stringify(part('f_1'))}`)).toEqual([
    part('f_1'),
  ]);
  for (const none of ['', 'text', 'null', '{"type":"file"}', '[', '{"type":"file","file":1}'])
    expect(filesIn(none)).toEqual([]);
  const many = Array.from({ length: 100 }, (_, index) => part(`f_${index}`));
  expect(filesIn(JSON.stringify(many))).toHaveLength(LIMITS.resultFiles);
});
