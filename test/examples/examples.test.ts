/** The numbered examples on the real product, each worker in the folder of its example: what their READMEs say is true. */
import { appendFileSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { READY_TEAMS, TRIALS } from '../../examples/page/teams.ts';
import { TEAMS } from '../../src/contracts/index.ts';
import { allEvents, expectOrdered, expectWhole, freshId, Recorder, rest, transcript } from '../e2e/scene.ts';
import { eventually, startProcess } from '../support/process.ts';
import { freePort } from '../support/ports.ts';
import { startStack, type Role, type Stack } from '../support/stack.ts';
import { commandsOf, ended, folderOf, sendAsTold } from './readme.ts';

const state = mkdtempSync(join(tmpdir(), 'convoke-examples-'));
const ORDERS = join(state, 'orders');

let stack: Stack;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  stack = await startStack({ workers: 0 });
}, 120_000);

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

afterAll(async () => {
  await stack.stop();
  rmSync(state, { recursive: true, force: true });
});

const url = (): string => stack.urls[0]!;

/** A worker in the folder of an example: up to the end of the test. */
async function run(example: string, env: Readonly<Record<string, string>> = {}): Promise<Role> {
  const worker = await stack.worker(folderOf(example), env);
  closers.push(() => worker.end('SIGKILL'));
  await worker.start();
  return worker;
}

async function open(body: object): Promise<Recorder> {
  const id = freshId();
  expect((await rest(url(), 'POST', '/v1/sessions', { body: { id, ...body } })).status).toBe(201);
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  return seen;
}

const spoke = async (id: string): Promise<readonly string[]> =>
  (await transcript(url(), id)).map((line) => line.split(':')[0] ?? '');

describe('01 own agent', () => {
  const barista = (paceMs: number): object => ({
    agents: [{ name: 'b', use: 'barista', options: { paceMs } }],
  });

  test('as its README says', async () => {
    await run('01-own-agent', { ORDERS });
    expect(await sendAsTold('01-own-agent', url())).toMatch(
      /Order [0-9a-f]{6}, number 1 .*A flat white.*Here\s+you\s+are!/s,
    );
  }, 90_000);

  test('its worker is killed while it speaks: one answer, one order', async () => {
    const worker = await run('01-own-agent', { ORDERS });
    const before = readdirSync(ORDERS).length;
    const seen = await open(barista(100));
    await seen.session.send('An espresso');
    await seen.streaming(60);
    await worker.end('SIGKILL');
    await worker.start();
    await seen.turnsEnded(1, 60_000);
    const [step, ...more] = seen.steps;
    expect(more).toEqual([]);
    expect(step!.attempt).toBeGreaterThan(1);
    expect(step!.text).toMatch(
      /^Order [0-9a-f]{6}, number 1 of this session: An espresso\. First .* Here you are!$/,
    );
    expect(readdirSync(ORDERS)).toHaveLength(before + 1);
    expectWhole(await allEvents(url(), seen.session.id));
    expectOrdered(seen);
  }, 90_000);

  test('is cancelled while it speaks, and refuses for good what it does not have', async () => {
    await run('01-own-agent', { ORDERS });
    const seen = await open(barista(5_000));
    await seen.session.send('A mocha');
    await seen.streaming();
    await seen.session.cancel();
    await seen.turnsEnded(1);
    expect(seen.steps[0]!.status).toBe('cancelled');
    await seen.session.send('A tea');
    await seen.turnsEnded(2);
    const failure = { code: 'agent_refused', message: 'We have no tea, only coffee.' };
    expect(seen.steps[1]).toMatchObject({ status: 'failed', attempt: 1, failure });
  });
});

test('02 research team: three at once, then drafts until the editor accepts', async () => {
  await run('02-research-team');
  await sendAsTold('02-research-team', url());
  const events = await allEvents(url(), 'tides');
  const steps = events.filter(({ type }) => type === 'step.started' || type === 'step.completed');
  expect(steps.slice(0, 3).map(({ type }) => type)).toEqual(Array(3).fill('step.started'));
  const speakers = await spoke('tides');
  expect([...speakers.slice(0, 3)].sort()).toEqual(['doubt', 'history', 'science']);
  expect(speakers.slice(3)).toEqual(['writer', 'editor', 'writer', 'editor']);
}, 90_000);

test('03 group chat: two people and four agents see the same', async () => {
  await run('03-group-chat');
  const talk = join(folderOf('03-group-chat'), 'talk.mjs');
  const said = await ended([talk], { CONVOKE_URL: url() });
  expect(said).toContain('Ben sees the same.');
  const speakers = [...said.split('as Ada sees it:')[1]!.matchAll(/^(\w+): /gm)].map(([, name]) => name);
  expect(speakers.slice(0, 3)).toEqual(['Ada', 'cook', 'chemist']);
  expect(speakers).toHaveLength(9);
  expect(speakers).toEqual(expect.arrayContaining(['Ben', 'poet', 'doctor']));
}, 90_000);

