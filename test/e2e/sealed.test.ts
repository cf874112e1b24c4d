/** A deployment that seals what it stores: what a person says is in no file of it, and everything goes on as without. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { AgentSpec, SessionPage } from '../../src/contracts/index.ts';
import { freePort } from '../support/ports.ts';
import { eventually } from '../support/process.ts';
import { monitored } from '../support/redis-content.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { temporalCli } from '../support/temporal.ts';
import { allEvents, freshId, openSession, rest, transcript } from './scene.ts';

const PHRASE = 'the-heron-flies-at-noon';
const ECHO: AgentSpec = { name: 'echo', runner: 'scripted', script: { say: '{{message}}', paceMs: 5 } };

const OPERATOR_KEY = 'the-key-of-an-operator-of-it-all';
const COMMAND = fileURLToPath(new URL('../../bin/convoke.mjs', import.meta.url));

let stack: Stack;
let env: Record<string, string>;
beforeAll(async () => {
  env = {
    CONVOKE_SEAL_KEYS: 'first=env:FIRST_KEY',
    FIRST_KEY: randomBytes(32).toString('base64'),
    SECOND_KEY: randomBytes(32).toString('base64'),
    CONVOKE_HIBERNATE_AFTER_MS: '500',
    CONVOKE_OPERATOR_KEY: OPERATOR_KEY,
    CONVOKE_ORIGINS: 'http://temporal.example',
  };
  const gatewayEnv = { CONVOKE_SEAL_KEYS: 'first=env:FIRST_KEY,second=env:SECOND_KEY' };
  stack = await startStack({ env, gatewayEnv });
}, 90_000);
afterAll(() => stack.stop());

/** With the environment of the stack, and more. */
async function convoke(args: readonly string[], more: Readonly<Record<string, string>>): Promise<string> {
  const from = { ...process.env, ...env, CONVOKE_HOME: stack.home, ...more };
  const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...args], { env: from });
  return stdout;
}

const url = (): string => stack.urls[0]!;

async function say(session: string, text: string): Promise<void> {
  const sent = await rest(url(), 'POST', `/v1/sessions/${session}/messages`, {
    body: { messageId: freshId(), text },
  });
  expect(sent.status).toBe(202);
}

async function answered(session: string, count: number): Promise<void> {
  await eventually('it is answered', async () => (await transcript(url(), session)).length === count);
}

async function hibernates(session: string): Promise<void> {
  await eventually('it hibernates', async () => {
    const { body } = await rest<SessionPage>(url(), 'GET', '/v1/sessions');
    return body.data.find(({ id }) => id === session)?.status === 'hibernated';
  });
}

/** Names of the files of the deployment that hold this text: the archive's and Temporal's database. */
async function filesWith(text: string): Promise<readonly string[]> {
  const files = (await readdir(stack.home)).filter((file) => /\.db(-wal)?$/.test(file));
  expect(files.length).toBeGreaterThan(1);
  const contents = await Promise.all(files.map((file) => readFile(join(stack.home, file))));
  return files.filter((_, index) => contents[index]!.includes(text));
}

test('a phrase is nowhere in the databases, also after rest, waking, a fork and a schedule; nor does it pass Redis', async () => {
  const seen = await monitored(stack.redis.url);
  const session = await openSession(url(), [{ ...ECHO, instructions: PHRASE }]);
  await say(session, PHRASE);
  await answered(session, 1);
  await hibernates(session);
  // It wakes with what was stored.
  await say(session, `${PHRASE} again`);
  await answered(session, 2);
  await hibernates(session);
  const forked = await rest<{ id: string }>(url(), 'POST', `/v1/sessions/${session}/fork`, { body: {} });
  expect(forked.status).toBe(201);
  await say(forked.body.id, `${PHRASE} in a fork`);
  await answered(forked.body.id, 3);
  // All of it with the key of its tenant; only the memo of a schedule does not tell the SDK whose it is.
  const db = new DatabaseSync(join(stack.home, 'archive.db'), { readOnly: true });
  expect(db.prepare('SELECT DISTINCT tenant FROM convoke_data_key').all()).toMatchObject([{ tenant: 'dev' }]);
  db.close();
  const schedule = { id: 'daily', cron: '0 7 1 1 *', session, message: { text: `${PHRASE} by a schedule` } };
  expect((await rest(url(), 'POST', '/v1/schedules', { body: schedule })).status).toBe(201);
  const listed = await rest<{ data: readonly object[] }>(url(), 'GET', '/v1/schedules');
  expect(listed.body.data).toMatchObject([{ message: schedule.message }]);
  expect((await rest(url(), 'POST', '/v1/schedules/daily/trigger', { body: {} })).status).toBe(204);
  await answered(session, 3);
  await hibernates(session);
  expect(JSON.stringify(await allEvents(url(), session))).toContain(`${PHRASE} by a schedule`);

  const published = { channel: 'c', data: { said: PHRASE } };
  expect((await rest(url(), 'POST', `/v1/sessions/${session}/publish`, { body: published })).status).toBe(
    200,
  );
  const redis = await seen.upTo((text) => text.includes(`{dev:${session}}:ch n `));
  await seen.stop();
  expect(redis).toContain('"sealed"');
  expect(redis).not.toContain(PHRASE);
  expect(await filesWith(PHRASE)).toEqual([]);
  expect(await filesWith(session)).not.toEqual([]);
  const connection = await Connection.connect({ address: stack.temporal.address });
  const history = await new Client({ connection }).workflow
    .getHandle(`session:dev:${session}`)
    .fetchHistory();
  const payloads = JSON.stringify(history);
  await connection.close();
  expect(payloads).toContain(Buffer.from('binary/convoke-sealed').toString('base64'));
});

