/** The state folder of a development stack: its processes, their start times and their logs. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError } from '../failure.ts';
import { endProcess, identify, isAlive } from './identity.ts';
import type { Identity } from './identity.ts';
import type { Probe } from './probe.ts';
import { setting } from '../environment.ts';
import type { Environment } from '../environment.ts';

export type ProcessKind = 'temporal' | 'redis' | 'worker' | 'gateway';

export interface ProcessState {
  readonly name: string;
  readonly kind: ProcessKind;
  readonly port: number;
  readonly probe: Probe;
  /** Absent: external (TEMPORAL_ADDRESS, REDIS_URL), or between two starts. */
  readonly identity?: Identity;
  readonly log?: string;
}

export interface DevState {
  readonly supervisor: Identity;
  /** ms since the Unix epoch. */
  readonly startedAt: number;
  /** The first gateway. */
  readonly url: string;
  readonly processes: readonly ProcessState[];
}

/** How long a leftover process may take to end by itself, ms. */
const LEFTOVER_MS = 5_000;

/** The state folder: CONVOKE_HOME, or `.convoke` in the current folder. */
export function homeFolder(env: Environment = process.env): string {
  return resolve(setting(env, 'CONVOKE_HOME') ?? '.convoke');
}

const fileOf = (home: string): string => join(home, 'state.json');

/** The state that the last start wrote; null if there is none that can be read. */
export function readState(home: string): DevState | null {
  try {
    return JSON.parse(readFileSync(fileOf(home), 'utf8')) as DevState;
  } catch {
    return null;
  }
}

/** The stack that is running in that folder, or null. */
export function runningState(home: string): DevState | null {
  const state = readState(home);
  return state && isAlive(state.supervisor) ? state : null;
}

/** Replaces the state atomically: a reader sees either the old or the new one. */
export function writeState(home: string, state: DevState): void {
  const draft = `${fileOf(home)}.new`;
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(draft, fileOf(home));
}

export function clearState(home: string): void {
  rmSync(fileOf(home), { force: true });
}

/**
 * Claims the folder for this process, and ends what a killed supervisor has left over: only processes whose pid and start time match the
 * state. Calls `tell` with the name and process of each. Throws `already_running`, `home_unusable`.
 */
export async function claimHome(home: string, tell: (name: string, pid: number) => void): Promise<DevState> {
  try {
    mkdirSync(join(home, 'logs'), { recursive: true });
    const left = readState(home);
    if (left && isAlive(left.supervisor)) throw alreadyRunning(home, left.supervisor.pid);
    const children = (left?.processes ?? []).filter(({ identity }) => identity && isAlive(identity));
    await Promise.all(
      children.map(async ({ name, identity }) => {
        if (!identity) return;
        tell(name, identity.pid);
        await endProcess(identity, LEFTOVER_MS);
      }),
    );
    clearState(home);
    const supervisor = identify(process.pid) ?? { pid: process.pid, started: '' };
    const state: DevState = { supervisor, startedAt: Date.now(), url: '', processes: [] };
    // If two start at the same moment, one wins.
    writeFileSync(fileOf(home), JSON.stringify(state), { flag: 'wx' });
    return state;
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw alreadyRunning(home, readState(home)?.supervisor.pid);
    throw new CliError(
      'home_unusable',
      `The state folder ${home} cannot be used: ${message}. Set CONVOKE_HOME to another folder.`,
    );
  }
}

function alreadyRunning(home: string, pid: number | undefined): CliError {
  const who = pid === undefined ? 'is starting' : `runs as process ${pid}`;
  const stop = pid === undefined ? '' : `Stop it with Ctrl-C there, or "kill ${pid}"; or `;
  return new CliError(
    'already_running',
    `Another "convoke dev" with the state folder ${home} ${who}. ${stop || 'To '}start a second one with CONVOKE_HOME and ports of its own.`,
  );
}
