/** Prometheus's own tool, which `node scripts/promtool.mjs` builds. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cacheFolder, isProgram } from '../../src/cli/setup/programs.ts';

const PROGRAM = join(cacheFolder(), 'promtool-3.13.5');

/** What it says. Throws that if it fails. */
export function promtool(...args: readonly string[]): string {
  if (!isProgram(PROGRAM)) throw new Error('There is no promtool: node scripts/promtool.mjs');
  const { status, stdout, stderr } = spawnSync(PROGRAM, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`promtool ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout + stderr;
}
