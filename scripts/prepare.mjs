/**
 * What `npm start` and `npm test` do first: install and build what is missing or old. Needs nothing but Node 20: no package is there yet.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const at = (...path) => join(root, ...path);
/** The Node that this project pins. */
export const NODE = at('node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');

export const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';
/** What runs Jest in ESM mode. */
export const JEST = ['--experimental-vm-modules', '--no-warnings', at('node_modules/jest/bin/jest.js')];

/** What the build is made of. */
const SOURCES = ['src', 'workflows', 'activities', 'examples/page', 'console', 'scripts'];
const SOURCE_FILE = /\.(ts|tsx|mjs|lua|html|css|json)$/;

const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** The newest change of the sources, ms. */
function sourcesChangedAt() {
  const files = SOURCES.flatMap((folder) =>
    readdirSync(at(folder), { recursive: true })
      .map((name) => at(folder, String(name)))
      .filter((file) => SOURCE_FILE.test(file)),
  );
  const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json'].map((name) => at(name));
  return Math.max(...[...files, ...settings].map(changedAt));
}

/** When the last build began, as its file's time: what was changed meanwhile counts as newer. */
const STAMP = at('dist/.built');

function isBuilt() {
  return existsSync(at('dist/src/main/convoke.js')) && changedAt(STAMP) >= sourcesChangedAt();
}

/** npm's own record of what it has installed. */
function isInstalled() {
  return (
    existsSync(NODE) && changedAt(at('node_modules/.package-lock.json')) >= changedAt(at('package-lock.json'))
  );
}

let running;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // Ctrl-C reaches the child from the terminal too.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) running?.kill(signal);
  });
}

/** Runs a command with its output shown; resolves with the exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    running = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    running.once('error', (error) => {
      console.error(`convoke: ${command} cannot be run: ${error.message}`);
      resolve(127);
    });
    running.once('exit', (code, signal) => resolve(signal ? 130 : (code ?? 1)));
  });
}

/** A long step, with its time; ends the process if it fails. */
export async function step(title, command, args) {
  const began = performance.now();
  console.log(`\n  ${title}`);
  const code = await run(command, args);
  if (code !== 0) {
    if (code !== 130) console.error(`\n  That failed (exit code ${code}); what is above says why.`);
    process.exit(code);
  }
  console.log(`  done in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/** Installs and builds. Ends the process if that fails, or if this Node is too old. */
export async function prepare() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    console.error(
      `convoke: this is Node ${process.versions.node}; install Node 20 or newer: https://nodejs.org`,
    );
    process.exit(1);
  }
  if (!isInstalled()) {
    // Packages that want a newer Node get it: the pinned one. Warnings about the Node that npm runs on would only alarm.
    const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
    await step('Installing packages (once, one to two minutes) …', NPM, args);
  }
  if (!isBuilt()) {
    const began = new Date();
    await step('Building (about half a minute the first time) …', NODE, [at('scripts/build.mjs')]);
    writeFileSync(STAMP, '');
    utimesSync(STAMP, began, began);
  }
}
