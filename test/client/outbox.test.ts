import { describe, expect, test } from '@jest/globals';
import type { PendingMessage } from '../../src/client/index.ts';
import type { Receipt } from '../../src/contracts/index.ts';
import { FakeLog } from './fake-log.ts';
import { refuse } from './scripted-gateway.ts';
import { memoryStorage, sessionState, startClient, startGateway, stateOf, until } from './setup.ts';

describe('sending', () => {
  test('what is sent while offline goes out once, in order, under the same ids', async () => {
    const log = new FakeLog();
    const first = await startGateway(log);
    const { port } = first;
    const client = startClient(first.url);
    const session = client.session('s1');
    await sessionState(session, 'live');
    await first.stop();
    await stateOf(client, 'offline');
    const sent = ['a', 'b', 'c'].map((text, at) => session.send({ text, messageId: `m${at}` }));
    expect(session.pending.map((each) => each.state)).toEqual(['waiting', 'waiting', 'waiting']);

    const second = await startGateway(log, port);
    expect((await Promise.all(sent)).map((each) => each.status)).toEqual([
      'accepted',
      'accepted',
      'accepted',
    ]);
    expect(second.sends.items).toEqual(
      ['a', 'b', 'c'].map((text, at) => ({ session: 's1', text, messageId: `m${at}` })),
    );
    expect(session.pending).toEqual([]);
  });

  test('one is on its way at a time', async () => {
    const gateway = await startGateway(new FakeLog());
    let silent = true;
    gateway.script = (name) => (name === 'send' && silent ? 'silence' : undefined);
    const session = startClient(gateway.url, { requestTimeoutMs: 200 }).session('s1');
    const sent = [session.send({ text: 'a', messageId: 'a' }), session.send({ text: 'b', messageId: 'b' })];
    await gateway.sends.reached(1);
    silent = false;
    await Promise.all(sent);
    const ids = gateway.sends.items.map((each) => each.messageId);
    // Each is sent again until it is answered, which a busy gateway may take longer for than the client waits.
    expect(ids.join('')).toMatch(/^aa+b+$/);
  });

  test('an answer that is lost with the connection leads to the same message again', async () => {
    const gateway = await startGateway(new FakeLog());
    let cuts = 1;
    gateway.script = (name) => {
      if (name !== 'send' || cuts-- <= 0) return undefined;
      gateway.cut();
      return 'silence';
    };
    const receipt = await startClient(gateway.url).session('s1').send('hello');
    const ids = gateway.sends.items.map((each) => each.messageId);
    expect(ids).toEqual([receipt.messageId, receipt.messageId]);
  });

  test('a refusal for now is tried again no earlier than asked', async () => {
    const gateway = await startGateway(new FakeLog());
    const times: number[] = [];
    gateway.script = (name) => {
      if (name !== 'send') return undefined;
      times.push(performance.now());
      return times.length === 1 ? refuse('overloaded', 150) : undefined;
    };
    const session = startClient(gateway.url).session('s1');
    expect(await session.send('hello')).toMatchObject({ status: 'accepted' });
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(149);
  });

  test('a message that waits for a limit says why, and when it is sent again', async () => {
    const gateway = await startGateway(new FakeLog());
    let refusals = 1;
    gateway.script = (name) => (name === 'send' && refusals-- > 0 ? refuse('rate_limited', 300) : undefined);
    const session = startClient(gateway.url).session('s1');
    const states: string[] = [];
    session.on('pending', ([first]) => void states.push(`${first?.state} ${first?.code}`));
    const waits = until(
      (fn: (value: readonly PendingMessage[]) => void) => session.on('pending', fn),
      ([first]) => first?.state === 'retrying',
    );
    const sent = session.send('hello');
    const [message] = await waits;
    const now = Date.now();
    expect(message).toMatchObject({ code: 'rate_limited', error: { code: 'rate_limited' } });
    // Never sooner than the gateway asked, and up to a quarter later.
    expect(message!.retryAt! - now).toBeGreaterThan(100);
    expect(message!.retryAt! - now).toBeLessThanOrEqual(300 * 1.25);
    expect(await sent).toMatchObject({ status: 'accepted' });
    expect(Date.now()).toBeGreaterThanOrEqual(message!.retryAt! - 5);
    expect(states.filter((state, at) => state !== states[at - 1])).toEqual([
      ...['waiting undefined', 'sending undefined', 'retrying rate_limited', 'sending undefined'],
      'undefined undefined',
    ]);
    expect(session.pending).toEqual([]);
  });

  test('a refusal for good rejects with its code, tells it as a receipt, and does not hold up the next', async () => {
    const gateway = await startGateway(new FakeLog());
    gateway.script = (name, request) =>
      name === 'send' && request['messageId'] === 'bad' ? refuse('session_closed') : undefined;
    const session = startClient(gateway.url).session('s1');
    const receipts: Receipt[] = [];
    session.on('receipt', (receipt) => receipts.push(receipt));
    const bad = session.send({ text: 'x', messageId: 'bad' });
    const good = session.send({ text: 'y', messageId: 'good' });
    await expect(bad).rejects.toMatchObject({ name: 'ConvokeError', code: 'session_closed' });
    expect(await good).toMatchObject({ messageId: 'good' });
    expect(receipts[0]).toEqual({
      session: 's1',
      messageId: 'bad',
      status: 'rejected',
      code: 'session_closed',
    });
  });

  test('a message that waits already is not taken again', async () => {
    const gateway = await startGateway(new FakeLog());
    const session = startClient(gateway.url).session('s1');
    const message = { text: 'x', messageId: 'm1' };
    const [first, second] = await Promise.all([session.send(message), session.send(message)]);
    expect(second).toBe(first);
    expect(gateway.sends.items).toHaveLength(1);
  });

  test('receipts follow a message through its turn', async () => {
    const log = new FakeLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await sessionState(session, 'live');
    const told: string[] = [];
    session.on('receipt', (receipt) => told.push(`${receipt.status} ${receipt.turnStatus ?? '-'}`));
    await session.send({ text: 'x', messageId: 'm1' });
    gateway.push(...log.message('m1', 't1'), log.append('turn.completed', {}, { turn: 't1' }));
    await until(
      (fn: (receipt: Receipt) => void) => session.on('receipt', fn),
      (receipt) => receipt.turnStatus === 'completed',
    );
    expect(told).toEqual(['accepted -', 'consumed running', 'consumed completed']);
  });

  test('the queue is bounded, and a message that is too large never leaves', async () => {
    const gateway = await startGateway(new FakeLog());
    gateway.script = (name) => (name === 'send' ? 'silence' : undefined);
    const session = startClient(gateway.url, { outboxLimit: 1 }).session('s1');
    const first = session.send('a');
    await expect(session.send('b')).rejects.toMatchObject({ code: 'outbox_full' });
    session.leave();
    await expect(first).rejects.toMatchObject({ code: 'closed' });

    const other = startClient(gateway.url).session('s1');
    await expect(other.send('x'.repeat(70_000))).rejects.toMatchObject({ code: 'too_large' });
    expect(gateway.sends.items.filter((each) => each.text !== 'a')).toEqual([]);
  });

  test('with a storage, a reload while offline loses nothing', async () => {
    const storage = memoryStorage();
    const log = new FakeLog();
    const gone = await startGateway(log);
    await gone.stop();
    const before = startClient(gone.url, { storage });
    const texts = ['a', 'b'].map((text) => ({ text, messageId: text }));
    const lost = texts.map((message) => before.session('s1').send(message));
    before.close();
    expect((await Promise.allSettled(lost)).map((each) => each.status)).toEqual(['rejected', 'rejected']);

    const gateway = await startGateway(log);
    const session = startClient(gateway.url, { storage }).session('s1');
    expect(session.pending.map((each) => each.request)).toEqual(texts);
    await gateway.sends.reached(2);
    await until(
      (fn: (pending: readonly unknown[]) => void) => session.on('pending', fn),
      (pending) => pending.length === 0,
    );
    expect(gateway.sends.items.map((each) => each.messageId)).toEqual(['a', 'b']);
    expect(storage.getItem('convoke:s1:outbox')).toBeNull();
  });
});
