/**
 * Two agents talk through a small real model until its window is full and longer; then one is stopped in mid-answer, and examples are asked.
 * Prints what it saw, and fails if a promise was broken. The model is too small to follow instructions: what it says is not judged.
 *
 *     npm run real-model
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { AgentRunner, Utterance } from '../../activities/agents/runner.ts';
import type { AgentSpec } from '../../src/contracts/index.ts';
import { hearModel, modelRunner, type RequestParts } from '../agents/run.ts';
import { eventually } from '../support/process.ts';
import { askExamples } from './examples.ts';

const SLOTS = 2;
/** Tokens of a slot: soon full in a talk, and as many as the model has for examples. */
const WINDOW = { talk: 640, examples: 2_048 };
const TURNS = 9;
const BOUNDS = { timeoutMs: 120_000, firstMs: 60_000, idleMs: 30_000, maxChars: 100_000 };
const AGENTS: readonly AgentSpec[] = ['writer', 'critic'].map((name) => ({
  ...{ name, runner: 'model', instructions: `You are the ${name}. Answer in one sentence.` },
  ...{ maxTokens: 40, temperature: 0.2, seed: 7 },
}));

const broken: string[] = [];
/** Calls whose conversation was too long. */
let shrunk = 0;

function check(holds: boolean, promise: string): void {
  if (!holds) broken.push(promise);
}

function tell(...columns: readonly unknown[]): void {
  console.log(columns.map((column) => String(column).padEnd(9)).join(' '));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

async function serve(python: string, port: number, window: number): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('./server.py', import.meta.url));
  const args = [program, port, SLOTS, window].map(String);
  // A group of its own: the server touches its terminal, which would stop all of a group in the background.
  const server = spawn(python, args, { stdio: ['pipe', 'ignore', 'pipe'], detached: true });
  let last = '';
  server.stderr.on('data', (text: Buffer) => (last = (last + text.toString()).slice(-2_000)));
  const isLoaded = async (): Promise<boolean> =>
    server.exitCode !== null || (await fetch(`http://127.0.0.1:${port}/health`)).ok;
  await eventually('the model is loaded', isLoaded, 60_000);
  if (server.exitCode !== null) throw new Error(`The model's server has ended: ${last}`);
  return server;
}

/** Both agents answer in every turn, each seeing all that was said. */
async function talk(runner: AgentRunner): Promise<void> {
  const said: Utterance[] = [];
  let cached = 0;
  tell('turn', 'agent', 'first ms', 'tokens', 'tokens/s', 'prompt', 'cached', 'finish');
  for (let turn = 1; turn <= TURNS; turn += 1) {
    const asked = said.length;
    said.push({ role: 'user', name: 'ada', text: `Question ${turn}: what is good about rain, and why?` });
    for (const agent of AGENTS) {
      const conversation = said.map((each, index) => (index >= asked ? { ...each, pinned: true } : each));
      const heard = await answer(runner, turn, { agent, conversation });
      if ((heard.usage?.cachedTokens ?? 0) > 0) cached += 1;
      if (heard.text !== '') said.push({ role: 'agent', name: agent.name, text: heard.text });
    }
  }
  check(shrunk > 0, 'a conversation that is too long is told once more');
  check(cached > TURNS, `the model's prompt cache hits: ${cached} of ${2 * TURNS} calls`);
}

async function answer(runner: AgentRunner, turn: number, parts: RequestParts) {
  const before = shrunk;
  const began = performance.now();
  let firstAt = 0;
  const onText = (): void => {
    firstAt ||= performance.now();
  };
  const heard = await hearModel(runner, { ...parts, bounds: BOUNDS, onText });
  const { usage, finish, error } = heard;
  const agent = parts.agent?.name ?? '';
  check(error === undefined, `turn ${turn}: ${agent} answers (${String(error)})`);
  check(usage !== undefined, `turn ${turn}: the tokens of ${agent} are counted`);
  const { inputTokens = 0, outputTokens = 0, cachedTokens = 0 } = usage ?? {};
  const rate = (outputTokens / (performance.now() - firstAt)) * 1_000;
  const numbers = [firstAt - began, outputTokens, rate, inputTokens, cachedTokens].map(Math.round);
  tell(turn, agent, ...numbers, finish, shrunk > before ? '(too long: told without its older half)' : '');
  return heard;
}

/** An abort reaches the model: its slot becomes idle. */
async function stop(runner: AgentRunner, url: string): Promise<void> {
  const control = new AbortController();
  let pieces = 0;
  let stoppedAt = 0;
  const onText = (): void => {
    pieces += 1;
    if (pieces !== 5) return;
    stoppedAt = performance.now();
    control.abort(new Error('stopped'));
  };
  const agent = { name: 'writer', instructions: 'Tell a long story.', maxTokens: 400 };
  const conversation: Utterance[] = [{ role: 'user', text: 'Tell me a very long story about the sea.' }];
  await hearModel(runner, { agent, conversation, bounds: BOUNDS, signal: control.signal, onText });
  check(stoppedAt > 0, 'the model speaks until it is stopped');
  const isIdle = async (): Promise<boolean> => {
    const slots = (await (await fetch(`${url}/slots`)).json()) as readonly { is_processing: boolean }[];
    return slots.every(({ is_processing: works }) => !works);
  };
  await eventually('no slot works any more', isIdle, 5_000);
  const idleMs = Math.round(performance.now() - stoppedAt);
  console.log(`\nStopped after ${pieces} pieces; the model was idle ${idleMs} ms later.`);
}

/** Acts while a server with such a window runs. */
async function withModel(window: number, act: (url: string) => Promise<void>): Promise<void> {
  const [python = 'python3'] = process.argv.slice(2);
  const port = await freePort();
  const server = await serve(python, port, window);
  try {
    await act(`http://127.0.0.1:${port}`);
  } finally {
    server.stdin?.end();
  }
}

await withModel(WINDOW.talk, async (url) => {
  const settings = { baseUrl: `${url}/v1`, defaultModel: 'smollm2', concurrency: SLOTS };
  const runner = modelRunner(settings, undefined, {
    warn: (fields) => {
      if ('code' in fields && fields.code === 'context_too_long') shrunk += 1;
    },
  });
  await talk(runner);
  await stop(runner, url);
});
await withModel(WINDOW.examples, (url) => askExamples(`${url}/v1`, check));
for (const promise of broken) console.error(`Broken: ${promise}`);
console.log(broken.length === 0 ? 'All promises held.' : `${broken.length} promises were broken.`);
process.exitCode = broken.length === 0 ? 0 : 1;
