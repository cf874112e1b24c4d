/** Who uses a port: the process, and the `convoke dev` that would start it again. */
import { execFileSync } from 'node:child_process';
import type { StdioOptions } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { portOwner } from './ports.ts';
import type { Owner } from './ports.ts';

export interface Supervisor {
  readonly pid: number;
  /** Its state folder, if the system shows it. */
  readonly home?: string;
}

/** The `convoke dev` that has started a process, if one has: what is killed there is started again. */
export function supervisorOf(pid: number): Supervisor | null {
  const parent = parentOf(pid);
  // The command may run itself again on the Node that it needs, so look one further up, too.
  for (const each of [parent, parent && parentOf(parent)]) {
    if (each && isDev(commandOf(each))) return { pid: each, ...homeOf(each) };
  }
  return null;
}

function isDev(command: readonly string[]): boolean {
  const at = command.findIndex((part) => /(^|\/)convoke(\.m?js)?$/.test(part));
  return at !== -1 && command[at + 1] === 'dev';
}

function parentOf(pid: number): number | null {
  const text = fileOr(`/proc/${pid}/status`);
  const ppid = text === '' ? psOr(pid, 'ppid=') : (/^PPid:\s*(\d+)$/m.exec(text)?.[1] ?? '');
  const parent = Number(ppid);
  return parent > 1 ? parent : null;
}

function commandOf(pid: number): readonly string[] {
  const text = fileOr(`/proc/${pid}/cmdline`);
  return text === '' ? psOr(pid, 'args=').split(' ') : text.split('\0');
}

function homeOf(pid: number): { readonly home?: string } {
  try {
    const env = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    const set = env.find((each) => each.startsWith('CONVOKE_HOME='))?.slice('CONVOKE_HOME='.length);
    return {
      home: resolve(readlinkSync(`/proc/${pid}/cwd`), set === undefined || set === '' ? '.convoke' : set),
    };
  } catch {
    return {};
  }
}

function fileOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function psOr(pid: number, column: string): string {
  try {
    const stdio: StdioOptions = ['ignore', 'pipe', 'ignore'];
    return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8', stdio }).trim();
  } catch {
    return '';
  }
}

/** Who has a port, and the command that frees it. */
export interface PortUser {
  readonly who: string;
  readonly stop: string;
  readonly owner: Owner | null;
  readonly supervisor: Supervisor | null;
}

export function portUser(port: number): PortUser {
  const owner = portOwner(port);
  if (!owner) {
    const stop = `sudo lsof -nP -iTCP:${port} -sTCP:LISTEN`;
    return { who: 'another user’s process', stop, owner, supervisor: null };
  }
  const supervisor = supervisorOf(owner.pid);
  const process = `process ${owner.pid} (${owner.command})`;
  if (!supervisor) return { who: process, stop: `kill ${owner.pid}`, owner, supervisor };
  const home = supervisor.home === undefined ? '' : ` with the state folder ${supervisor.home}`;
  const who = `${process}, which the "convoke dev" of process ${supervisor.pid}${home} keeps running`;
  return { who, stop: `kill ${supervisor.pid}`, owner, supervisor };
}

/** Who uses the port, or how to find out, as a part of a sentence. */
export function whoHas(port: number): string {
  const { who, stop, owner, supervisor } = portUser(port);
  return owner
    ? `${who}${supervisor ? ',' : ''} uses it: stop that with "${stop}",`
    : `find out what uses it with "${stop}",`;
}
