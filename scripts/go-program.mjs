/** Programs that tests run against and that are built with Go, once, into the folder where `convoke setup` keeps its programs. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const GO = ['go', '/usr/local/go/bin/go'];

/** A module proxy fails now and then; what has come is there for the next try. */
const TRIES = 3;

const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'convoke', 'bin');

/** Runs Go, again if it fails; null if there is none. */
function go(args, env) {
  for (let tried = 1; ; tried += 1) {
    const ran = goOnce(args, env);
    if (ran === null || ran.status === 0 || tried === TRIES) return ran;
  }
}

function goOnce(args, env) {
  for (const command of GO) {
    const options = {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    };
    const { status, error, stdout, stderr } = spawnSync(command, args, options);
    if (!error) return { status, stdout, stderr };
  }
  return null;
}

function build(name, file, commands) {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'build-'));
  try {
    let said = '';
    for (const command of commands) {
      const { args, env } = command(work, said);
      const ran = go(args, env);
      if (ran === null) return 'It is built with Go: install that (https://go.dev/dl).';
      if (ran.status !== 0) return `Go could not build it: ${ran.stderr.trim().split('\n').at(-1)}`;
      said = ran.stdout;
    }
    // Others see no program or a complete one.
    renameSync(join(work, name), file);
    return null;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Builds a program unless it is there, says so, and ends this process. `commands`: each is told the folder that the program is to be built into,
 * and what the one before has said, and returns the arguments and environment of Go. `file`: its name in the cache, if that is another one.
 */
export function goProgram({ name, file = name, what, commands }) {
  const program = join(folder, file);
  if (!existsSync(program)) console.log(`  Building ${what} with Go, once …`);
  const fault = existsSync(program) ? null : build(name, program, commands);
  console.log(fault === null ? `  ${program}` : `  ${fault}`);
  process.exit(fault === null ? 0 : 1);
}
