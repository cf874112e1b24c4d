/** Tenants and keys over REST, with two gateways that share a database, each with connections of its own to it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openArchive } from '../../src/archive/index.ts';
import { Opened } from '../../src/main/opened.ts';
import { openAccess } from '../../src/main/access.ts';
import { eventually } from '../support/process.ts';
import { FakeCalls } from './fake-calls.ts';
import { connected, frames, intakeOf, next, startRig, TOKEN_KEY, TOKENS } from './harness.ts';
import type { Rig } from './harness.ts';

const opened = new Opened();
/** What the operator was told of. */
const told: { readonly operatorKey?: string }[] = [];
let operator: string;
let here: Gateway;
let there: Gateway;

/** A gateway, and what makes it ask the database at once. */
type Gateway = Rig & { readonly look: () => Promise<void> };

async function startGateway(url: string): Promise<Gateway> {
  const archive = opened.add(await openArchive(url), (each) => each.close());
  const logger = {
    info: () => undefined,
    warn: (fields: object) => void told.push(fields),
    error: () => undefined,
  };
  const config = { keys: new Map([['dev', 'dev']]), tokenKeys: [TOKEN_KEY], issuers: [], devMode: false };
  const { authenticator, served, refresh } = await openAccess(archive.database, config, { logger, opened });
  const rig = await startRig({ intake: intakeOf(new FakeCalls(), { authenticator }), ...served });
  opened.add(rig, ({ gateway }) => gateway.drain());
  return { ...rig, look: refresh };
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'convoke-admin-'));
  opened.add(folder, (each) => rm(each, { recursive: true }));
  const url = `sqlite://${folder}/archive.db`;
  [here, there] = await Promise.all([startGateway(url), startGateway(url)]);
  await eventually('an operator key was made', () => told.length > 0);
  operator = told[0]?.operatorKey ?? '';
  await Promise.all([here, there].map((each) => each.look()));
});
afterAll(() => opened.close());

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly [field: string]: unknown;
}

