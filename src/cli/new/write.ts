/** Writes a new project from its template. */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT, type PackageSources } from './packages.ts';
import { unusable, type ProjectPlace } from './place.ts';

const TEMPLATE = join(ROOT, 'templates/project');
/** What the template's texts call the project. */
const TEMPLATE_NAME = 'my-agents';
/** Where tarballs go, relative to the project. */
const TARBALLS = 'packages';

/** Throws `folder_unusable`. */
export function writeProject({ folder, name }: ProjectPlace, sources: PackageSources): void {
  try {
    mkdirSync(folder, { recursive: true });
    cpSync(TEMPLATE, folder, { recursive: true });
    // In the template they would mean the template itself.
    for (const file of readdirSync(folder)) {
      if (file.startsWith('_'))
        renameSync(join(folder, file), join(folder, file.replace(/^_(?=gitignore)/, '.').replace(/^_/, '')));
    }
    const readme = join(folder, 'README.md');
    writeFileSync(readme, readFileSync(readme, 'utf8').replaceAll(TEMPLATE_NAME, name));
    writeManifest({ folder, name }, sources);
  } catch (error) {
    throw unusable(folder, (error as Error).message);
  }
}

function writeManifest({ folder, name }: ProjectPlace, sources: PackageSources): void {
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: Record<string, string> };
  for (const [dependency, source] of Object.entries(sources)) {
    manifest.dependencies[dependency] = 'version' in source ? source.version : copied(folder, source.tarball);
  }
  writeFileSync(file, `${JSON.stringify({ ...manifest, name }, null, 2)}\n`);
}

/** Copied, so that the project can be moved, committed and installed elsewhere. */
function copied(folder: string, tarball: string): string {
  mkdirSync(join(folder, TARBALLS), { recursive: true });
  const path = join(TARBALLS, basename(tarball));
  copyFileSync(tarball, join(folder, path));
  return `file:${path}`;
}
