/** Identity of a process. The pid alone is not enough: the system reuses it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export interface Identity {
  readonly pid: number;
  /** When it started, as the system reports it; together with `pid` it identifies one process. */
  readonly started: string;
}

const POLL_MS = 50;
/** `starttime` in /proc/{pid}/stat, counted from the field after the name, which may hold spaces. */
const START_FIELD = 19;

/** The identity of a running process; null if there is none, or only a zombie. */
export function identify(pid: number): Identity | null {
  const started = process.platform === 'linux' ? startedByProc(pid) : startedByPs(pid);
  return started === null ? null : { pid, started };
}

function startedByProc(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return fields[0] === 'Z' ? null : `${boot}:${fields[START_FIELD] ?? ''}`;
  } catch {
    return null;
  }
}

function startedByPs(pid: number): string | null {
  try {
    const said = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return said.trim() || null;
  } catch {
    return null;
  }
}

/** True if exactly that process is still running. */
export function isAlive({ pid, started }: Identity): boolean {
  return identify(pid)?.started === started;
}

/** Sends a signal to exactly that process; false if it is gone. */
export function signalTo(identity: Identity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

/** Ends a process that is not our child: asks it to end, and kills it after `ms`. */
export async function endProcess(identity: Identity, ms: number): Promise<void> {
  signalTo(identity, 'SIGTERM');
  const deadline = Date.now() + ms;
  while (isAlive(identity) && Date.now() < deadline) await pause(POLL_MS);
  if (!signalTo(identity, 'SIGKILL')) return;
  while (isAlive(identity) && Date.now() < deadline + ms) await pause(POLL_MS);
}