/** A request to `/v1/admin`; of the answer its status and its fields. */
async function as(key: string, method: string, path: string, body?: object): Promise<Answer> {
  const response = await here.call(`/v1/admin/${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { ...((await response.json()) as object), status: response.status };
}

const admin = (method: string, path: string, body?: object): Promise<Answer> =>
  as(operator, method, path, body);

async function makeKey(fields: object = {}): Promise<{ readonly id: string; readonly key: string }> {
  const made = await admin('POST', 'keys', { tenant: 'dev', name: 'server', ...fields });
  expect(made.status).toBe(201);
  return { id: String(made['id']), key: String(made['key']) };
}

const statusOf = async (key: string, rig: Rig): Promise<number> =>
  (await rig.call('/v1/sessions/s', { headers: { authorization: `Bearer ${key}` } })).status;

/** The promise is one second; a machine under load may be late. */
const known = (what: string, is: () => Promise<boolean>): Promise<void> => eventually(what, is, 5_000);

test('of two gateways that start with an empty registry one makes an operator key, and says so once', () => {
  expect(told).toEqual([{ operatorKey: expect.stringMatching(/^cvk_[0-9a-z]{17}_[\w-]{43}$/) }]);
});

test('a tenant is created, shown, changed and listed; mistakes have codes', async () => {
  const created = await admin('POST', 'tenants', { id: 'dev', limits: { connections: 9 } });
  expect(created).toMatchObject({ status: 201, id: 'dev', name: 'dev', limits: { connections: 9 } });
  expect(await admin('POST', 'tenants', { id: 'dev' })).toMatchObject({ status: 409, code: 'tenant_exists' });
  expect(await admin('POST', 'tenants/dev', { name: 'Dev' })).toMatchObject({
    status: 200,
    name: 'Dev',
  });
  expect(await admin('GET', 'tenants/dev')).toMatchObject({ name: 'Dev', limits: { connections: 9 } });
  expect(await admin('GET', 'tenants')).toMatchObject({ data: [{ id: 'dev' }], next: null });
  const mistakes: readonly [string, string, object | undefined, string][] = [
    ['POST', 'tenants', { id: 'a:b' }, 'invalid_request'],
    ['POST', 'tenants', { id: 'odd', limits: { anything: 1 } }, 'invalid_request'],
    ['POST', 'tenants/dev', {}, 'invalid_request'],
    ['POST', 'tenants/nobody', { name: 'x' }, 'tenant_not_found'],
    ['GET', 'tenants/nobody', undefined, 'tenant_not_found'],
    ['POST', 'keys', { name: 'x' }, 'invalid_request'],
    ['POST', 'keys', { name: 'x', tenant: 'dev', operator: true }, 'invalid_request'],
    ['POST', 'keys', { name: 'x', operator: true, scopes: ['watch'] }, 'invalid_request'],
    ['POST', 'keys', { name: 'x', tenant: 'dev', scopes: ['admin'] }, 'invalid_request'],
    ['POST', 'keys', { name: 'x', tenant: 'nobody' }, 'tenant_not_found'],
    ['POST', 'keys/nobody/rotate', {}, 'key_not_found'],
    ['POST', 'keys/nobody/revoke', undefined, 'key_not_found'],
    ['POST', 'revocations', { tenant: 'dev', kind: 'subject' }, 'invalid_request'],
    ['POST', 'revocations', { tenant: 'dev', kind: 'tenant', value: 'x' }, 'invalid_request'],
    ['GET', 'audit?cursor=x', undefined, 'invalid_cursor'],
    ['GET', 'audit?what=x', undefined, 'invalid_request'],
  ];
  for (const [method, path, body, code] of mistakes)
    expect([method, path, (await admin(method, path, body)).code]).toEqual([method, path, code]);
});

test('a key opens its tenant on every gateway, and what its scopes allow; an operator’s opens no tenant', async () => {
  const { key } = await makeKey({ scopes: ['watch'] });
  expect(await statusOf(key, here)).toBe(200);
  await known('the other gateway knows the key', async () => (await statusOf(key, there)) === 200);
  const send = (held: string): Promise<Response> =>
    here.post('/v1/sessions/s/messages', { messageId: 'm', text: 'x' }, { authorization: `Bearer ${held}` });
  expect((await send(key)).status).toBe(403);
  const mint = { subject: 'ana', sessions: ['s'] };
  expect((await here.post('/v1/tokens', mint, { authorization: `Bearer ${key}` })).status).toBe(403);
  for (const held of [key, 'dev'])
    expect(await as(held, 'GET', 'keys')).toMatchObject({ status: 403, code: 'forbidden' });
  expect([await statusOf(operator, here), (await send(operator)).status]).toEqual([403, 403]);
  expect((await here.post('/v1/tokens', mint, { authorization: `Bearer ${operator}` })).status).toBe(403);
});

describe('on the other gateway, what is connected ends, and says why:', () => {
  const unauthorized = { code: 'unauthorized', retry: false };

  test('of a key that is revoked, sockets and streams; the key that took its place goes on', async () => {
    const { id, key } = await makeKey();
    await there.look();
    const rotated = await admin('POST', `keys/${id}/rotate`);
    expect(rotated).toMatchObject({ status: 201, name: 'server', tenant: 'dev', replacedBy: null });
    expect(await admin('POST', `keys/${id}/rotate`)).toMatchObject({ code: 'key_ended' });
    const { key: newer } = rotated as { readonly key?: string };
    await there.look();
    const [socket, lasting] = await Promise.all(
      [key, newer].map((token) => connected(there.socket({ auth: { token } }))),
    );
    const stream = await there.call('/v1/sessions/s/stream', { headers: { authorization: `Bearer ${key}` } });
    const bye = next(socket!, 'bye');
    const closed = next(socket!, 'disconnect');
    expect(await admin('POST', `keys/${id}/revoke`)).toMatchObject({ status: 200, id });
    expect(await bye).toMatchObject([unauthorized]);
    await closed;
    const said: string[] = [];
    for await (const frame of frames(stream)) said.push(frame);
    expect(said.at(-1)).toContain('event: bye\ndata: {"code":"unauthorized"');
    expect(await statusOf(key, there)).toBe(401);
    expect([lasting!.connected, await statusOf(String(newer), there)]).toEqual([true, 200]);
    lasting!.disconnect();
  });

  test('of a subject whose tokens are revoked; what is minted afterwards counts', async () => {
    const mint = async (subject: string): Promise<string> =>
      (await TOKENS.mint('dev', { subject, sessions: ['s'] })).token;
    const [ana, bob] = await Promise.all(['ana', 'bob'].map(mint));
    const [hers, his] = await Promise.all(
      [ana, bob].map((token) => connected(there.socket({ auth: { token } }))),
    );
    const bye = next(hers!, 'bye');
    const revoked = await admin('POST', 'revocations', { tenant: 'dev', kind: 'subject', value: 'ana' });
    expect(revoked).toMatchObject({ status: 201, kind: 'subject', value: 'ana' });
    expect(await bye).toMatchObject([unauthorized]);
    expect([await statusOf(ana!, there), await statusOf(bob!, there)]).toEqual([401, 200]);
    expect(await statusOf(await mint('ana'), there)).toBe(200);
    const ended = next(his!, 'bye');
    await admin('POST', 'revocations', { tenant: 'dev', kind: 'tenant' });
    expect(await ended).toMatchObject([unauthorized]);
    expect(await admin('GET', 'revocations?tenant=dev')).toMatchObject({ data: [{}, {}] });
  });

  test('of a tenant that is suspended, with any key; it comes back when it is resumed', async () => {
    const { key } = await makeKey();
    const { token } = await TOKENS.mint('dev', { subject: 'ana', sessions: ['s'] });
    // `dev` is a key of the environment.
    const held = [key, token, 'dev'];
    await there.look();
    const sockets = await Promise.all(held.map((each) => connected(there.socket({ auth: { token: each } }))));
    const byes = sockets.map((socket) => next(socket, 'bye'));
    await admin('POST', 'tenants/dev', { status: 'suspended' });
    for (const bye of byes) expect(await bye).toMatchObject([unauthorized]);
    const refused = await there.call('/v1/sessions/s', { headers: { authorization: `Bearer ${key}` } });
    const unknown = await there.call('/v1/sessions/s', { headers: { authorization: 'Bearer unknown' } });
    const [one, other] = (await Promise.all([refused.json(), unknown.json()])) as object[];
    expect({ ...one, requestId: '' }).toEqual({ ...other, requestId: '' });
    await admin('POST', 'tenants/dev', { status: 'active' });
    await there.look();
    for (const each of held) expect(await statusOf(each, there)).toBe(200);
  });
});

test('the audit log tells what was done and by whom, newest first, and lists keys without their secret', async () => {
  await here.post('/v1/tokens', { subject: 'eve', sessions: ['s'] });
  await known('the mint was written', async () => {
    const { data } = await admin('GET', 'audit?action=token.mint');
    return (data as readonly { readonly target: string }[]).some(({ target }) => target === 'eve');
  });
  const { data } = (await admin('GET', 'audit?tenant=dev&limit=100')) as unknown as {
    readonly data: readonly { readonly action: string; readonly actor: string }[];
  };
  const id = operator.split('_')[1];
  expect(data.at(-1)).toMatchObject({ action: 'tenant.create', actor: `key:${id}`, target: 'dev' });
  expect(new Set(data.map(({ action }) => action))).toEqual(
    new Set([
      ...['tenant.create', 'tenant.change', 'key.create', 'key.rotate', 'key.revoke'],
      ...['subject.revoke', 'tenant.revoke', 'token.mint', 'request.refuse'],
    ]),
  );
  const keys = await admin('GET', 'keys?tenant=dev');
  expect(keys).toMatchObject({ data: expect.arrayContaining([expect.objectContaining({ name: 'server' })]) });
  expect(JSON.stringify([data, keys])).not.toContain('cvk_');
  expect(JSON.stringify(keys)).not.toContain('digest');
});
