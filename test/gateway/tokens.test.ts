/** Who mints session tokens, and what a socket does with one; see matrix.test.ts for who may not do what. */
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

test('keys mint tokens, tokens do not', async () => {
  const minted = await rig.post('/v1/tokens', { subject: 'ana', sessions: ['s'] });
  expect(minted.status).toBe(201);
  const { token: held } = (await minted.json()) as { readonly token: string };
  expect((await as(held, 'GET', '/v1/sessions/s')).status).toBe(200);
  expect(await codeOf(await as(held, 'POST', '/v1/tokens'))).toBe('forbidden');
  expect((await rig.post('/v1/tokens', { subject: 'ana', sessions: ['a*b'] })).status).toBe(422);
});
