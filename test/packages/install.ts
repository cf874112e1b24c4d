/** A package as somebody has it who installs it: from its tarball, in an empty folder. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the command writes; throws with all of it if it fails. */
export function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout.trim();
}

/** Packs both packages into a folder below a new one. */
function pack(): { readonly folder: string; readonly packed: string; readonly tarballs: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'convoke-package-'));
  const packed = join(folder, 'packed');
  return { folder, packed, tarballs: run(process.execPath, ['scripts/pack.mjs', packed], ROOT).split('\n') };
}

const INSTALL = ['install', '--no-audit', '--no-fund', '--prefer-offline'];

/** Packs both packages, and installs the client in an empty folder. */
export function installClient(): { readonly folder: string; readonly tarball: string } {
  const { folder, tarballs } = pack();
  const [tarball = ''] = tarballs;
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  run('npm', [...INSTALL, tarball], folder);
  return { folder, tarball };
}

/** Packs both packages, and installs them as a new project does. `folder` is to be removed at the end. */
export function installProject(name: string): { readonly folder: string; readonly project: string } {
  const { folder, packed } = pack();
  run(process.execPath, [join(ROOT, 'bin/convoke.mjs'), 'new', name, '--packages', packed], folder);
  const project = join(folder, name);
  run('npm', INSTALL, project);
  return { folder, project };
}

/** Arguments of `npx` that run a file in a Node of this major version, from npm. */
export function inNode(major: string, ...args: readonly string[]): readonly string[] {
  return ['--yes', '--prefer-offline', `node@${major}`, ...args];
}

/** Compiles files of the folder strictly, with the types of all dependencies. */
export function compile(folder: string, files: readonly string[]): void {
  const compilerOptions = {
    ...{ strict: true, skipLibCheck: false, noEmit: true, module: 'nodenext', target: 'es2024' },
    ...{ lib: ['es2024', 'dom'], types: [] },
  };
  writeFileSync(join(folder, 'tsconfig.tried.json'), JSON.stringify({ compilerOptions, files }));
  run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.tried.json'], folder);
}
