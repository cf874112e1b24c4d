/** The files of a configuration: all that it imports of one's own, and nothing of anybody else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { filesOf } from '../../src/project/files.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'convoke-files-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(files: Readonly<Record<string, string>>): readonly string[] {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return filesOf(join(folder, 'convoke.config.ts'));
}

test('imports are followed all the way, in every way of writing them', () => {
  const files = write({
    'convoke.config.ts': `
      import { agent } from 'convoke';
      import { a } from './a.ts';
      import "./b.js";
      export { c } from './c/index.ts'
      const later = await import('./d');
      export default defineConfig({ teams: 'teams.ts' });`,
    'a.ts': `import { e } from './deep/e.mts'; import { a } from './convoke.config.ts';`,
    'b.ts': `const words = require('./words.json');`,
    'c/index.ts': `import x from '../node_modules/x/index.js';`,
    'd/index.ts': '',
    'deep/e.mts': `import { z } from 'zod';`,
    'words.json': '{ "from": "./not-a-file" }',
    'teams.ts': '',
    'node_modules/x/index.js': '',
  });
  expect(files.map((file) => file.slice(folder.length + 1)).sort()).toEqual(
    [
      'a.ts',
      'b.ts',
      'c/index.ts',
      'convoke.config.ts',
      'd/index.ts',
      'deep/e.mts',
      'teams.ts',
      'words.json',
    ].sort(),
  );
});

test('a file that is broken is followed too, and one that is missing is listed', () => {
  const files = write({
    'convoke.config.ts': `import { a } from './a.ts'; import {{{`,
    'a.ts': `from './gone.ts'`,
  });
  expect(files).toEqual(['convoke.config.ts', 'a.ts', 'gone.ts'].map((name) => join(folder, name)));
});

test('a configuration that is not there has no further files', () => {
  expect(filesOf(join(folder, 'none.ts'))).toEqual([join(folder, 'none.ts')]);
});
