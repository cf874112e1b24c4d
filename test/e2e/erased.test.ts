/** Erasing sessions and tenants everywhere, whatever runs in them at that moment, and what goes away by itself. */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { Redis } from 'ioredis';
import { endsTurn, isConvokeError } from '../../src/contracts/index.ts';
import type { AgentSpec, SendRequest } from '../../src/contracts/index.ts';
import type { ErasureReply } from '../../src/ingest/index.ts';
import { quotaKey } from '../../src/quota/keys.ts';
import { eventually } from '../support/process.ts';
import { OTHER_KEY, startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { allEvents, freshId, openSession, Recorder, rest, speaker, transcript } from './scene.ts';

const COMMAND = fileURLToPath(new URL('../../bin/convoke.mjs', import.meta.url));
const OPERATOR_KEY = 'the-key-of-an-operator-of-it-all';
const ECHO: AgentSpec = { name: 'echo', runner: 'scripted', script: { say: '{{message}}', paceMs: 5 } };

let stack: Stack;
let temporal: Client;
let redis: Redis;
beforeAll(async () => {
  const env = {
    CONVOKE_SEAL_KEYS: 'first=env:FIRST_KEY',
    FIRST_KEY: randomBytes(32).toString('base64'),
    CONVOKE_HIBERNATE_AFTER_MS: '500',
    CONVOKE_OPERATOR_KEY: OPERATOR_KEY,
  };
  stack = await startStack({ env });
  temporal = new Client({ connection: await Connection.connect({ address: stack.temporal.address }) });
  redis = new Redis(stack.redis.url);
}, 90_000);
afterAll(async () => {
  redis.disconnect();
  await temporal.connection.close();
  await stack.stop();
});

interface Line {
  readonly kind: string;
}

async function convoke(...args: readonly string[]): Promise<string> {
  const from = { ...process.env, CONVOKE_URL: url(), CONVOKE_OPERATOR_KEY: OPERATOR_KEY };
  return (await promisify(execFile)(process.execPath, [COMMAND, ...args], { env: from })).stdout;
}

const url = (): string => stack.urls[0]!;

async function say(
  session: string,
  text: string,
  key = 'dev',
  more: Partial<SendRequest> = {},
): Promise<void> {
  const body = { messageId: freshId(), text, ...more };
  expect((await rest(url(), 'POST', `/v1/sessions/${session}/messages`, { body, key })).status).toBe(202);
}

/** Rows of the archive that name the session, but for the mark that it was erased. */
function rowsOf(session: string): number {
  const db = new DatabaseSync(join(stack.home, 'archive.db'), { readOnly: true });
  const count = (table: string): number =>
    Number(db.prepare(`SELECT count(*) AS n FROM ${table} WHERE session = ?`).get(session)?.['n']);
  const rows = ['convoke_session', 'convoke_event', 'convoke_state'].map(count);
  db.close();
  return rows.reduce((sum, each) => sum + each, 0);
}

/** Keys of the session in Redis that hold more than the mark that it was erased. */
async function keysOf(tenant: string, session: string): Promise<readonly string[]> {
  const keys = await redis.keys(`convoke:{${tenant}:${session}}:*`);
  const marks = await Promise.all(
    keys.map(async (key) => key.endsWith(':meta') && (await redis.hkeys(key)).join()),
  );
  return keys.filter((_, index) => marks[index] !== 'gone');
}

async function nowhere(tenant: string, session: string): Promise<void> {
  await eventually('Temporal has no run of it', async () => {
    const runs = temporal.workflow.list({ query: `WorkflowId = 'session:${tenant}:${session}'` });
    for await (const _run of runs) return false;
    return true;
  });
  const found = temporal.workflow.getHandle(`session:${tenant}:${session}`).describe();
  await expect(found).rejects.toThrow(/not found/i);
  expect(rowsOf(session)).toBe(0);
  expect(await keysOf(tenant, session)).toEqual([]);
}

async function firings(schedule: string): Promise<number> {
  return (await temporal.workflow.count(`WorkflowId STARTS_WITH 'fire:dev:${schedule}-'`)).count;
}

async function erase(session: string, key = 'dev') {
  return rest<ErasureReply & { readonly code?: string }>(url(), 'POST', `/v1/sessions/${session}/erase`, {
    key,
  });
}

/** A busy server may need longer than a request waits; an equal repeat gets the same answer. */
async function createSchedule(body: unknown): Promise<void> {
  await eventually('it is scheduled', async () => {
    const reply = await rest(url(), 'POST', '/v1/schedules', { body });
    if (reply.status === 503) throw new Error(reply.body.code);
    expect(reply.status).toBe(201);
    return true;
  });
}

test('a session is exported as it is, and all of a tenant by the command', async () => {
  const session = await openSession(url(), [ECHO]);
  await say(session, 'to be kept');
  await eventually('it is answered', async () => (await transcript(url(), session)).length === 1);
  await eventually('it has ended', async () =>
    (await allEvents(url(), session)).some(({ type }) => endsTurn(type)),
  );
  const events = await allEvents(url(), session);
  const lines = (await convoke('export', session))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  expect(lines[0]).toMatchObject({ kind: 'session', session: { session, agents: ['echo'] } });
  expect(lines.slice(1, events.length + 1)).toEqual(events.map((event) => ({ kind: 'event', event })));
  expect(lines.at(-1)).toEqual({ kind: 'end', events: lines.length - 2 });
  expect(await convoke('export', '--all')).toContain('to be kept');
  await expect(convoke('export', 'nobody')).rejects.toThrow('session_not_found');
  expect(await rest(url(), 'GET', `/v1/sessions/${session}/export`, { key: OTHER_KEY })).toMatchObject({
    status: 404,
  });
});

test('a session whose agent speaks is nowhere afterwards, and does not come back', async () => {
  const session = await openSession(url(), [ECHO]);
  await say(session, 'one');
  await eventually('it is answered', async () => (await transcript(url(), session)).length === 1);
  // It rests and wakes: it has two runs, and rows in the archive.
  await eventually('it is archived', () => rowsOf(session) > 2);
  await rest(url(), 'POST', `/v1/sessions/${session}/members`, { body: { join: speaker('slow', 400) } });
  await say(session, 'two');
  const watching = new Recorder(url(), session);
  await watching.streaming();
  const schedule = { id: 'weekly', cron: '0 7 1 1 *', session, message: { text: 'again' } };
  await createSchedule(schedule);

  // Of another session, whose schedule begins alike.
  const other = await openSession(url(), [ECHO]);
  const alike = { ...schedule, id: 'weekly-report', session: other };
  await createSchedule(alike);
  expect((await rest(url(), 'POST', '/v1/schedules/weekly-report/trigger')).status).toBe(204);
  await eventually('it has fired', async () => (await firings('weekly-report')) === 1);
  const headers = { authorization: 'Bearer dev', 'content-type': 'text/plain' };
  const upload = { method: 'POST', headers, body: 'secret' };
  expect((await fetch(`${url()}/v1/sessions/${session}/files?name=a.txt`, upload)).status).toBe(201);

  expect(await erase(session, OTHER_KEY)).toMatchObject({ status: 404 });
  const erased = await erase(session);
  expect(erased).toMatchObject({ status: 200, body: { session, status: 'erased' } });
  const { removed } = erased.body;
  expect(removed).toMatchObject({ runs: 2, schedules: 1, states: 1, files: 1 });
  expect(removed['events']).toBeGreaterThan(2);
  await nowhere('dev', session);
  await eventually('whoever watched is told', () => {
    const { error } = watching.session.status;
    return isConvokeError(error) && error.code === 'session_not_found';
  });
  watching.close();
  // The activity has stopped, and nothing that it did came back.
  await nowhere('dev', session);
  for (const path of ['', '/events', '/export'])
    expect(await rest(url(), 'GET', `/v1/sessions/${session}${path}`)).toMatchObject({ status: 404 });
  const message = { messageId: freshId(), text: 'three' };
  const sent = await rest(url(), 'POST', `/v1/sessions/${session}/messages`, { body: message });
  expect(sent).toMatchObject({ status: 404, body: { code: 'session_not_found' } });
  const opened = await rest(url(), 'POST', '/v1/sessions', { body: { id: session, agents: [ECHO] } });
  expect(opened).toMatchObject({ status: 409, body: { code: 'session_erased' } });
  const later = { ...schedule, id: 'too-late', session };
  const scheduled = await rest(url(), 'POST', '/v1/schedules', { body: later });
  expect(scheduled).toMatchObject({ status: 404, body: { code: 'session_not_found' } });
  expect(await rest(url(), 'GET', '/v1/schedules')).toMatchObject({
    body: { data: [{ id: 'weekly-report' }] },
  });
  expect(await firings('weekly-report')).toBe(1);
  // Asked again it says the same, and the proof has no content.
  expect((await erase(session)).body).toMatchObject({ status: 'erased', removed });
  const audit = await rest(url(), 'GET', '/v1/admin/audit?action=session.erase', { key: OPERATOR_KEY });
  expect(audit.body).toMatchObject({
    data: [{ tenant: 'dev', target: session, detail: { removed, digest: expect.any(String) } }],
  });
});

test('a firing that comes late does not open an erased session again', async () => {
  const open = { agents: [ECHO] };
  const message = { text: 'again' };
  const schedule = { id: 'opens', cron: '0 7 1 1 *', open, message };
  await createSchedule(schedule);
  expect((await rest(url(), 'POST', '/v1/schedules/opens/trigger')).status).toBe(204);
  await eventually('it has fired', async () => (await firings('opens')) === 1);
  let workflowId = '';
  for await (const fired of temporal.workflow.list({ query: "WorkflowId STARTS_WITH 'fire:dev:opens-'" }))
    ({ workflowId } = fired);
  const status = async () => (await temporal.workflow.getHandle(workflowId).describe()).status.name;
  await eventually('it is over', async () => (await status()) === 'COMPLETED');
  const session = `f_${createHash('sha256').update(workflowId).digest('base64url')}`;
  expect((await erase(session)).body).toMatchObject({ status: 'erased', removed: { runs: 1 } });
  // As one whose answer was lost, and whose worker was away for a while.
  const args = [{ tenant: 'dev', open, message }];
  await temporal.workflow.start('fire', { taskQueue: 'convoke', workflowId, args });
  await eventually('it is over, too', async () => (await status()) !== 'RUNNING');
  expect(await status()).toBe('FAILED');
  await nowhere('dev', session);
});

test('no turn of a suspended tenant starts, and none is lost', async () => {
  const [busy, idle] = [await openOther('busy', speaker('slow', 40)), await openOther('idle')];
  const seen = async (session: string, type: string) =>
    (await allEvents(url(), session, OTHER_KEY)).filter((event) => event.type === type);
  await say(busy, 'runs', OTHER_KEY);
  await eventually('it runs', async () => (await seen(busy, 'step.started')).length === 1);
  await say(busy, 'waits', OTHER_KEY);
  await say(idle, 'later', OTHER_KEY, { deliverAt: Date.now() + 1_000 });
  const admin = { key: OPERATOR_KEY };
  const other = { id: 'other' };
  expect((await rest(url(), 'POST', '/v1/admin/tenants', { ...admin, body: other })).status).toBe(201);
  const become = async (status: string) =>
    rest(url(), 'POST', '/v1/admin/tenants/other', { ...admin, body: { status } });
  expect((await become('suspended')).status).toBe(200);
  await eventually('both wait', async () => (await redis.zcard(quotaKey('other', 'turns', 'line'))) === 2);
  expect((await become('active')).status).toBe(200);
  for (const [session, turn, turns] of [
    [busy, 't2', 2],
    [idle, 't1', 1],
  ] as const) {
    await eventually('it is answered', async () => (await seen(session, 'turn.completed')).length === turns);
    expect(await seen(session, 'quota.waiting')).toMatchObject([{ turn, data: { most: 0 } }]);
  }
});

test('a tenant is suspended and erased, and what was sealed for it can never be opened again', async () => {
  const sessions = await Promise.all(['a', 'b'].map((name) => openOther(name)));
  for (const session of sessions) await say(session, 'hello', OTHER_KEY);
  await eventually('one of them is archived', () => sessions.some((session) => rowsOf(session) > 0));
  const kept = await openSession(url(), [ECHO]);
  await expect(convoke('tenants', 'erase', 'other')).rejects.toThrow("required option '--yes'");
  expect(await convoke('tenants', 'erase', 'other', '--yes')).toContain(
    'Tenant other is erased. Removed: 4 sessions',
  );
  for (const session of sessions) await nowhere('other', session);
  const db = new DatabaseSync(join(stack.home, 'archive.db'), { readOnly: true });
  expect(db.prepare("SELECT 1 FROM convoke_data_key WHERE tenant = 'other'").all()).toEqual([]);
  db.close();
  expect(await rest(url(), 'GET', '/v1/sessions', { key: OTHER_KEY })).toMatchObject({ status: 401 });
  expect(await rest(url(), 'GET', `/v1/sessions/${kept}`)).toMatchObject({ status: 200 });
  await expect(convoke('tenants', 'resume', 'other')).rejects.toThrow('tenant_erasing');
  const audit = await convoke('audit', '--action', 'tenant.erase', '--json');
  expect((JSON.parse(audit) as { readonly data: unknown }).data).toMatchObject([
    { tenant: 'other', target: 'other', detail: { removed: { dataKeys: 1 } } },
  ]);
});

async function openOther(name: string, agent = ECHO): Promise<string> {
  const body = { id: `${name}_${freshId()}`, agents: [agent] };
  expect((await rest(url(), 'POST', '/v1/sessions', { body, key: OTHER_KEY })).status).toBe(201);
  return body.id;
}
