/** Socket.IO with a real client: what it may ask, what it may send, and how it is closed. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Socket as NetSocket } from 'node:net';
import type { Socket } from 'socket.io-client';
import { LIMITS } from '../../src/contracts/index.ts';
import { ask, connected, event, next, startRig, until } from './harness.ts';
import type { Rig } from './harness.ts';

let rig: Rig;
const sockets: Socket[] = [];
beforeAll(async () => {
  rig = await startRig();
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect();
});
afterAll(() => rig.gateway.drain());

function open(options?: Parameters<Rig['socket']>[0]): Socket {
  const socket = rig.socket(options);
  sockets.push(socket);
  return socket;
}

const watcher = () => [...rig.delivery.watchers].at(-1)!;

/** Sends a packet that the client library would not send. */
function raw(socket: Socket, data: unknown[], id?: number): void {
  (socket.io as unknown as { _packet(packet: object): void })._packet({
    type: 2,
    nsp: '/',
    data,
    id,
    options: {},
  });
}

describe('the door', () => {
  test.each([undefined, '', 'nope', 1, { a: 1 }])('token %j is refused with a problem', async (token) => {
    const [error] = (await next(open({ auth: { token } }), 'connect_error')) as [Error & { data?: object }];
    expect(error.data).toMatchObject({ code: 'unauthorized', status: 401, retryable: false });
    expect(JSON.stringify(error.data)).not.toContain('stack');
  });

  test('a page of another origin is refused, an allowed one and the own host are not', async () => {
    await next(open({ extraHeaders: { origin: 'https://evil.example.com' } }), 'connect_error');
    await next(open({ extraHeaders: { origin: 'null' } }), 'connect_error');
    await next(open({ extraHeaders: { origin: 'http://localhost:9' } }), 'connect_error');
    await connected(open({ extraHeaders: { origin: 'https://app.example.com' } }));
    await connected(open({ extraHeaders: { origin: rig.url } }));
  });

  test('in dev mode, pages of this machine may connect from any port', async () => {
    const dev = await startRig({ devMode: true });
    await connected(dev.socket({ extraHeaders: { origin: 'http://localhost:5173' } }));
    await next(dev.socket({ extraHeaders: { origin: 'http://localhost.evil.com' } }), 'connect_error');
    await dev.gateway.drain();
  });

  test('there is no polling transport and no client script', async () => {
    expect((await fetch(`${rig.url}/socket.io/?EIO=4&transport=polling`)).status).toBe(400);
    expect((await fetch(`${rig.url}/socket.io/socket.io.js`)).ok).toBe(false);
  });
});

