/** Finds Redis or Valkey, or installs it if that needs no password. */
import { CliError } from '../failure.ts';
import { findOnPath, installCommand, installPackage, run } from './programs.ts';
import type { Environment } from '../environment.ts';
import type { PackageNames, Progress } from './programs.ts';

const PACKAGE: PackageNames = { apt: 'redis-server', dnf: 'valkey', brew: 'redis' };
const SERVERS = ['redis-server', 'valkey-server'];

export function findRedis(env: Environment = process.env): string | null {
  return findOnPath(SERVERS, env);
}

/** The session log needs Redis 7 (sharded channels); every version of Valkey has them. */
const OLDEST_REDIS = 7;
const VERSION_MS = 5_000;

/** The version of a server; `tooOld` if it is a Redis that the session log cannot use. */
export async function redisVersion(
  program: string,
): Promise<{ readonly version: string; readonly tooOld: boolean }> {
  const { output } = await run(program, ['--version'], { timeoutMs: VERSION_MS });
  const [, major, rest = ''] = /\bv=(\d+)(\.\d+\S*)/.exec(output) ?? [];
  if (major === undefined) return { version: 'unknown version', tooOld: false };
  return { version: `${major}${rest}`, tooOld: !/valkey/i.test(output) && Number(major) < OLDEST_REDIS };
}

/** The command that installs it here. */
export function redisFix(env: Environment = process.env): string {
  return installCommand(PACKAGE, env) ?? 'https://redis.io/docs/latest/operate/oss_and_stack/install/';
}

/** The program; installs it if it is missing and no password is needed. Throws `redis_missing`, `redis_too_old`. */
export async function obtainRedis(progress: Progress, env: Environment = process.env): Promise<string> {
  const found = findRedis(env);
  if (found) return checked(found);
  await installPackage(PACKAGE, progress, env);
  const installed = findRedis(env);
  if (installed) return checked(installed);
  throw new CliError(
    'redis_missing',
    `Neither redis-server nor valkey-server is installed. Install one: ${redisFix(env)} — or set REDIS_URL to a running one.`,
  );
}

async function checked(program: string): Promise<string> {
  const { version, tooOld } = await redisVersion(program);
  if (!tooOld) return program;
  throw new CliError(
    'redis_too_old',
    `${program} is Redis ${version}; install Redis ${OLDEST_REDIS} or newer (or Valkey), or set REDIS_URL to a running one.`,
  );
}
