/** Watches files: their folders, because editors put a new file in the place of the old one. */
import { existsSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Changes that follow each other so closely are one: editors and `git checkout` write several files, ms. */
const TOGETHER_MS = 100;

/** A file that is watched, or any file of a folder that `isMeant` knows by its name. */
export interface Watched {
  readonly files: readonly string[];
  readonly folder: string;
  readonly isMeant: (name: string) => boolean;
}

/** Calls `changed` with what has changed, until the returned function is called. A folder that is not there is not watched. */
export function watchFiles(
  { files, folder, isMeant }: Watched,
  changed: (files: readonly string[]) => void,
): () => void {
  const names = Map.groupBy(files, (file) => dirname(file));
  const seen = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    const all = [...seen];
    seen.clear();
    changed(all);
  };
  const watchers = [...new Set([folder, ...names.keys()])].filter(existsSync).map((place) => {
    const known = new Set((names.get(place) ?? []).map((file) => basename(file)));
    const watcher = watch(place, { persistent: false }, (_, name) => {
      if (name === null || !(known.has(name) || (place === folder && isMeant(name)))) return;
      seen.add(join(place, name));
      clearTimeout(timer);
      timer = setTimeout(tell, TOGETHER_MS);
    });
    // The folder has gone: the check that follows says so.
    watcher.on('error', () => watcher.close());
    return watcher;
  });
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
