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

/** Packs both packages, and installs one of them. */
export function install(which: 'client' | 'convoke'): { readonly folder: string; readonly tarball: string } {
  const folder = mkdtempSync(join(tmpdir(), 'convoke-package-'));
  const tarballs = run(process.execPath, ['scripts/pack.mjs', join(folder, 'packed')], ROOT).split('\n');
  const tarball = tarballs[which === 'client' ? 0 : 1] ?? '';
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball], folder);
  return { folder, tarball };
}

/** Compiles files of the folder strictly, with the types of all dependencies. */
export function compile(folder: string, files: readonly string[]): void {
  const compilerOptions = {
    ...{ strict: true, skipLibCheck: false, noEmit: true, module: 'nodenext', target: 'es2024' },
    ...{ lib: ['es2024', 'dom'], types: [] },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], folder);
}
