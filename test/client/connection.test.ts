import { describe, expect, test } from '@jest/globals';
import type { ClientStatus } from '../../src/client/index.ts';
import { FakeLog } from './fake-log.ts';
import { refuse } from './scripted-gateway.ts';
import { caughtUp, sessionState, startClient, startGateway, stateOf } from './setup.ts';

describe('the connection', () => {
  test('a goodbye leads to the next gateway, when it says, and the session resumes there', async () => {
    const log = new FakeLog();
    const one = await startGateway(log);
    const two = await startGateway(log);
    const client = startClient([one.url, two.url]);
    const session = client.session('s1');
    await sessionState(session, 'live');
    const from = performance.now();
    one.bye({ code: 'draining', retry: true, retryAfterMs: 150 });
    const offline = stateOf(client, 'offline');
    one.cut();
    expect(await offline).toMatchObject({ url: one.url, reason: 'draining' });
    log.message('m1', 't1');
    await two.subscribes.reached(1);
    expect(performance.now() - from).toBeGreaterThanOrEqual(149);
    expect(two.subscribes.items[0]?.cursor).toEqual({ epoch: 1_000, seq: 1, open: {} });
    await caughtUp(session, log);
    expect(client.status).toEqual({ state: 'online', url: two.url });
    expect(one.subscribes.items).toHaveLength(1);
  });

  test('a goodbye whose server forgets to close is acted on all the same', async () => {
    const log = new FakeLog();
    const one = await startGateway(log);
    const two = await startGateway(log);
    const client = startClient([one.url, two.url]);
    await stateOf(client, 'online');
    one.bye({ code: 'slow_consumer', retry: true, retryAfterMs: 10 });
    await two.tokens.reached(1);
    expect((await stateOf(client, 'online')).url).toBe(two.url);
  });

  test('a goodbye for good ends it', async () => {
    const gateway = await startGateway(new FakeLog());
    const client = startClient(gateway.url);
    const session = client.session('s1');
    await stateOf(client, 'online');
    gateway.bye({ code: 'unauthorized', retry: false, retryAfterMs: 0 });
    expect(await stateOf(client, 'closed')).toMatchObject({
      reason: 'unauthorized',
      error: { code: 'unauthorized' },
    });
    expect(session.status).toMatchObject({ state: 'left', error: { code: 'unauthorized' } });
  });

  test('a dead gateway leads to the next one', async () => {
    const log = new FakeLog();
    const one = await startGateway(log);
    const two = await startGateway(log);
    const client = startClient([one.url, two.url]);
    const session = client.session('s1');
    await sessionState(session, 'live');
    await one.stop();
    await two.subscribes.reached(1);
    expect(two.subscribes.items[0]?.cursor?.seq).toBe(1);
  });

  test('a refused key ends it with a typed error, and requests fail with it', async () => {
    const gateway = await startGateway(new FakeLog());
    gateway.refusals.push('unauthorized');
    const client = startClient(gateway.url);
    const session = client.session('s1');
    const sent = session.send('hello');
    expect(await stateOf(client, 'closed')).toMatchObject({
      error: { name: 'ConvokeError', code: 'unauthorized' },
    });
    await expect(sent).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(client.open()).rejects.toMatchObject({ code: 'unauthorized' });
    expect(gateway.tokens.items).toHaveLength(1);
  });

  test('a refusal for now, and a disconnect by the server, are followed by another attempt with a fresh token', async () => {
    const gateway = await startGateway(new FakeLog());
    gateway.refusals.push('draining');
    let asked = 0;
    const client = startClient(gateway.url, { token: async () => `token-${++asked}` });
    const states: string[] = [];
    client.on('status', (status: ClientStatus) =>
      states.push(`${status.state} ${status.reason ?? ''}`.trim()),
    );
    await stateOf(client, 'online');
    gateway.kick();
    await stateOf(client, 'offline');
    await stateOf(client, 'online');
    expect(gateway.tokens.items).toEqual(['token-1', 'token-2', 'token-3']);
    expect(states).toEqual([
      'offline draining',
      'connecting',
      'online',
      'offline io server disconnect',
      'connecting',
      'online',
    ]);
  });

  test('a token that cannot be had is asked for again', async () => {
    const gateway = await startGateway(new FakeLog());
    let asked = 0;
    const client = startClient(gateway.url, {
      token: () => {
        if (++asked === 1) throw new Error('the token service is down');
        return 'key';
      },
    });
    expect(await stateOf(client, 'offline')).toMatchObject({ reason: 'token' });
    await stateOf(client, 'online');
  });

  test('requests: answered, refused, or given up after the time-out', async () => {
    const gateway = await startGateway(new FakeLog());
    const client = startClient(gateway.url, { requestTimeoutMs: 150 });
    const session = await client.open({ id: 's1', team: 'sequence' });
    expect(session).toBe(client.session('s1'));
    expect(await session.cancel('t1')).toEqual({ status: 'cancelling', turn: 't1' });
    gateway.script = (name) => (name === 'cancel' ? refuse('turn_not_found') : undefined);
    await expect(session.cancel('t9')).rejects.toMatchObject({ code: 'turn_not_found' });
    gateway.script = (name) => (name === 'state' ? 'silence' : undefined);
    await expect(session.state()).rejects.toMatchObject({ name: 'ClientError', code: 'timeout' });
    await gateway.stop();
    await stateOf(client, 'offline');
    await expect(session.close()).rejects.toMatchObject({ code: 'offline' });
  });

  test('a session is followed that was asked for in vain while it was being opened', async () => {
    const log = new FakeLog();
    const gateway = await startGateway(log);
    const { promise: late, resolve: answer } = Promise.withResolvers<ReturnType<typeof refuse>>();
    gateway.script = (name) => (name === 'subscribe' ? late : undefined);
    const client = startClient(gateway.url);
    const session = client.session('s1');
    await gateway.subscribes.reached(1);
    await client.open({ id: 's1' });
    gateway.script = () => undefined;
    log.message('m1', 't1');
    answer(refuse('session_not_found'));
    await sessionState(session, 'live');
    await caughtUp(session, log);
  });

  test('an answer of a newer server is understood as far as it goes', async () => {
    const gateway = await startGateway(new FakeLog());
    const session = startClient(gateway.url).session('s1');
    const problem = { type: '', title: '', status: 418, code: 'teapot', detail: 'no', retryable: false };
    gateway.script = (name) => (name === 'cancel' ? ({ ok: false, problem } as never) : undefined);
    await expect(session.cancel()).rejects.toMatchObject({ code: 'internal', message: 'no' });
    gateway.script = (name) => (name === 'cancel' ? (7 as never) : undefined);
    await expect(session.cancel()).rejects.toMatchObject({ code: 'internal' });
  });
});