test('04 MCP tools: what the agent keeps is in the server’s file', async () => {
  await run('04-mcp-tools', { MEMORY_FILE: join(state, 'memory.jsonl') });
  expect(await sendAsTold('04-mcp-tools', url())).toMatch(/I keep: .*I like the sea/s);
  expect(readFileSync(join(state, 'memory.jsonl'), 'utf8')).toContain('I like the sea');
  const calls = (await allEvents(url(), 'notes')).filter(({ step }) => step?.includes('.c'));
  expect(calls.map(({ type }) => type)).toEqual([
    'step.started',
    'step.completed',
    'step.started',
    'step.completed',
  ]);
}, 90_000);

test('05 own team: the jury refuses a draft and accepts one; clients are not told the score', async () => {
  await run('05-own-team');
  await sendAsTold('05-own-team', url());
  const speakers = await spoke('slogan');
  expect(speakers.filter((name) => name === 'writer')).toHaveLength(2);
  expect(speakers.at(-1)).toBe('announcer');
  const end = (await allEvents(url(), 'slogan')).find(({ type }) => type === 'turn.completed');
  expect(end).toBeDefined();
  // What a team keeps is its own; teams.test.ts looks at it.
  expect(end!.data).not.toHaveProperty('memory');
}, 90_000);

test('05 own team: its own test passes', async () => {
  const said = await ended(['--no-warnings', '--test', join(folderOf('05-own-team'), 'teams.test.ts')]);
  expect(said).toContain('pass 3');
}, 90_000);

test('10 approvals: two of three decide what is paid, and the one who sent the message hears it', async () => {
  await run('10-approvals');
  const [sent, listed, ...votes] = commandsOf('10-approvals');
  const sending = startProcess(process.execPath, sent!, { CONVOKE_URL: url() });
  closers.push(() => sending.end('SIGKILL'));
  await eventually(
    'it waits for an approval',
    async () => {
      return (await ended(listed!, { CONVOKE_URL: url() })).includes('Refund of more than 20 €');
    },
    30_000,
  );
  const decided: string[] = [];
  for (const vote of votes) decided.push(await ended(vote, { CONVOKE_URL: url() }));
  expect(decided).toEqual([
    expect.stringContaining('1 of 2'),
    expect.stringContaining('approved by ana, bo'),
  ]);
  expect(await sending.ended).toBe(0);
  expect(sending.output()).toMatch(
    /waits for approval by 2 of ana, bo, cy.*45\.00\s+€\s+are\s+on\s+their\s+way/s,
  );
}, 90_000);

test('11 steered writer: it heeds what is said between two parts, and begins anew when it is interrupted', async () => {
  await run('11-steered-writer', { PACE_MS: '80' });
  const [write] = commandsOf('11-steered-writer');
  const writing = startProcess(process.execPath, write!, { CONVOKE_URL: url() });
  closers.push(() => writing.end('SIGKILL'));
  const text = (): string => writing.output().replace(/\s+/g, ' ');
  await eventually('the opening is being written', () => text().includes('Everybody'), 30_000);
  const seen = new Recorder(stack.urls, 'article');
  closers.push(() => seen.close());
  await seen.session.send('Shorter, please.', { policy: 'steer' });
  await eventually('the main part is being written', () => text().includes('Whoever'), 30_000);
  await seen.session.send('Stop. Write about the moon.', { policy: 'interrupt' });
  await eventually('it is answered', () => seen.steps.some((step) => step.text === 'So much for the moon.'));
  const said = seen.steps.map((step) => step.text);
  expect(said[0]).toMatch(/^Everybody has heard of the tides\. Few have .* much to see\.$/);
  expect('Whoever looks at the tides for a day sees it change.').toContain(said[1]);
  expect(said.slice(-3)).toEqual([
    'Everybody has heard of the moon.',
    'Whoever looks at the moon for a day sees it change.',
    'So much for the moon.',
  ]);
}, 90_000);

