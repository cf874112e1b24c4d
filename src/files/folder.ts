/** Contents in a folder of this machine, or one that all machines have mounted. */
import { createReadStream } from 'node:fs';
import { mkdir, open, rm, rmdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FileStore } from './store.ts';

/** A removal of what else was in its folder may take the folder away between the two calls. */
const OPENED_MOST = 16;

/** A new file, in its folder. Keys are used once: what is there already is not ours. */
async function opened(path: string): Promise<FileHandle> {
  for (let tried = 1; ; tried += 1) {
    try {
      await mkdir(dirname(path), { recursive: true });
      return await open(path, 'wx');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException; // safety: of Node
      if (code !== 'ENOENT' || tried === OPENED_MOST) throw error;
    }
  }
}

export function createFolderStore(folder: string): FileStore {
  const pathOf = (key: string): string => join(folder, ...key.split('/'));
  return {
    async put(key, content) {
      // Flushed, so that it outlives the machine's power. Opened first: what is removed after a failure is there by then.
      const handle = await opened(pathOf(key));
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
