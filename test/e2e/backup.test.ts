/** The drill of deploy/README.md: sessions with talk, a backup, everything lost, the backup restored; and backups of different moments. */
import { execFile } from 'node:child_process';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { AgentSpec, SessionEvent, SessionPage } from '../../src/contracts/index.ts';
import { startPostgres } from '../support/postgres.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { allEvents, expectWhole, openSession, rest, words } from './scene.ts';
import { settledAt } from './settled.ts';

const COMMAND = fileURLToPath(new URL('../../bin/convoke.mjs', import.meta.url));
/** A message that is being answered for 3 s, so that Temporal is backed up meanwhile. */
const LONG = words(60);
/** Says every message again. */
const ECHO: AgentSpec = { name: 'echo', runner: 'scripted', script: { say: '{{message}}', paceMs: 50 } };
const PATIENT_MS = 60_000;

let postgres: TestPostgres;
let stack: Stack;
let env: Record<string, string>;

beforeAll(async () => {
  postgres = await startPostgres();
  await administer('CREATE DATABASE archive');
  const archive = new URL(postgres.url);
  archive.pathname = 'archive';
  env = { CONVOKE_ARCHIVE_URL: archive.href, CONVOKE_HIBERNATE_AFTER_MS: '500' };
  stack = await startStack({ env });
}, 120_000);

afterAll(async () => {
  await stack.stop();
  await postgres.stop();
});

async function administer(...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

async function convoke(...args: string[]): Promise<string> {
  const from = { ...process.env, ...env, TEMPORAL_ADDRESS: stack.temporal.address, CONVOKE_HOME: stack.home };
  const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...args], { env: from });
  return stdout;
}

/** As `sqlite3 temporal.db ".backup FILE"` does it while the server runs: all pages at once, or each write would begin it anew. */
async function backUpTemporal(file: string): Promise<void> {
  const db = new DatabaseSync(join(stack.home, 'temporal.db'), { readOnly: true, timeout: 5_000 });
  await backup(db, file, { rate: 1_000_000 });
  db.close();
}

async function loseEverything(): Promise<void> {
  await Promise.all([...stack.gateways, ...stack.workers].map((role) => role.end('SIGKILL')));
  await Promise.all([stack.temporal.kill(), stack.redis.kill()]);
  for (const suffix of ['', '-wal', '-shm'])
    await rm(join(stack.home, `temporal.db${suffix}`), { force: true });
  await administer('DROP DATABASE archive WITH (FORCE)');
}

/** Answers what `convoke restore` says. */
async function restore({ temporal, archive }: Backup): Promise<string> {
  await copyFile(temporal, join(stack.home, 'temporal.db'));
  await administer('CREATE DATABASE archive');
  await Promise.all([stack.temporal.start(), stack.redis.start()]);
  const said = await convoke('restore', archive);
  await Promise.all([...stack.gateways, ...stack.workers].map((role) => role.start()));
  return said;
}

interface Backup {
  readonly temporal: string;
  readonly archive: string;
}

const filesOf = (name: string): Backup => ({
  temporal: join(stack.home, `${name}-temporal.db`),
  archive: join(stack.home, `${name}-archive.db`),
});

const url = (): string => stack.urls[0]!;

async function open(id: string): Promise<string> {
  return openSession(url(), [ECHO], id);
}

async function send(id: string, messageId: string, text = `This is ${messageId}.`): Promise<void> {
  const body = { messageId, text };
  const sent = async (): Promise<boolean> =>
    (await rest(url(), 'POST', `/v1/sessions/${id}/messages`, { body })).status === 202;
  await eventually(`${messageId} is accepted`, sent, PATIENT_MS);
}

async function talk(id: string, messageId: string): Promise<readonly SessionEvent[]> {
  await send(id, messageId);
  return settledAt(url(), id, [messageId]);
}

async function stands(id: string, status: string): Promise<void> {
  const asked = async (): Promise<boolean> => {
    const { body } = await rest<SessionPage>(url(), 'GET', '/v1/sessions?limit=100');
    return body.data.some((each) => each.id === id && each.status === status);
  };
  await eventually(`${id} is ${status}`, asked, PATIENT_MS);
}

/** A long message, and its answer has begun. */
async function askAtLength(id: string, messageId: string): Promise<void> {
  await send(id, messageId, LONG);
  await eventually('it is being answered', async () => {
    const events = await allEvents(url(), id);
    const { turn } = events.find(({ cause }) => cause === messageId) ?? {};
    return turn !== undefined && events.some((event) => event.type === 'step.started' && event.turn === turn);
  });
}

/** These messages and their answers, as `said` tells them. */
const answered = (...messageIds: string[]): readonly string[] =>
  messageIds.flatMap((id) => [id, `This is ${id}.`]);