test('12 digest: what a schedule fires is answered with what is new since the last time', async () => {
  const news = join(state, 'news.md');
  copyFileSync(join(folderOf('12-digest'), 'news.md'), news);
  await run('12-digest', { NEWS_FILE: news });
  const [sent, , create, list, trigger, remove] = commandsOf('12-digest');
  const env = { CONVOKE_URL: url() };
  expect(await ended(sent!, env)).toMatch(/New since the last digest:.*telescopes/s);
  expect(await ended(create!, env)).toMatch(/It fires next at \d{4}-/);
  appendFileSync(news, '- The museum is free on Mondays.\n');
  await ended(trigger!, env);
  const digests = async (): Promise<readonly string[]> =>
    (await transcript(url(), 'news')).map((line) => line.replace(/\s+/g, ' '));
  await eventually('there is a second digest', async () => (await digests()).length === 2, 30_000);
  expect((await digests())[1]).toMatch(
    /^editor: New since the last digest: - The museum is free on Mondays\.$/,
  );
  await eventually('it is listed', async () => (await ended(list!, env)).includes('Europe/Berlin'));
  await ended(remove!, env);
}, 90_000);

test('13 what if: a fork says something else, and the conversation stays as it was', async () => {
  await run('13-what-if');
  const env = { CONVOKE_URL: url() };
  const [plan, train, dinner, list] = commandsOf('13-what-if');
  for (const command of [plan, train, dinner]) await ended(command!, env);
  const whatIf = join(folderOf('13-what-if'), 'what-if.mjs');
  const said = await ended([whatIf, 'trip', 'how', 'We go by plane.'], env);
  const [, both, before, fork] = said.split(/^In .*:$/m);
  expect(both).toMatch(/Together: 240 €\s*$/);
  expect(before).toMatch(/We go by train\..*Together: 560 €.*Together: 650 €\s*$/s);
  expect(fork).toMatch(/^\s*you: We go by plane\.\nplanner:.*Together: 420 €\s*$/s);
  await eventually('the fork is listed', async () => {
    const id = /^In (\S+), the fork:$/m.exec(said)![1]!;
    return (await ended(list!, env)).includes(id);
  });
}, 90_000);

test('14 behind your product: Ana has her own session, under her own name, and no other', async () => {
  await run('14-behind-your-product');
  const port = String(await freePort());
  const env = { CONVOKE_URL: url(), PORT: port, SHOP_URL: `http://127.0.0.1:${port}` };
  for (const open of commandsOf('14-behind-your-product')) await ended(open, env);
  const [server, ana] = ['server.mjs', 'ana.mjs'].map((file) =>
    join(folderOf('14-behind-your-product'), file),
  );
  const shop = startProcess(process.execPath, [server!], env);
  closers.push(() => shop.end('SIGKILL'));
  await eventually('the shop refuses a stranger', async () => (await fetch(env.SHOP_URL)).status === 401);
  const said = await ended([ana!], env);
  expect(said).toMatch(/In ana-1:\nshop: .*\nsupport: .*\nana: Where is my parcel\?\nsupport: Your parcel/);
  expect(said).toMatch(/She follows bob-1: session_not_found\nShe writes in bob-1: session_not_found\n$/);
  expect(await transcript(url(), 'bob-1')).toHaveLength(1);
}, 90_000);

test('07 Python: it knows its session', async () => {
  const server = startProcess('python3', [join(folderOf('07-python'), 'server.py'), '0']);
  closers.push(() => server.end('SIGKILL'));
  const address = (): string | undefined => /^http\S+$/m.exec(server.output())?.[0];
  await eventually('the Python agent says where it listens', () => address() !== undefined);
  await run('07-python', { PYTHON_AGENT: address()! });
  expect(await sendAsTold('07-python', url())).toMatch(/You said 'Hello'\.\s+I have answered 1 times/s);
}, 90_000);

describe('the page', () => {
  beforeAll(async () => {
    await (await stack.worker(state, {})).start();
  }, 90_000);

  test('offers every built-in team', () => {
    const offered = READY_TEAMS.map(({ team }) => team?.name ?? 'sequence');
    expect([...offered].sort()).toEqual([...TEAMS].sort());
  });

  const withoutModel = [...READY_TEAMS, ...TRIALS].filter(({ agents }) =>
    agents.every(({ runner }) => runner !== 'model'),
  );

  test.each(withoutModel.map((ready) => [ready.title, ready] as const))(
    'starts what does what it says: %s',
    async (_, { agents, team, id }) => {
      const seen = await open({ agents, ...(team && { team }) });
      await seen.session.send('lemonade');
      await seen.turnsEnded(1, 60_000);
      expect(seen.view.turns[0]!.status).toBe(id === 'refusal' ? 'failed' : 'completed');
      const speakers = new Set(seen.steps.map(({ agent }) => agent));
      if (id !== 'refusal' && id !== 'group')
        expect([...speakers].sort()).toEqual(agents.map(({ name }) => name).sort());
    },
    90_000,
  );
});
