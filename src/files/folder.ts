/** Contents in a folder of this machine, or one that all machines have mounted. */
import { createReadStream } from 'node:fs';
import { mkdir, open, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FileStore } from './store.ts';

export function createFolderStore(folder: string): FileStore {
  const pathOf = (key: string): string => join(folder, ...key.split('/'));
  return {
    async put(key, content) {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true });
      // Keys are used once: what is there already is not ours. Flushed, so that it outlives the machine's power.
      // Opened first: what is removed after a failure is there by then.
      const handle = await open(path, 'wx');
      await pipeline(content, handle.createWriteStream({ flush: true }));
    },
    async get(key, range) {
      const handle = await open(pathOf(key));
      return createReadStream('', { fd: handle, ...(range && { start: range.from, end: range.to }) });
    },
    async remove(key) {
      const path = pathOf(key);
      await rm(path, { force: true });
      // The folder of the session and that of the tenant, if nothing else is in them.
      await rmdir(dirname(path))
        .then(() => rmdir(dirname(dirname(path))))
        .catch(() => undefined);
    },
  };
}
