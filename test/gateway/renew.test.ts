/** Connections go on with the tokens that are brought to them, and end with the last one. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from '../../src/client/index.ts';
import { LIMITS } from '../../src/contracts/index.ts';
import type { Bye } from '../../src/contracts/index.ts';
import { Connections } from '../../src/gateway/connections.ts';
import type { TokenRequest } from '../../src/tenants/index.ts';
import { ask, connected, startRig, TOKENS } from './harness.ts';
import type { Rig } from './harness.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.gateway.drain());

async function token(request: Partial<TokenRequest> = {}, tenant = 'dev'): Promise<string> {
  return (await TOKENS.mint(tenant, { subject: 'ana', sessions: ['s1', 's2'], ...request })).token;
}

test('sessions and scopes of another token count at once, on the same connection', async () => {
  const socket = await connected(rig.socket({ auth: { token: await token() } }));
  for (const session of ['s1', 's2'])
    expect(await ask(socket, 'subscribe', { session })).toMatchObject({ ok: true });
  const watching = rig.delivery.watchers.size;
  const next = await token({ sessions: ['s2', 's3'], role: 'observer' });
  expect(await ask(socket, 'renew', { token: next })).toMatchObject({
    value: { expiresAt: expect.any(Number), ended: [{ session: 's1', code: 'session_not_found' }] },
  });
  expect(rig.delivery.watchers.size).toBe(watching - 1);
  const send = { messageId: 'm', text: 'x' };
  expect(await ask(socket, 'send', { session: 's2', ...send })).toMatchObject({
    problem: { code: 'forbidden' },
  });
  expect(await ask(socket, 'subscribe', { session: 's1' })).toMatchObject({
    problem: { code: 'session_not_found' },
  });
  expect(await ask(socket, 'subscribe', { session: 's3' })).toMatchObject({ ok: true });
  // Without the scope, nothing is watched any more.
  const mute = await token({ sessions: ['s2', 's3'], scopes: ['send'] });
  expect(await ask(socket, 'renew', { token: mute })).toMatchObject({
    value: {
      ended: [
        { session: 's2', code: 'forbidden' },
        { session: 's3', code: 'forbidden' },
      ],
    },
  });
  socket.disconnect();
});

test('what it is told of direct messages is what the newest token may read', async () => {
  const socket = await connected(rig.socket({ auth: { token: await token({ role: 'operator' }) } }));
  await ask(socket, 'subscribe', { session: 's1' });
  const [watcher] = [...rig.delivery.watchers].slice(-1);
  expect(watcher?.reader).toEqual({ all: true });
  await ask(socket, 'renew', { token: await token() });
  expect(watcher?.reader).toEqual({ subject: 'ana' });
  socket.disconnect();
  const withKey = await connected(rig.socket());
  await ask(withKey, 'subscribe', { session: 's1' });
  expect([...rig.delivery.watchers].at(-1)?.reader).toEqual({ all: true });
  withKey.disconnect();
});

test('one of anybody else changes nothing, nor does one that is not valid', async () => {
  const socket = await connected(rig.socket({ auth: { token: await token() } }));
  const others = {
    forbidden: [await token({ subject: 'bob' }), await token({}, 'other'), 'dev'],
    unauthorized: ['nothing', `${await token()}x`, ''],
    token_expired: [await token({ ttlMs: -60_000 })],
    invalid_request: [1],
  };
  for (const [code, tokens] of Object.entries(others))
    for (const each of tokens)
      expect([each, await ask(socket, 'renew', { token: each })]).toMatchObject([
        each,
        { problem: { code } },
      ]);
  expect(await ask(socket, 'subscribe', { session: 's1' })).toMatchObject({ ok: true });
  socket.disconnect();
  const withKey = await connected(rig.socket());
  expect(await ask(withKey, 'renew', { token: await token() })).toMatchObject({
    problem: { code: 'forbidden' },
  });
  withKey.disconnect();
});

test('the SDK brings one before the end, without a reconnect', async () => {
  const tokens: string[] = [];
  const ids: unknown[] = [];
  const client = connect({
    url: rig.url,
    token: async () => {
      // The second is for another session, so that the moment shows.
      const first = tokens.length === 0;
      const next = await token(first ? { ttlMs: 2_000 } : { sessions: ['s2'] });
      tokens.push(next);
      return next;
    },
  });
  client.on('status', ({ state }) => ids.push(state));
  const session = client.session('s1');
  const failed = new Promise((resolve) => {
    session.on('status', (status) => {
      if (status.state === 'failed') resolve(status.error);
    });
  });
  await expect(failed).resolves.toMatchObject({ code: 'session_not_found' });
  expect(tokens).toHaveLength(2);
  await client.session('s2').ready();
  expect(ids.filter((state) => state !== 'connecting')).toEqual(['online']);
  client.close();
});

test('a connection ends soon after its token, and says why', async () => {
  const connections = new Connections();
  const said: Bye[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  const principal = { tenant: 'dev' };
  const connection = {
    ...{ principal, kind: 'socket' as const, backlog: () => ({ bytes: 0 }) },
    bye: (bye: Bye) => void said.push(bye),
    close: () => resolve(undefined),
  };
  // What is brought in time takes the place of the first.
  connections.add(connection, { expiresAt: Date.now() + 60_000 });
  connections.add(connection, { expiresAt: Date.now() - LIMITS.tokenGraceMs });
  await closed;
  expect(said).toMatchObject([{ code: 'token_expired', retry: true }]);
});
