/** Child processes of tests: started, awaited, killed, and none left behind. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

export interface TestProcess {
  readonly pid: number;
  /** Resolves with the exit code (null: ended by a signal) once it is gone. */
  readonly ended: Promise<number | null>;
  /** What it wrote so far, both streams. */
  output(): string;
  /** Sends the signal and resolves with the exit code (null: ended by a signal) once it is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export function startProcess(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): TestProcess {
  const child = spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const hear = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-200_000);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  alive.add(child);
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      said += error.message;
      resolve(1);
    });
    child.once('exit', (code) => {
      resolve(code);
    });
  });
  void ended.then(() => alive.delete(child));
  return {
    pid: child.pid ?? 0,
    ended,
    output: () => said,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** Asks again and again until `ask` says true. Throws after `ms`, with what it was about and what it threw last. */
export async function eventually(
  what: string,
  ask: () => Promise<boolean> | boolean,
  ms = 20_000,
): Promise<void> {
  const deadline = Date.now() + ms;
  let last: unknown;
  for (;;) {
    try {
      if (await ask()) return;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`, { cause: last });
    await pause(20);
  }
}
