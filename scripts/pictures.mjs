/**
 * Takes the README's pictures of the terminal: starts the product, talks to it, kills the worker that is speaking, and draws what was on the
 * screen. Needs a build, and `script` of util-linux for a terminal.
 *
 *     node scripts/pictures.mjs [options of `convoke dev`]
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { findTemporal } from '../dist/src/cli/setup/temporal.js';
import { at, NODE } from './prepare.mjs';
import { pictureOf, screenOf } from './terminal-picture.mjs';

const COLUMNS = 92;
const WAIT_MS = 120_000;
const QUESTION = 'Why do tides exist?';
const AGENTS = [
  {
    ...{ name: 'writer', runner: 'scripted' },
    script: {
      say: 'The moon pulls at the sea. Water rises below it, and on the far side too, and the turning earth carries every coast through both: two high tides a day.',
      paceMs: 60,
    },
  },
  {
    ...{ name: 'critic', runner: 'scripted' },
    script: { say: 'Good. Now say why there are two.', paceMs: 40 },
  },
];

const folder = mkdtempSync(join(tmpdir(), 'convoke-pictures-'));
const plain = (text) => [{ text, style: '' }];
const dim = (text) => ({ text, style: '2' });

/** A command of the CLI in a terminal. `written`: what it has written so far. */
function inTerminal(name, args) {
  const file = join(folder, name);
  const quoted = [NODE, at('bin/convoke.mjs'), ...args].map((each) => `'${each}'`).join(' ');
  const child = spawn('script', ['-qfec', `stty cols ${COLUMNS} rows 50; ${quoted}`, file], {
    cwd: folder,
    stdio: 'ignore',
    env: { ...process.env, TERM: 'xterm-256color', SHELL: '/bin/sh' },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const written = () => {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return text.replace(/^Script started.*\n/, '').replace(/\n*Script done.*\n*$/, '');
  };
  return { child, ended, written };
}

async function until(what, found) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const value = await found();
    if (value) return value;
    if (Date.now() > end) throw new Error(`Not so in time: ${what}`);
    await later(50);
  }
}

const state = () => JSON.parse(readFileSync(join(folder, '.convoke/state.json'), 'utf8'));

/** The process of the worker that runs the turn: Temporal knows which. */
function speaker(session) {
  const { port } = state().processes.find(({ name }) => name === 'temporal');
  const args = [
    'workflow',
    'describe',
    '--address',
    `127.0.0.1:${port}`,
    '-w',
    `session:dev:${session}`,
    '-o',
    'json',
  ];
  const { pendingActivities } = JSON.parse(execFileSync(findTemporal(), args, { encoding: 'utf8' }));
  return Number.parseInt(pendingActivities?.[0]?.lastWorkerIdentity ?? '', 10);
}

async function killed(url) {
  const headers = { Authorization: 'Bearer dev', 'Content-Type': 'application/json' };
  const body = JSON.stringify({ id: 'tides', agents: AGENTS });
  const opened = await fetch(`${url}/v1/sessions`, { method: 'POST', headers, body });
  if (!opened.ok) throw new Error(await opened.text());
  const send = inTerminal('send', ['send', 'tides', QUESTION]);
  await until('the writer is in mid-answer', () => send.written().includes('coast'));
  const pid = await until('Temporal knows the worker', () => speaker('tides'));
  process.kill(pid, 'SIGKILL');
  await send.ended;
  return [
    plain(`$ npx convoke send tides "${QUESTION}"`),
    ...screenOf(send.written().trimEnd()),
    [],
    [...plain(`$ kill -9 ${pid}`), dim('    meanwhile, in another terminal: the worker that is speaking')],
  ];
}

function draw(name, title, lines) {
  mkdirSync(at('docs/pictures'), { recursive: true });
  const svg = pictureOf(title, lines);
  writeFileSync(at('docs/pictures', `${name}.svg`), svg);
  console.log(`docs/pictures/${name}.svg: ${svg.length} bytes`);
}

const dev = inTerminal('dev', ['dev', '--workers', '2', ...process.argv.slice(2)]);
try {
  await until('the stack is up', () => dev.written().includes('Ctrl-C stops'));
  // A clone's state is in the clone.
  const shown = screenOf(dev.written().replaceAll(`${folder}/`, ''));
  const end = shown.findIndex((line) => line.some(({ text }) => text.includes('Watch')));
  const first = shown.findIndex((line) => line.length > 0);
  draw('start', 'npm start: it is up within seconds, and two agents have answered', [
    plain('$ npm start -- --workers 2'),
    [],
    ...shown.slice(first, end),
  ]);
  draw(
    'killed',
    'A worker is killed in mid-answer: the answer is said again, once, and the next agent goes on',
    await killed(state().url),
  );
} finally {
  if (existsSync(join(folder, '.convoke/state.json'))) process.kill(state().supervisor.pid, 'SIGINT');
  else dev.child.kill();
  await dev.ended;
  rmSync(folder, { recursive: true, force: true });
}
