/** `convoke new`: what it refuses, and that what it writes has the versions of this project. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { withPackages } from '../../src/cli/new/packages.ts';
import type { PackageSources } from '../../src/cli/new/packages.ts';
import { placeOf } from '../../src/cli/new/place.ts';
import { writeProject } from '../../src/cli/new/write.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'convoke-new-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const manifestOf = (path: string): Record<string, Record<string, string>> =>
  JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, string>>;

test.each(['My-Agents', '.hidden', 'two words', 'convoke', 'node_modules', 'a'.repeat(101), 'ünder'])(
  'a name that npm would refuse is refused, with one that it would not: %s',
  (name) => {
    expect(() => placeOf(name, folder)).toThrow(
      expect.objectContaining({
        code: 'name_invalid',
        message: expect.stringContaining('for example my-agents'),
      }),
    );
  },
);

test('nothing is written where something is', () => {
  mkdirSync(join(folder, 'used'));
  writeFileSync(join(folder, 'used/notes.txt'), 'mine');
  writeFileSync(join(folder, 'file'), 'mine');
  for (const name of ['used', 'file'])
    expect(() => placeOf(name, folder)).toThrow(expect.objectContaining({ code: 'folder_not_empty' }));
  expect(readdirSync(join(folder, 'used'))).toEqual(['notes.txt']);
});

test('an empty folder, one with a repository only, and a path are fine', () => {
  mkdirSync(join(folder, 'fresh/.git'), { recursive: true });
  expect(placeOf('fresh', folder)).toEqual({ folder: join(folder, 'fresh'), name: 'fresh' });
  expect(placeOf('.', join(folder, 'fresh'))).toEqual({ folder: join(folder, 'fresh'), name: 'fresh' });
  expect(placeOf('../deep/er', join(folder, 'fresh'))).toEqual({
    folder: join(folder, 'deep/er'),
    name: 'er',
  });
});

test('tarballs that are not there are missed before anything is written', async () => {
  const use = (): never => {
    throw new Error('It is not called.');
  };
  await expect(withPackages(folder, use)).rejects.toMatchObject({ code: 'packages_missing' });
  for (const version of ['0.1.0', '0.2.0']) writeFileSync(join(folder, `convoke-${version}.tgz`), '');
  await expect(withPackages(folder, use)).rejects.toThrow(/several tarballs of convoke in/);
});

test('a project has its name, exact versions that are those of this project, and copies of its tarballs', () => {
  writeFileSync(join(folder, 'convoke-0.1.0.tgz'), 'packed');
  const sources: PackageSources = {
    convoke: { tarball: join(folder, 'convoke-0.1.0.tgz') },
    '@convoke/client': { version: '0.1.0' },
  };
  const place = placeOf('demo', folder);
  writeProject(place, sources);
  const { name, dependencies, devDependencies } = manifestOf(join(place.folder, 'package.json'));
  expect(name).toBe('demo');
  expect(dependencies).toMatchObject({
    convoke: 'file:packages/convoke-0.1.0.tgz',
    '@convoke/client': '0.1.0',
  });
  expect(readFileSync(join(place.folder, 'packages/convoke-0.1.0.tgz'), 'utf8')).toBe('packed');
  expect(readFileSync(join(place.folder, 'README.md'), 'utf8')).toMatch(/^# demo\n/);
  const ours = manifestOf(join(ROOT, 'package.json'));
  const { convoke: _, '@convoke/client': __, ...others } = { ...dependencies, ...devDependencies };
  for (const [dependency, version] of Object.entries(others))
    expect([dependency, version]).toEqual([
      dependency,
      { ...ours['dependencies'], ...ours['devDependencies'] }[dependency],
    ]);
  expect(readdirSync(place.folder).filter((file) => file.startsWith('_'))).toEqual([]);
});