/** Who said what, in order. */
function said(events: readonly SessionEvent[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.type === 'message.accepted') return [event.data.messageId];
    return event.type === 'step.completed' ? [event.data.text] : [];
  });
}

async function loseRedis(): Promise<void> {
  await stack.redis.kill();
  await stack.redis.start();
}

/** What a log has that is built anew, from the archive and from Temporal. */
async function built(id: string): Promise<readonly SessionEvent[]> {
  let events: readonly SessionEvent[] = [];
  const read = async (): Promise<boolean> => {
    events = await allEvents(url(), id);
    return true;
  };
  await eventually(`the log of ${id} is built anew`, read, PATIENT_MS);
  expectWhole(events);
  return events;
}

test('everything is lost and restored: transcripts are the same, all go on, and nothing is doubled', async () => {
  const files = filesOf('newer');
  const ids = ['answering', 'resting', 'woken', 'closed'] as const;
  await Promise.all(ids.map(open));
  await Promise.all(ids.map((id) => talk(id, 'm1')));
  await rest(url(), 'DELETE', '/v1/sessions/closed');
  await Promise.all(ids.map((id) => stands(id, id === 'closed' ? 'closed' : 'hibernated')));
  await askAtLength('answering', 'm2');
  await backUpTemporal(files.temporal);
  // What comes after that goes to rest, and so into the archive, which is backed up later.
  await open('later');
  await Promise.all([talk('woken', 'm2'), talk('later', 'm1'), talk('answering', 'after')]);
  await Promise.all(['answering', 'woken', 'later'].map((id) => stands(id, 'hibernated')));
  expect(await convoke('backup', files.archive)).toContain('of 5 sessions');

  await loseEverything();
  expect(await restore(files)).toMatch(/^Restored .* of 5 sessions\.\nLeft out .* of 1 session: /);

  const kept: Readonly<Record<string, readonly string[]>> = {
    answering: [...answered('m1'), 'm2', LONG],
    resting: answered('m1'),
    woken: answered('m1', 'm2'),
    later: answered('m1'),
  };
  expect(said(await settledAt(url(), 'answering', ['m2']))).toEqual(kept['answering']);
  for (const [id, words] of Object.entries(kept)) expect(said(await allEvents(url(), id))).toEqual(words);
  expect(said(await allEvents(url(), 'closed'))).toEqual(answered('m1'));
  const body = { messageId: 'next', text: 'Hello?' };
  expect((await rest(url(), 'POST', '/v1/sessions/closed/messages', { body })).status).toBe(409);
  await Promise.all(Object.keys(kept).map((id) => talk(id, 'next')));
  // The archive takes what is new, also where it had something else before.
  await Promise.all(Object.keys(kept).map((id) => stands(id, 'hibernated')));
  await loseRedis();
  for (const [id, words] of Object.entries(kept))
    expect(said(await built(id))).toEqual([...words, ...answered('next')]);
  expect(said(await talk('answering', 'last'))).toEqual([
    ...(kept['answering'] ?? []),
    ...answered('next', 'last'),
  ]);
}, 300_000);

test('an archive older than Temporal: sessions go on without what was lost, which is told', async () => {
  const files = filesOf('older');
  await Promise.all(['gap', 'back'].map(open));
  await Promise.all(['gap', 'back'].map((id) => talk(id, 'm1')));
  await Promise.all(['gap', 'back'].map((id) => stands(id, 'hibernated')));
  await convoke('backup', files.archive);
  await open('gone');
  await Promise.all(['gap', 'back', 'gone'].map((id) => talk(id, 'm2')));
  await Promise.all(['gap', 'back', 'gone'].map((id) => stands(id, 'hibernated')));
  await askAtLength('gap', 'm3');
  await backUpTemporal(files.temporal);

  await loseEverything();
  expect(await restore(files)).toMatch(/goes on from a later moment .*:\n {2}dev gap\n$/);

  // Of one that went on at that moment, the positions that nobody can tell any more are marked.
  await settledAt(url(), 'gap', ['m3']);
  const gap = await talk('gap', 'next');
  expect(said(gap)).toEqual([...answered('m1'), 'm3', LONG, ...answered('next')]);
  expect(gap.filter(({ type }) => type === 'session.recovered')).not.toEqual([]);
  // One at rest goes on from the archive's moment.
  expect(said(await talk('back', 'next'))).toEqual(answered('m1', 'next'));
  // One of which the archive has nothing cannot.
  const body = { messageId: 'next', text: 'Hello?' };
  expect(await rest(url(), 'POST', '/v1/sessions/gone/messages', { body })).toMatchObject({
    status: 409,
    body: { code: 'session_not_stored', retryable: false },
  });
  await stands('gap', 'hibernated');
  await loseRedis();
  expect(said(await built('gap'))).toEqual(said(gap));
}, 300_000);