test('the Temporal Web UI shows payloads to an operator, and to nobody else', async () => {
  const session = await openSession(url(), [ECHO]);
  await say(session, PHRASE);
  await answered(session, 1);
  const { stdout } = await promisify(execFile)(
    temporalCli(),
    [
      ...['workflow', 'show', '--workflow-id', `session:dev:${session}`, '--output', 'json'],
      ...['--address', stack.temporal.address, '--codec-endpoint', `${url()}/v1/codec`],
      ...['--codec-auth', `Bearer ${OPERATOR_KEY}`],
    ],
    { maxBuffer: 16 * 1_024 * 1_024 },
  );
  // Its JSON holds payloads in base64: the message is among them.
  const shown = [...stdout.matchAll(/"data": "([^"]+)"/g)].map(([, data]) =>
    Buffer.from(data!, 'base64').toString(),
  );
  expect(shown.join('\n')).toContain(PHRASE);
  const empty = await rest(url(), 'POST', '/v1/codec/decode', { body: {} });
  expect(empty).toMatchObject({ status: 200, body: { payloads: [] } });
  const body = { payloads: [{ metadata: {}, data: '' }] };
  const page = { Origin: 'http://temporal.example', 'X-Namespace': 'default' };
  const asked = await rest(url(), 'POST', '/v1/codec/decode', { body, headers: page });
  expect(asked).toMatchObject({ status: 200, body });
  expect(asked.headers.get('access-control-allow-origin')).toBe(page.Origin);
  expect(await rest(url(), 'POST', '/v1/codec/decode', { body, key: 'nobody' })).toMatchObject({
    status: 401,
  });
  const long = { payloads: Array.from({ length: 257 }, () => ({})) };
  expect(await rest(url(), 'POST', '/v1/codec/decode', { body: long })).toMatchObject({ status: 422 });
  const large = { payloads: [{ data: 'A'.repeat(1_000_000) }] };
  expect(await rest(url(), 'POST', '/v1/codec/decode', { body: large })).toMatchObject({ status: 200 });
});

test('the master key is rotated with an overlap, and a process with the wrong one says so', async () => {
  const session = await openSession(url(), [ECHO]);
  await say(session, 'before');
  await answered(session, 1);
  const both = { CONVOKE_SEAL_KEYS: 'second=env:SECOND_KEY,first=env:FIRST_KEY' };
  expect(await convoke(['seal', 'rotate', 'dev'], both)).toContain('A new data key');
  expect(await convoke(['seal', 'rewrap'], both)).toMatch(/; [2-9] of them are so now/);
  const { body: audit } = await rest<{ readonly data: readonly object[] }>(url(), 'GET', '/v1/admin/audit', {
    key: 'dev-operator',
  });
  expect(audit.data.slice(0, 2)).toEqual([
    {
      ...{ at: expect.any(Number), actor: 'environment', tenant: null, action: 'seal.rewrap' },
      ...{ target: 'second', detail: { rewrapped: expect.any(Number) } },
    },
    {
      ...{ at: expect.any(Number), actor: 'environment', tenant: 'dev', action: 'seal.rotate' },
      ...{ target: expect.any(String), detail: { generation: 2, master: 'second' } },
    },
  ]);
  // The worker, which has the old one alone, has all data keys in memory; one that starts now would not get far.
  const start = ['gateway', '--port', String(await freePort())];
  const old = convoke(start, {});
  await expect(old).rejects.toThrow('Put the master key second back into CONVOKE_SEAL_KEYS');
  const wrong = convoke(start, { CONVOKE_SEAL_KEYS: 'second=env:FIRST_KEY' });
  await expect(wrong).rejects.toThrow('The master key second in CONVOKE_SEAL_KEYS is another one');
  const worker = await stack.worker(stack.home, { CONVOKE_SEAL_KEYS: 'second=env:SECOND_KEY' });
  await Promise.all([worker.start(), stack.workers[0]!.end('SIGKILL')]);
  await say(session, 'after');
  await answered(session, 2);
});
