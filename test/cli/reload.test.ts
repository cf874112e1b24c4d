/** What `convoke dev` makes of changes: checked first, one after the other, none missed, nothing replaced without need. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CheckedConfig } from '../../src/cli/commands/check.ts';
import { Reloader } from '../../src/cli/dev/reload.ts';
import type { ReloadNews } from '../../src/cli/dev/reload.ts';
import { CliError } from '../../src/cli/failure.ts';
import { eventually } from '../support/process.ts';

let folder: string;
let news: ReloadNews[];
let replaced: number;
let reloader: Reloader | undefined;
/** Instead of a replacement that works at once. */
let replace: () => Promise<void>;
/** What the check finds wrong. */
let error: CheckedConfig['error'];

const file = (name = 'convoke.config.ts'): string => join(folder, name);
const checked = (): CheckedConfig => ({
  ...{ file: file(), files: [file(), file('agents.ts')], agents: [], tools: [], teams: [] },
  ...(error && { error }),
});
const told = async (...what: ReloadNews['what'][]): Promise<void> => {
  await eventually(what.join(), () => news.length >= what.length);
  expect(news.map((each) => each.what)).toEqual(what);
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'convoke-reload-'));
  [news, replaced, error] = [[], 0, undefined];
  replace = async () => undefined;
  writeFileSync(file(), 'one');
  reloader = reloading((each) => news.push(each));
});

function reloading(tell: (each: ReloadNews) => void): Reloader {
  return new Reloader(checked(), {
    ...{ folder, tell },
    check: async () => checked(),
    replace: async () => {
      replaced += 1;
      await replace();
    },
  });
}

afterEach(async () => {
  await reloader?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a change that comes while the stack starts is dealt with once it runs', async () => {
  const seen: ReloadNews[] = [];
  const witness = reloading((each) => seen.push(each));
  witness.begin();
  writeFileSync(file(), 'two');
  await eventually('whoever has begun has dealt with it', () => seen.length === 1);
  await witness.stop();
  expect(news).toEqual([]);
  reloader?.begin();
  await told('replaced');
  expect(news).toMatchObject([{ changed: [file()] }]);
});

test('a change during a replacement leads to another one, with a file that was not there before', async () => {
  reloader?.begin();
  replace = async () => {
    replace = async () => undefined;
    writeFileSync(file('agents.ts'), 'new');
    await eventually('the change is seen', () => replaced === 1);
  };
  writeFileSync(file(), 'two');
  await told('replaced', 'replaced');
  expect(news[1]).toMatchObject({ changed: [file('agents.ts')] });
});

test('what is wrong is told, and replaces nothing; put back, it is mended', async () => {
  reloader?.begin();
  error = { code: 'config_invalid', message: 'convoke.config.ts:1: No.' };
  writeFileSync(file(), 'wrong');
  await told('wrong');
  expect(news).toEqual([{ what: 'wrong', failure: error }]);
  error = undefined;
  writeFileSync(file(), 'one');
  await told('wrong', 'mended');
  expect(replaced).toBe(0);
});

test('a worker that does not start is told, and the next change tries again, even back to what was', async () => {
  reloader?.begin();
  replace = async () => {
    throw new CliError('start_failed', 'worker-1 did not start.');
  };
  writeFileSync(file(), 'two');
  await told('wrong');
  expect(news).toMatchObject([{ failure: { code: 'start_failed' } }]);
  replace = async () => undefined;
  writeFileSync(file(), 'one');
  await told('wrong', 'replaced');
});

test('other files of the folder are not watched', async () => {
  reloader?.begin();
  writeFileSync(file('notes.txt'), 'mine');
  writeFileSync(file(), 'two');
  await told('replaced');
  expect(news).toMatchObject([{ changed: [file()] }]);
});