describe('requests', () => {
  test('each is answered', async () => {
    const socket = await connected(open());
    expect(await ask(socket, 'open', { id: 's' })).toMatchObject({ ok: true, value: { id: 's' } });
    expect(await ask(socket, 'subscribe', { session: 's' })).toMatchObject({
      ok: true,
      value: { mode: 'snapshot', snapshot: { session: 's' } },
    });
    expect(await ask(socket, 'send', { session: 's', messageId: 'm', text: 'x' })).toEqual({
      ok: true,
      value: { session: 's', messageId: 'm', status: 'accepted' },
    });
    expect(await ask(socket, 'receipt', { session: 's', messageId: 'm' })).toMatchObject({
      ok: true,
      value: { status: 'consumed' },
    });
    expect(await ask(socket, 'cancel', { session: 's' })).toMatchObject({
      ok: true,
      value: { status: 'cancelling' },
    });
    expect(await ask(socket, 'state', { session: 's' })).toMatchObject({
      ok: true,
      value: { historyEvents: 10 },
    });
    expect(await ask(socket, 'unsubscribe', { session: 's' })).toEqual({ ok: true, value: {} });
    expect(await ask(socket, 'close', { session: 's' })).toEqual({ ok: true, value: {} });
    expect(rig.delivery.watchers.size).toBe(0);
  });

  const bad: readonly (readonly [string, string, unknown[], string])[] = [
    ['unknown event', 'evil', [{}], 'unknown_event'],
    ['error', 'error', [{}], 'unknown_event'],
    ['__proto__', '__proto__', [{}], 'unknown_event'],
    ['toString', 'toString', [{}], 'unknown_event'],
    ['message', 'message', [{}], 'unknown_event'],
    ['no request', 'send', [], 'invalid_request'],
    ['two requests', 'send', [{}, {}], 'invalid_request'],
    ['null', 'send', [null], 'invalid_request'],
    ['an array', 'subscribe', [[]], 'invalid_request'],
    ['extra', 'subscribe', [{ session: 's', room: 'x' }], 'invalid_request'],
    ['binary', 'subscribe', [{ session: Buffer.from('s') }], 'invalid_request'],
    ['wrong type', 'subscribe', [{ session: 1 }], 'invalid_request'],
    ['bad id', 'subscribe', [{ session: 'a:b' }], 'invalid_request'],
    ['bad cursor', 'subscribe', [{ session: 's', cursor: { epoch: 'x', seq: 1 } }], 'invalid_cursor'],
    ['unknown session', 'subscribe', [{ session: 'nobody' }], 'session_not_found'],
    ['closed session', 'send', [{ session: 'shut', messageId: 'm', text: 'x' }], 'session_closed'],
    ['unknown message', 'receipt', [{ session: 's', messageId: 'never' }], 'message_not_found'],
    ['unknown turn', 'cancel', [{ session: 's', turn: 't9' }], 'turn_not_found'],
    ['a step to wake', 'wake', [{ session: 's', step: 't1.1' }], 'invalid_request'],
    ['unknown team', 'open', [{ team: 'mob' }], 'unknown_team'],
    [
      'too deep',
      'open',
      [{ metadata: JSON.parse(`${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`) as object }],
      'too_deep',
    ],
    ['huge number', 'open', [{ metadata: { n: 1e300 } }], 'invalid_request'],
  ];
  test.each(bad)('%s', async (_name, event, args, code) => {
    const socket = await connected(open());
    const reply = await ask(socket, event, ...args);
    expect(reply).toMatchObject({ ok: false, problem: { code } });
    expect(JSON.stringify(reply)).not.toMatch(/node_modules|stack/);
    expect(await ask(socket, 'state', { session: 's' })).toMatchObject({ ok: true });
  });

  test('a session of another tenant is not there', async () => {
    const socket = await connected(open({ auth: { token: 'other' } }));
    expect(await ask(socket, 'subscribe', { session: 's' })).toMatchObject({
      ok: false,
      problem: { code: 'session_not_found' },
    });
  });

  test('names that are no names, and requests without an acknowledgement, are ignored', async () => {
    const socket = await connected(open());
    const sent = rig.calls.sent.length;
    raw(socket, ['send', { session: 's', messageId: 'm', text: 'x' }]);
    raw(socket, ['error', 'boom']);
    raw(socket, ['__proto__', {}]);
    raw(socket, [1, {}], 900);
    expect(await ask(socket, 'state', { session: 's' })).toMatchObject({ ok: true });
    expect(rig.calls.sent.length).toBe(sent);
  });

  test('packets that break the protocol end the connection and nothing else', async () => {
    for (const packet of [
      '2["connect",1]',
      '2[',
      '51-["x",{"_placeholder":true,"num":9}]',
      '2{}',
      '9',
      '3999[]',
      '2[null]',
    ]) {
      const socket = await connected(open());
      const gone = next(socket, 'disconnect');
      socket.io.engine.write(packet);
      const alive = ask(socket, 'state', { session: 's' }).then(
        () => 'alive',
        () => 'gone',
      );
      expect(['alive', 'transport close', 'gone']).toContain(
        await Promise.race([alive, gone.then(([reason]) => reason)]),
      );
      socket.disconnect();
    }
    expect((await fetch(`${rig.url}/healthz`)).status).toBe(200);
  });

  test('a frame that is too long ends the connection', async () => {
    const socket = await connected(open());
    const gone = next(socket, 'disconnect');
    socket.emit(
      'send',
      { session: 's', messageId: 'm', text: 'x'.repeat(LIMITS.requestBytes + 1) },
      () => undefined,
    );
    await gone;
    expect((await fetch(`${rig.url}/healthz`)).status).toBe(200);
  });

  test('too many unanswered requests are refused', async () => {
    const socket = await connected(open());
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const state = rig.calls.state.bind(rig.calls);
    rig.calls.state = (ref) => promise.then(() => state(ref));
    const asked = Array.from({ length: LIMITS.inflightPerSocket }, () =>
      ask(socket, 'state', { session: 's' }),
    );
    expect(await ask(socket, 'state', { session: 's' })).toMatchObject({
      ok: false,
      problem: { code: 'too_many_requests_in_flight' },
    });
    resolve(undefined);
    for (const reply of await Promise.all(asked)) expect(reply.ok).toBe(true);
    rig.calls.state = state;
    expect(await ask(socket, 'state', { session: 's' })).toMatchObject({ ok: true });
  });

  test('too many subscriptions are refused; unsubscribing makes room', async () => {
    const socket = await connected(open());
    for (let i = 0; i < LIMITS.subscriptionsPerSocket; i++) {
      expect((await ask(socket, 'subscribe', { session: `s${i}` })).ok).toBe(true);
    }
    expect(await ask(socket, 'subscribe', { session: 's' })).toMatchObject({
      ok: false,
      problem: { code: 'too_many_subscriptions' },
    });
    expect((await ask(socket, 'subscribe', { session: 's0' })).ok).toBe(true);
    await ask(socket, 'unsubscribe', { session: 's0' });
    expect((await ask(socket, 'subscribe', { session: 's' })).ok).toBe(true);
    socket.disconnect();
    await until(() => rig.delivery.watchers.size === 0);
  });
});

