/** What a file may be called: its name ends up in headers, and on disks of whoever downloads it. */
import { expect, test } from '@jest/globals';
import { isFileName } from '../../src/files/index.ts';

test.each(['a', '...', '.env', 'a..b', 'Bericht März.pdf', '😀.png'])('%j is a name', (name) => {
  expect(isFileName(name)).toBe(true);
});

test.each([
  '',
  '.',
  '..',
  'a/b',
  '../a',
  'a\\b',
  'a\nb',
  'a\u2028b',
  'a\u202egpj.exe',
  '\ud800',
  'a'.repeat(256),
])('%j is none', (name) => {
  expect(isFileName(name)).toBe(false);
});
