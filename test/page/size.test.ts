/** The page is there at once: what its first load weighs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';

const BUILDER = fileURLToPath(new URL('../../scripts/build-page.mjs', import.meta.url));
/** Measured: 77 kB, of which 28 are marked and DOMPurify, and 22 the client. */
const MOST_BYTES = 85_000;

test('everything that it loads, compressed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'convoke-page-'));
  try {
    const { buildPage } = (await import(BUILDER)) as { buildPage: (folder: string) => Promise<string> };
    await buildPage(folder);
    const files = await Promise.all(
      ['index.html', 'page.js', 'style.css'].map((name) => readFile(join(folder, name))),
    );
    const bytes = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
    expect(bytes).toBeLessThan(MOST_BYTES);
    // Nothing comes from elsewhere.
    expect(files[0]!.toString()).not.toMatch(/(src|href)="(https?:)?\/\//);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