describe('watching', () => {
  test('frames follow the answer, also those pushed before it', async () => {
    const socket = await connected(open());
    const seen: string[] = [];
    socket.on('event', (each: { seq: number }) => seen.push(`event ${each.seq}`));
    rig.delivery.missed = [event(2)];
    rig.delivery.immediate = [event(3)];
    const third = new Promise<void>((resolve) =>
      socket.on('event', (each: { seq: number }) => {
        if (each.seq === 3) resolve();
      }),
    );
    await new Promise<void>((resolve) => {
      socket.emit('subscribe', { session: 's', cursor: { epoch: 7, seq: 1 } }, () => {
        seen.push('answer');
        resolve();
      });
    });
    await third;
    rig.delivery.missed = [];
    rig.delivery.immediate = [];
    expect(seen).toEqual(['answer', 'event 2', 'event 3']);
    expect(rig.delivery.cursors.at(-1)).toEqual({ epoch: 7, seq: 1 });
  });

  test('events, deltas and resets arrive with their session; nothing after an unsubscribe', async () => {
    const socket = await connected(open());
    await ask(socket, 'subscribe', { session: 's' });
    const all = Promise.all(['event', 'delta', 'reset'].map((name) => next(socket, name)));
    const old = watcher();
    old.event(event(4));
    old.delta({ session: 's', step: 't1.1', attempt: 1, offset: 0, text: 'a' });
    old.reset(await rig.delivery.snapshot({ tenant: 'dev', session: 's' }));
    expect(await all).toEqual([
      [event(4)],
      [{ session: 's', step: 't1.1', attempt: 1, offset: 0, text: 'a' }],
      [{ session: 's', snapshot: expect.anything() }],
    ]);
    await ask(socket, 'unsubscribe', { session: 's' });
    const late: unknown[] = [];
    socket.onAny((name) => late.push(name));
    old.event(event(5));
    await ask(socket, 'state', { session: 's' });
    expect(late).toEqual([]);
  });

  test('the backlog of a client that does not read grows; its end is a transport close', async () => {
    const socket = await connected(open());
    await ask(socket, 'subscribe', { session: 's' });
    const slow = watcher();
    const transport = socket.io.engine.transport as unknown as { ws: { _socket: NetSocket } };
    const wire = transport.ws._socket.pause();
    const text = 'x'.repeat(32 * 1024);
    for (let offset = 0; slow.backlog().bytes <= LIMITS.socketBytes; offset += text.length) {
      slow.delta({ session: 's', step: 't1.1', attempt: 1, offset, text });
      if (offset > 64 * LIMITS.socketBytes) throw new Error('The backlog is not seen.');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(slow.backlog().packets).toBeGreaterThan(0);
    slow.end('slow_consumer');
    await until(() => rig.delivery.watchers.size === 0);
    const gone = next(socket, 'disconnect');
    wire.resume();
    expect((await gone)[0]).toBe('transport close');
  });

  test('a client that reads is told bye, and why, before the close', async () => {
    const socket = await connected(open());
    await ask(socket, 'subscribe', { session: 's' });
    const bye = next(socket, 'bye');
    const gone = next(socket, 'disconnect');
    watcher().end('slow_consumer');
    expect(await bye).toEqual([{ code: 'slow_consumer', retry: true, retryAfterMs: expect.any(Number) }]);
    expect((await gone)[0]).toBe('transport close');
  });
});
