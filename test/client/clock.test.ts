/** Clocks that are set, and tokens that are out of date. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { ClientStatus } from '../../src/client/index.ts';
import { FakeLog } from './fake-log.ts';
import { caughtUp, sessionState, startClient, startGateway, stateOf } from './setup.ts';

const HOUR_MS = 3_600_000;

describe('a wall clock that is set back by an hour', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  function setBack(): void {
    const now = Date.now;
    jest.spyOn(Date, 'now').mockImplementation(() => now() - HOUR_MS);
  }

  test('holds up no subscription', async () => {
    const log = new FakeLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await sessionState(session, 'live');
    setBack();
    log.message('m1', 't1');
    gateway.push(log.start('t1', 't1.1'));
    await caughtUp(session, log);
  });

  test('makes no request wait longer', async () => {
    const gateway = await startGateway(new FakeLog());
    gateway.script = (name) => {
      if (name !== 'state') return undefined;
      setBack();
      return 'silence';
    };
    const session = startClient(gateway.url, { requestTimeoutMs: 150 }).session('s1');
    await expect(session.state()).rejects.toMatchObject({ code: 'timeout' });
  });

  test('puts off no attempt that a goodbye has planned', async () => {
    const log = new FakeLog();
    const [one, two] = [await startGateway(log), await startGateway(log)];
    const client = startClient([one.url, two.url]);
    await stateOf(client, 'online');
    one.bye({ code: 'draining', retry: true, retryAfterMs: 100 });
    setBack();
    const offline = stateOf(client, 'offline');
    one.cut();
    expect((await offline).retryInMs).toBeLessThanOrEqual(100);
    await two.tokens.reached(1);
  });
});

describe('a token that is refused', () => {
  const tokens = (): (() => string) => {
    let asked = 0;
    return () => `token-${++asked}`;
  };

  test('is asked for again, and the next one is taken', async () => {
    const log = new FakeLog();
    const gateway = await startGateway(log);
    gateway.refusals.push('unauthorized', 'unauthorized');
    const client = startClient(gateway.url, { token: tokens() });
    const statuses: ClientStatus[] = [];
    client.on('status', (status) => statuses.push(status));
    const session = client.session('s1');
    await sessionState(session, 'live');
    expect(gateway.tokens.items).toEqual(['token-1', 'token-2', 'token-3']);
    expect(statuses.find(({ state }) => state === 'offline')).toMatchObject({
      ...{ reason: 'unauthorized', error: { code: 'unauthorized' } },
    });
  });

  test('in the middle of a connection, too', async () => {
    const gateway = await startGateway(new FakeLog());
    const client = startClient(gateway.url, { token: tokens() });
    await stateOf(client, 'online');
    gateway.bye({ code: 'unauthorized', retry: false, retryAfterMs: 0 });
    gateway.cut();
    await gateway.tokens.reached(2);
    await stateOf(client, 'online');
    expect(gateway.tokens.items).toEqual(['token-1', 'token-2']);
  });

  test('again and again ends it', async () => {
    const gateway = await startGateway(new FakeLog());
    gateway.refusals.push(...Array.from({ length: 50 }, () => 'unauthorized' as const));
    const client = startClient(gateway.url, { token: tokens(), reconnect: { minMs: 1, maxMs: 5 } });
    const session = client.session('s1');
    expect(await stateOf(client, 'closed')).toMatchObject({ error: { code: 'unauthorized' } });
    expect(session.status).toMatchObject({ state: 'left', error: { code: 'unauthorized' } });
    expect(gateway.tokens.items).toHaveLength(8);
  });
});
