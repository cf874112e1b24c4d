/** What holders of session tokens reach, over every route and every request of a socket. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SCOPES } from '../../src/tenants/index.ts';
import type { Scope } from '../../src/tenants/index.ts';
import { ask, connected, startRig, TOKENS } from './harness.ts';
import type { Rig } from './harness.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.gateway.drain());

async function token(
  sessions: readonly string[],
  scopes: readonly Scope[] = SCOPES,
  tenant = 'dev',
): Promise<string> {
  return (await TOKENS.mint(tenant, { subject: 'ana', sessions, scopes })).token;
}

interface ApiDescription {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly security?: readonly unknown[] }>>>
  >;
}

/** Method and path of every route that takes a key, with the session `s`. */
async function routes(): Promise<readonly [string, string][]> {
  const { paths } = (await (await rig.call('/openapi.json')).json()) as ApiDescription; // safety: the API's own description
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      // What is behind the door of schedules is tested there.
      .filter(([, { security }]) => security === undefined && !path.startsWith('/v1/schedules'))
      .map(([method]): [string, string] => [
        method.toUpperCase(),
        path.replace('/sessions/{id}', '/sessions/s').replaceAll(/\{\w+\}/g, 'x1'),
      ]),
  );
}

async function codeOf(response: Response): Promise<string> {
  const { code = '' } = (await response.json()) as { readonly code?: string };
  return code;
}

const as = (held: string, method: string, path: string): Promise<Response> =>
  rig.call(path, {
    method,
    headers: { authorization: `Bearer ${held}`, 'content-type': 'application/json' },
    ...(method === 'POST' ? { body: '{}' } : {}),
  });

test('a token for another session gets no further than one that does not exist, anywhere', async () => {
  const held = await token(['another', 's-*']);
  for (const [method, path] of await routes()) {
    const code = await codeOf(await as(held, method, path));
    expect([method, path, path.includes('/sessions/s') ? 'session_not_found' : 'forbidden']).toEqual([
      method,
      path,
      code,
    ]);
  }
});

test('a token without scopes that matter is told so, and one of another tenant finds nothing', async () => {
  for (const [method, path] of await routes()) {
    if (!path.startsWith('/v1/sessions/s')) continue;
    const small = await token(['s'], method === 'GET' ? ['send'] : ['watch']);
    expect([method, path, await codeOf(await as(small, method, path))]).toEqual([method, path, 'forbidden']);
    // Fakes answer the rest; they are asked of the tenant's own sessions only.
    if (method !== 'GET') continue;
    const code = await codeOf(await as(await token(['*'], SCOPES, 'other'), method, path));
    expect([method, path, ['session_not_found', 'invalid_request']]).toEqual([
      ...[method, path, expect.arrayContaining([code])],
    ]);
  }
});

describe('a socket', () => {
  test('with a token for one session follows that one only', async () => {
    const socket = await connected(rig.socket({ auth: { token: await token(['s'], ['watch']) } }));
    expect(await ask(socket, 'subscribe', { session: 's' })).toMatchObject({ ok: true });
    expect(await ask(socket, 'subscribe', { session: 'another' })).toMatchObject({
      problem: { code: 'session_not_found' },
    });
    expect(await ask(socket, 'send', { session: 's', messageId: 'm', text: 'x' })).toMatchObject({
      problem: { code: 'forbidden' },
    });
    expect(await ask(socket, 'open', {})).toMatchObject({ problem: { code: 'forbidden' } });
    socket.disconnect();
  });
});

test('what is sent with a token is from its subject', async () => {
  const held = await token(['s'], ['send']);
  const response = await rig.call('/v1/sessions/s/messages', {
    method: 'POST',
    headers: { authorization: `Bearer ${held}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messageId: 'm1', text: 'x', from: 'somebody else' }),
  });
  expect(response.status).toBe(202);
  expect(rig.calls.froms).toEqual(['ana']);
});

test('keys mint tokens, tokens do not', async () => {
  const minted = await rig.post('/v1/tokens', { subject: 'ana', sessions: ['s'] });
  expect(minted.status).toBe(201);
  const { token: held } = (await minted.json()) as { readonly token: string };
  expect((await as(held, 'GET', '/v1/sessions/s')).status).toBe(200);
  expect(await codeOf(await as(held, 'POST', '/v1/tokens'))).toBe('forbidden');
  expect((await rig.post('/v1/tokens', { subject: 'ana', sessions: ['a*b'] })).status).toBe(422);
});
