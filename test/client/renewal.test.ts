/** Session tokens that end while a connection lasts, and before it. */
import { expect, test } from '@jest/globals';
import type { ErrorCode } from '../../src/contracts/index.ts';
import { FakeLog } from './fake-log.ts';
import { refuse, Tally } from './scripted-gateway.ts';
import type { ScriptedGateway } from './scripted-gateway.ts';
import { sessionState, startClient, startGateway, stateOf } from './setup.ts';

function fresh(): () => string {
  let asked = 0;
  return () => `token-${++asked}`;
}

/** The tokens that are brought over a connection. `refusals`: what the first ones are refused with. */
function broughtTo(gateway: ScriptedGateway, refusals: ErrorCode[] = []): Tally<unknown> {
  const tokens = new Tally<unknown>();
  gateway.script = (name, { token }) => {
    if (name !== 'renew') return undefined;
    tokens.add(token);
    const code = refusals.shift();
    if (code) return refuse(code);
    return { ok: true, value: { expiresAt: 1, ended: [{ session: 's1', code: 'session_not_found' }] } };
  };
  return tokens;
}

test('another one is brought over the connection, and what it does not allow is followed no longer', async () => {
  const gateway = await startGateway(new FakeLog());
  const tokens = broughtTo(gateway, ['unauthorized', 'token_expired', 'overloaded']);
  const client = startClient(gateway.url, { token: fresh(), reconnect: { minMs: 1, maxMs: 5 } });
  const session = client.session('s1');
  await sessionState(session, 'live');
  gateway.askToRenew();
  expect(await sessionState(session, 'failed')).toMatchObject({ error: { code: 'session_not_found' } });
  expect(tokens.items).toEqual(['token-2', 'token-3', 'token-4', 'token-5']);
  // The connection is the first one.
  expect(gateway.tokens.items).toEqual(['token-1']);
  expect(client.status.state).toBe('online');
});

test('one of somebody else is not brought twice; the end of the connection comes first', async () => {
  const gateway = await startGateway(new FakeLog());
  const tokens = broughtTo(gateway, ['forbidden', 'forbidden']);
  const client = startClient(gateway.url, { token: fresh(), reconnect: { minMs: 1, maxMs: 5 } });
  await stateOf(client, 'online');
  gateway.askToRenew();
  await tokens.reached(1);
  gateway.bye({ code: 'token_expired', retry: true, retryAfterMs: 10 });
  gateway.cut();
  await gateway.tokens.reached(2);
  await stateOf(client, 'online');
  expect([tokens.items, gateway.tokens.items]).toEqual([['token-2'], ['token-1', 'token-3']]);
});

test('a connection is tried with another one, as often as it is with any that is refused', async () => {
  const gateway = await startGateway(new FakeLog());
  gateway.refusals.push('token_expired', 'token_expired');
  const pace = { minMs: 1, maxMs: 5 };
  await stateOf(startClient(gateway.url, { token: fresh(), reconnect: pace }), 'online');
  expect(gateway.tokens.items).toEqual(['token-1', 'token-2', 'token-3']);

  const always = await startGateway(new FakeLog());
  always.refusals.push(...Array.from({ length: 50 }, () => 'token_expired' as const));
  const client = startClient(always.url, { token: () => 'stale', reconnect: pace });
  expect(await stateOf(client, 'closed')).toMatchObject({ error: { code: 'token_expired' } });
  expect(always.tokens.items).toHaveLength(8);
});

test('one that stays the same ends the client', async () => {
  const gateway = await startGateway(new FakeLog());
  gateway.refusals.push('token_expired');
  const client = startClient(gateway.url, { token: 'stale' });
  expect(await stateOf(client, 'closed')).toMatchObject({ error: { code: 'token_expired' } });
  expect(gateway.tokens.items).toHaveLength(1);
});
