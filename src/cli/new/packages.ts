/** Where a new project gets `convoke` and `@convoke/client` from: the registry, or tarballs that go into the project. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CliError } from '../failure.ts';

/** The package's own folder, from the build and from the sources. */
const ROOTS = ['../../../../', '../../../'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
export const ROOT = ROOTS.find((root) => existsSync(join(root, 'templates/project'))) ?? '';
/** In a checkout only: cuts the tarballs. */
const PACK = join(ROOT, 'scripts/pack.mjs');
const PACKAGES = { convoke: /^convoke-\d.*\.tgz$/, '@convoke/client': /^convoke-client-\d.*\.tgz$/ } as const;
type PackageName = keyof typeof PACKAGES;

/** Each package: its exact version in the registry, or the tarball to be copied. */
export type PackageSources = Readonly<
  Record<PackageName, { readonly version: string } | { readonly tarball: string }>
>;

/**
 * Calls `use` with the sources. `given`: a folder with both tarballs; without it a checkout cuts them, because what it has is in no registry.
 * Throws `packages_missing`, `packages_failed`, and what `use` throws.
 */
export async function withPackages<T>(
  given: string | undefined,
  use: (sources: PackageSources, cut: boolean) => T,
): Promise<T> {
  if (given !== undefined) return use(tarballsIn(resolve(given)), false);
  if (!existsSync(PACK)) {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    return use({ convoke: { version }, '@convoke/client': { version } }, false);
  }
  const folder = mkdtempSync(join(tmpdir(), 'convoke-packages-'));
  try {
    await cut(folder);
    return use(tarballsIn(folder), true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function cut(folder: string): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [PACK, folder], { cwd: ROOT });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? '';
    throw new CliError(
      'packages_failed',
      `The packages could not be cut from ${ROOT}: ${said || String(error)} Run "npm ci" and "npm run build" there, then "node scripts/pack.mjs".`,
    );
  }
}

function tarballsIn(folder: string): PackageSources {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const found = Object.entries(PACKAGES).map(([name, pattern]) => {
    const [file, another] = files.filter((each) => pattern.test(each));
    if (file === undefined || another !== undefined) {
      const what = file === undefined ? 'no tarball' : 'several tarballs';
      throw new CliError(
        'packages_missing',
        `There is ${what} of ${name} in ${folder}: "node scripts/pack.mjs FOLDER" in a checkout of Convoke writes both.`,
      );
    }
    return [name, { tarball: join(folder, file) }] as const;
  });
  return Object.fromEntries(found) as PackageSources; // safety: one for each name
}
