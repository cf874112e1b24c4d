/** The console is there at once: what its first load weighs, and what comes from where. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildConsole } from './stage.ts';

/** Promised: 170 kB. Measured: 112 kB, of which 60 are React and 22 the client. */
const MOST_BYTES = 125_000;
/** Of a page that is opened later. */
const MOST_PAGE_BYTES = 20_000;

let folder = '';
const weights = new Map<string, number>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convoke-console-'));
  await buildConsole(folder);
  for (const name of await readdir(folder))
    weights.set(name, gzipSync(await readFile(join(folder, name))).length);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the first load, compressed', async () => {
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  const first = [...weights.keys()].filter(
    (name) => name === 'index.html' || page.includes(`/console/${name}`),
  );
  expect(first.length).toBeGreaterThanOrEqual(4);
  const sessions = [...weights].filter(([name]) => /^(sessions|use-|format)/.test(name));
  const bytes = [...first.map((name) => weights.get(name)!), ...sessions.map(([, each]) => each)];
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(MOST_BYTES);
});

test('every page, and what draws Markdown, is loaded later and small', () => {
  const later = [...weights].filter(([name]) => /^(session|message|blocks)-/.test(name));
  expect(later.length).toBe(3);
  for (const [, bytes] of later) expect(bytes).toBeLessThan(MOST_PAGE_BYTES);
});

test('nothing comes from elsewhere, and nothing stands in the page itself', async () => {
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
  expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
});
