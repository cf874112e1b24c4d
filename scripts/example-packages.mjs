/** The packages of an example's own, as its lock file says. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What npm has to do for an example's folder; null: nothing, it needs none or has them. */
export function missingPackages(folder) {
  const lock = join(folder, 'package-lock.json');
  const installed = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(lock)) return null;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return null;
  return ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline', '--prefix', folder];
}
