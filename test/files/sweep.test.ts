/** A sweep deletes what it can. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createSqliteArchive } from '../../src/archive/index.ts';
import { LIMITS } from '../../src/contracts/index.ts';
import { createFiles, openStore } from '../../src/files/index.ts';

test('one file that cannot be deleted keeps no other, is told, and is deleted once it can be', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'convoke-sweep-'));
  const archive = await createSqliteArchive(':memory:');
  const store = await openStore({ kind: 'folder', folder });
  let stuck = '';
  const files = createFiles({
    ...{ database: archive.database, limitsOf: () => ({}), ancestorsOf: async () => [] },
    store: {
      put: (key, content) => store.put(key, content),
      get: (key, range) => store.get(key, range),
      remove: async (key) => {
        if (key.endsWith(stuck)) throw new Error('not permitted');
        await store.remove(key);
      },
    },
  });
  const content = async function* () {
    yield Buffer.from('four');
  };
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const stored = await files.store(
      { tenant: 'acme', session: 's' },
      { name: 'a', contentType: 'text/plain' },
      content(),
    );
    ids.push(stored.info.file);
  }
  // Files are swept in the order of their ids.
  [stuck = ''] = ids.toSorted();
  const later = Date.now() + LIMITS.unusedFileMs + 1;
  await expect(files.sweep(later)).rejects.toMatchObject({ code: 'files_unavailable' });
  expect(await files.storedBytes('acme')).toBe(4);
  stuck = 'none';
  await files.sweep(later);
  expect(await files.storedBytes('acme')).toBe(0);
  await archive.close();
  await rm(folder, { recursive: true });
});
