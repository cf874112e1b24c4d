#!/usr/bin/env node
/** The command `convoke`, on the Node that this project pins: an older one runs this file again with it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the product is built for. */
const NODE_MAJOR = 24;
const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, '../dist/src/main/convoke.js');

function fail(sentence) {
  process.stderr.write(`convoke: ${sentence}\n`);
  process.exit(1);
}

/** The package that is a Node for this machine, as npm calls it. */
const OF_MACHINE = [
  process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node',
  process.platform === 'win32' ? 'win' : process.platform,
  process.arch,
].join('-');

/** The Node that was installed with this, wherever npm has put it: the package `node` in a checkout, that of this machine elsewhere. */
function installedNode() {
  for (const name of [OF_MACHINE, 'node']) {
    try {
      const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
      const node = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
      if (existsSync(node)) return node;
    } catch {
      // It is not installed.
    }
  }
  return undefined;
}

/** How to come by a Node that is new enough. */
function remedy() {
  if (existsSync(join(here, '../src'))) return 'run "npm ci", which brings one along.';
  return `install it from https://nodejs.org, or beside this package with "npm install ${OF_MACHINE}@${NODE_MAJOR}".`;
}

function runAgain(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, CONVOKE_NODE_CHOSEN: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C reaches the child from the terminal: sent again it would mean "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.once('error', (error) => fail(`${node} cannot be run: ${error.message}`));
  child.once('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code ?? 1);
  });
}

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
  const node = installedNode();
  if (!node || process.env.CONVOKE_NODE_CHOSEN)
    fail(`this is Node ${process.versions.node}, and it needs Node ${NODE_MAJOR} or newer: ${remedy()}`);
  else runAgain(node);
} else if (!existsSync(built)) {
  fail('it is not built yet: run "npm run build" (or "npm start", which does it too).');
} else {
  await import(built);
}
