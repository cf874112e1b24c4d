/** Files on both databases, and in a folder: the suites. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { openArchive } from '../../src/archive/index.ts';
import { openStore } from '../../src/files/index.ts';
import { erasedFilesSuite } from '../conformance/erased-files.suite.ts';
import { fileStoreSuite } from '../conformance/file-store.suite.ts';
import { filesSuite } from '../conformance/files.suite.ts';
import type { FilesUnderTest } from '../conformance/files.suite.ts';
import { startPostgres } from '../support/postgres.ts';
import type { TestPostgres } from '../support/postgres.ts';

let server: TestPostgres;
let folder: string;
beforeAll(async () => {
  [server, folder] = await Promise.all([startPostgres(), mkdtemp(join(tmpdir(), 'convoke-files-'))]);
}, 120_000);
afterAll(async () => {
  await Promise.all([server.stop(), rm(folder, { recursive: true })]);
});

async function contentsOf(place: string): Promise<readonly string[]> {
  const all = await readdir(place, { recursive: true }).catch(() => []);
  const files = await Promise.all(
    all.map(async (name) => ((await stat(join(place, name))).isFile() ? [name] : [])),
  );
  return files.flat().map((name) => relative(place, join(place, name)));
}

async function opened(url: string, name: string): Promise<FilesUnderTest> {
  const [one, other] = await Promise.all([openArchive(url), openArchive(url)]);
  const place = join(folder, name);
  return {
    ...{ database: one.database, other: other.database },
    store: await openStore({ kind: 'folder', folder: place }),
    erase: (ref) => one.erase(ref),
    stored: () => contentsOf(place),
    cleanup: async () => {
      await Promise.all([one.close(), other.close()]);
    },
  };
}

filesSuite('SQLite', () => opened(`sqlite://${folder}/archive.db`, 'one'));
filesSuite('PostgreSQL', () => opened(server.url, 'two'));
erasedFilesSuite('SQLite', () => opened(`sqlite://${folder}/archive.db`, 'one'));
erasedFilesSuite('PostgreSQL', () => opened(server.url, 'two'));
fileStoreSuite('a folder', async () => ({
  store: await openStore({ kind: 'folder', folder: join(folder, 'three') }),
  cleanup: async () => undefined,
}));
