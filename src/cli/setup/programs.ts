/** Finding, running and installing programs. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setting } from '../environment.ts';
import type { Environment } from '../environment.ts';

/** Reports the progress of a long step. */
export type Progress = (text: string) => void;

/** Time limit of a package manager, ms. */
const INSTALL_MS = 600_000;
const SUDO_MS = 5_000;
/** Characters kept of a program's output. */
const OUTPUT_CHARS = 20_000;

export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first of these programs on PATH. */
export function findOnPath(names: readonly string[], env: Environment = process.env): string | null {
  const folders = (setting(env, 'PATH') ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram) ?? null;
}

/** Where downloaded programs are kept. */
export function cacheFolder(env: Environment = process.env): string {
  return join(setting(env, 'XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'convoke', 'bin');
}

export interface RunResult {
  readonly ok: boolean;
  readonly output: string;
}

export interface RunOptions {
  readonly env?: Environment;
  readonly timeoutMs: number;
  /** Gets the last line of output now and then. */
  readonly progress?: Progress;
  /** Gets each line of output. */
  readonly line?: (line: string) => void;
}

/** Runs a program to its end. Never throws: a missing program counts as failed. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    // It must not outlive the command that started it.
    const end = (): boolean => child.kill('SIGKILL');
    process.once('exit', end);
    child.once('close', () => process.removeListener('exit', end));
    let output = '';
    let begun = '';
    const hear = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-OUTPUT_CHARS);
      const lines = (begun + chunk.toString()).split('\n');
      begun = lines.pop()?.slice(-OUTPUT_CHARS) ?? '';
      for (const each of lines) options.line?.(each.trim());
      const line = output.trimEnd().split('\n').at(-1);
      if (line) options.progress?.(line.trim());
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', (error) => resolve({ ok: false, output: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/** The names of a package in the package managers that have it. */
export interface PackageNames {
  readonly apt: string;
  readonly dnf: string;
  readonly brew: string;
}

interface Manager {
  readonly program: string;
  readonly name: keyof PackageNames;
  /** Commands in order; the first failure stops. */
  readonly commands: readonly (readonly string[])[];
  readonly needsRoot: boolean;
}

function managerOf(names: PackageNames, env: Environment): Manager | null {
  const managers: readonly Manager[] = [
    {
      program: 'apt-get',
      name: 'apt',
      commands: [['update'], ['install', '-y', '--no-install-recommends', names.apt]],
      needsRoot: true,
    },
    { program: 'dnf', name: 'dnf', commands: [['install', '-y', names.dnf]], needsRoot: true },
    { program: 'brew', name: 'brew', commands: [['install', names.brew]], needsRoot: false },
  ];
  return managers.find(({ program }) => findOnPath([program], env) !== null) ?? null;
}

/** The command with which a person installs it here; null if no known package manager is available. */
export function installCommand(names: PackageNames, env: Environment = process.env): string | null {
  const manager = managerOf(names, env);
  if (!manager) return null;
  const sudo = manager.needsRoot && !isRoot() ? 'sudo ' : '';
  return manager.commands.map((args) => `${sudo}${manager.program} ${args.join(' ')}`).join(' && ');
}

/** Installs a package if that needs no password; false if it does, or if it failed. */
export async function installPackage(
  names: PackageNames,
  progress: Progress,
  env: Environment = process.env,
): Promise<boolean> {
  const manager = managerOf(names, env);
  if (!manager) return false;
  const sudo = manager.needsRoot && !isRoot();
  if (sudo && !(await run('sudo', ['-n', 'true'], { timeoutMs: SUDO_MS })).ok) return false;
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: INSTALL_MS, progress };
  for (const args of manager.commands) {
    progress(`${manager.program} ${args.join(' ')}`);
    const [command, rest] = sudo ? ['sudo', ['-n', manager.program, ...args]] : [manager.program, args];
    const { ok } = await run(command, rest, options);
    // Outdated package lists may be good enough.
    if (!ok && args[0] !== 'update') return false;
  }
  return true;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
