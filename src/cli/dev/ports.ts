/** TCP ports of this machine: whether one is free, and if not, who uses it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { CliError } from '../failure.ts';

const HOST = '127.0.0.1';
const PROBE_MS = 1_000;
/** A listening socket in /proc/net/tcp. */
const LISTEN = '0A';
const COMMAND_CHARS = 80;

/** True if something accepts connections there. */
export function accepts(port: number, host: string = HOST): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: PROBE_MS });
    const end = (yes: boolean) => () => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}

/** The error code of listening there; null if it works. */
function refusal(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}

/** Why nothing can listen on that port; null if it is free. */
export async function portProblem(port: number, host: string = HOST): Promise<'in use' | 'forbidden' | null> {
  // Some systems allow listening on a specific address although the wildcard address is in use, so connect first.
  if (await accepts(port)) return 'in use';
  const code = await refusal(port, host);
  if (code === null) return null;
  if (code === 'EACCES') return 'forbidden';
  if (code === 'EADDRINUSE') return 'in use';
  throw new CliError('bad_address', `Cannot listen on ${host}:${port} (${code}); check CONVOKE_HOST.`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, HOST, resolve);
  });
  const { port } = server.address() as AddressInfo; // safety: it listens on TCP
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Owner {
  readonly pid: number;
  readonly command: string;
}

/** The process that listens on a port, if the system shows it: other users' processes are hidden. */
export function portOwner(port: number): Owner | null {
  return ownerByProc(port) ?? ownerByLsof(port);
}

function ownerByProc(port: number): Owner | null {
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeners(file, port));
  if (inodes.length === 0) return null;
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  const pid = readdirOr('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((each) => readdirOr(`/proc/${each}/fd`).some((fd) => wanted.has(linkOr(`/proc/${each}/fd/${fd}`))));
  return pid === undefined ? null : { pid: Number(pid), command: commandOf(pid) };
}

/** The command line of a process; its own name says little (every Node is `MainThread`). */
function commandOf(pid: string): string {
  const [program = '', ...args] = readOr(`/proc/${pid}/cmdline`).split('\0');
  const called = [basename(program), ...args].join(' ').trim() || readOr(`/proc/${pid}/comm`).trim();
  return called.length > COMMAND_CHARS ? `${called.slice(0, COMMAND_CHARS)}…` : called;
}

/** Inodes of the sockets that listen on a port. */
function listeners(file: string, port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readOr(file)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTEN && local?.endsWith(suffix))
    .map((fields) => fields[9] ?? '');
}

function ownerByLsof(port: number): Owner | null {
  try {
    const flags = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'];
    const said = execFileSync('lsof', flags, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 3_000,
    });
    const pid = /^p(\d+)$/m.exec(said)?.[1];
    return pid === undefined ? null : { pid: Number(pid), command: /^c(.+)$/m.exec(said)?.[1] ?? '' };
  } catch {
    return null;
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readdirOr(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function linkOr(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
