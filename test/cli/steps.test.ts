/** What `send`, `tail` and `show` tell of steps that call tools, pause or fail. */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { FakeLog } from '../client/fake-log.ts';
import type { Frame } from '../client/fake-log.ts';
import { ScriptedGateway } from '../client/scripted-gateway.ts';
import { eventually, startProcess } from '../support/process.ts';

const PROGRAM = fileURLToPath(new URL('program.mjs', import.meta.url));
const ORDER = { id: 'c1', tool: 'order', input: { what: 'tea' } };
const LOST = { code: 'tool_outcome_unknown', message: 'The worker was lost.', retryable: false } as const;
const BUSY = { code: 'agent_rate_limited', message: 'Too many.', retryable: true } as const;

let log: FakeLog;
let gateway: ScriptedGateway;

const PLACE = { limit: 'runningTurns', most: 2, used: 2, place: 3 } as const;

/** A turn in which a call of a tool is lost, an agent pauses and another one fails. */
function turn(): Frame[] {
  const calling = { turn: 't1', step: 't1.1', attempt: 1, agent: 'buyer' };
  const call = { turn: 't1', step: 't1.2', attempt: 2, agent: 'buyer' };
  const failing = { turn: 't1', step: 't1.4', attempt: 1, agent: 'judge' };
  return [
    ...log.message('m1', 't1'),
    log.append('quota.waiting', PLACE, { turn: 't1' }),
    log.start('t1', 't1.1', 'buyer'),
    log.append('step.completed', { text: '', calls: [ORDER] }, calling),
    log.start('t1', 't1.2', 'buyer', ORDER),
    log.think('t1.2', 'asking the shop'),
    log.restart('t1', 't1.2'),
    log.append('step.failed', { text: '', ...LOST }, call),
    log.start('t1', 't1.3', 'buyer'),
    log.append('step.waiting', { ...BUSY, until: 9 }, { ...calling, step: 't1.3' }),
    log.say('t1.3', 'Nobody knows.'),
    log.append('step.completed', { text: 'Nobody knows.' }, { ...calling, step: 't1.3' }),
    log.start('t1', 't1.4', 'judge'),
    log.append('step.failed', { text: '', ...BUSY }, failing),
    log.append('turn.completed', {}, { turn: 't1' }),
  ];
}

/** Lines without the space before them. */
async function run(...words: string[]): Promise<string[]> {
  const CONVOKE_HOME = join(tmpdir(), 'convoke-no-such-home');
  const env = { PATH: process.env['PATH'], CONVOKE_HOME, CONVOKE_URL: gateway.url };
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...words], { env });
  return stdout.split('\n').map((line) => line.trim().replace(/ {2,}/, '  '));
}

beforeEach(async () => {
  log = new FakeLog();
  gateway = await ScriptedGateway.start(log);
});

afterEach(() => gateway.stop());

const TROUBLE = [
  'waits for a place: number 3 in the line, 2 of 2 turns run',
  'order failed: tool_outcome_unknown: The worker was lost.',
  'buyer pauses: agent_rate_limited: Too many.',
  'judge failed: agent_rate_limited: Too many.',
];

it('send tells which tools and agents fail or pause', async () => {
  gateway.script = (name) => {
    if (name === 'send') setImmediate(() => gateway.push(...turn()));
    return undefined;
  };
  const lines = await run('send', 's1', 'hello', '--message-id', 'm1');
  expect(lines).toEqual(expect.arrayContaining(TROUBLE));
  expect(lines).toEqual(expect.arrayContaining(['buyer calls order {"what":"tea"}', 'buyer  Nobody knows.']));
  expect(lines.join('\n')).not.toMatch(/thinks|tried again/);
});

it('send says that the gateway is away, and on Ctrl-C that the turn goes on', async () => {
  gateway.script = (name) => {
    if (name === 'send') setImmediate(() => gateway.push(...turn().slice(0, 6)));
    return undefined;
  };
  const env = { CONVOKE_HOME: join(tmpdir(), 'convoke-no-such-home'), CONVOKE_URL: gateway.url };
  const sending = startProcess(process.execPath, [PROGRAM, 'send', 's1', 'hi', '--message-id', 'm1'], env);
  await eventually('the turn is followed', () => sending.output().includes('buyer calls order'));
  await gateway.stop();
  await eventually('it says so', () => sending.output().includes('the gateway does not answer'));
  expect(await sending.end('SIGINT')).toBe(130);
  expect(sending.output()).toMatch(/The turn goes on .*convoke tail s1.*convoke cancel s1/);
});

it('tail tells the same', async () => {
  turn();
  log.append('session.closed', { reason: 'closed_by_client' });
  gateway.rest = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify({ data: log.events, next: null }));
  };
  expect(await run('tail', 's1')).toEqual(expect.arrayContaining(TROUBLE));
});

it('show has calls and failures in a line each, and no empty answers', async () => {
  turn();
  gateway.rest = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(log.view));
  };
  const lines = await run('show', 's1');
  expect(lines.slice(2, -1)).toEqual([
    'user  hello',
    'buyer calls order {"what":"tea"}',
    'order failed: tool_outcome_unknown: The worker was lost.',
    'buyer  Nobody knows.',
    'judge failed: agent_rate_limited: Too many.',
  ]);
});

it('show says who takes part, and which messages were rejected', async () => {
  log.append('message.rejected', { messageId: 'm1', code: 'turn_running' });
  const agent = { kind: 'agent', name: 'buyer', status: 'active' } as const;
  const person = { kind: 'person', name: 'ana', status: 'active' } as const;
  gateway.rest = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify({ ...log.view, members: [agent, person] }));
  };
  const lines = await run('show', 's1');
  expect(lines[0]).toContain(': buyer · with ana · ');
  expect(lines.slice(2, -1)).toEqual(['message m1 was rejected: turn_running']);
});

it('send tells that a turn has ended without an answer, and where to look', async () => {
  gateway.script = (name) => {
    const silent = () => [...log.message('m1', 't1'), log.append('turn.completed', {}, { turn: 't1' })];
    if (name === 'send') setImmediate(() => gateway.push(...silent()));
    return undefined;
  };
  const lines = await run('send', 's1', 'hello', '--message-id', 'm1');
  expect(lines).toContain('no agent has answered; see who takes part: npx convoke members s1');
});
