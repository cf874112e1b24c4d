/** Event streams: framing, resuming, slow readers. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import type { SessionView } from '../../src/contracts/index.ts';
import { Watchers } from '../../src/deliver/follow/watchers.ts';
import { event, frames, KEY, startRig, until, view } from './harness.ts';
import type { Rig } from './harness.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.gateway.drain());

const watcher = () => [...rig.delivery.watchers].at(-1)!;

test('a stream without a cursor begins with the snapshot, also if an event is pushed in the same moment', async () => {
  rig.delivery.immediate = [event(4)];
  const leave = new AbortController();
  const response = await rig.call('/v1/sessions/s/stream', { signal: leave.signal });
  rig.delivery.immediate = [];
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
  const stream = frames(response);
  const next = async (): Promise<unknown> => (await stream.next()).value;
  expect(await next()).toBe('retry: 1000');
  expect(await next()).toBe(`event: reset\nid: 7:3\ndata: ${JSON.stringify(view())}`);
  expect(await next()).toBe(`event: turn.completed\nid: 7:4\ndata: ${JSON.stringify(event(4))}`);
  watcher().delta({ session: 's', step: 't1.1', attempt: 1, offset: 0, text: 'line\nbreak' });
  expect(await next()).toBe(
    'event: delta\ndata: {"step":"t1.1","attempt":1,"offset":0,"text":"line\\nbreak"}',
  );
  watcher().delta({ session: 's', step: 't1.1', attempt: 1, offset: 0, text: 'Hm', part: 'reasoning' });
  expect(await next()).toBe(
    'event: delta\ndata: {"step":"t1.1","attempt":1,"offset":0,"text":"Hm","part":"reasoning"}',
  );
  leave.abort();
  await until(() => rig.delivery.watchers.size === 0);
});

test('Last-Event-ID resumes and wins over ?after=', async () => {
  rig.delivery.missed = [event(2), event(3)];
  const leave = new AbortController();
  const headers = { 'last-event-id': '7:1' };
  const response = await rig.call('/v1/sessions/s/stream?after=7:0', { headers, signal: leave.signal });
  expect(rig.delivery.cursors.at(-1)).toEqual({ epoch: 7, seq: 1 });
  const stream = frames(response);
  await stream.next();
  expect((await stream.next()).value).toContain('id: 7:2');
  expect((await stream.next()).value).toContain('id: 7:3');
  leave.abort();
  const byQuery = new AbortController();
  await rig.call('/v1/sessions/s/stream?after=7:2', { signal: byQuery.signal });
  expect(rig.delivery.cursors.at(-1)).toEqual({ epoch: 7, seq: 2 });
  byQuery.abort();
  rig.delivery.missed = [];
  await until(() => rig.delivery.watchers.size === 0);
});

test('a reset in the middle carries the position to resume from', async () => {
  const leave = new AbortController();
  const stream = frames(await rig.call('/v1/sessions/s/stream?after=7:3', { signal: leave.signal }));
  await stream.next();
  watcher().reset({ ...view(), position: { epoch: 8, seq: 5 } });
  expect((await stream.next()).value).toMatch(/^event: reset\nid: 8:5\n/);
  leave.abort();
  await until(() => rig.delivery.watchers.size === 0);
});

/** As large as a snapshot can be: one step runs, and what else there is takes all the room. */
function largeView(): SessionView {
  const text = '\u0001'.repeat(LIMITS.snapshotChars / 128);
  const step = {
    kind: 'step',
    turn: 't1',
    agent: 'a',
    attempt: 1,
    status: 'completed',
    text,
    at: 1,
  } as const;
  const entries = Array.from({ length: 128 }, (_, at) => ({ ...step, step: `t1.${at}` }));
  return { ...view(), entries };
}

test('a stream begins with so much of the session that its cursor comes early', async () => {
  rig.delivery.snapshotOf = largeView;
  const leave = new AbortController();
  const stream = frames(await rig.call('/v1/sessions/s/stream', { signal: leave.signal }));
  rig.delivery.snapshotOf = view;
  await stream.next();
  const reset = String((await stream.next()).value);
  expect(reset).toMatch(/^event: reset\nid: 7:3\ndata: /);
  expect(Buffer.byteLength(reset)).toBeLessThan(LIMITS.socketBytes / 2);
  const shown = JSON.parse(reset.slice(reset.indexOf('{'))) as SessionView;
  expect(shown.truncated).toBe(true);
  expect(shown.entries).toEqual(largeView().entries.slice(-shown.entries.length));
  leave.abort();
  await until(() => rig.delivery.watchers.size === 0);
});

/** A stream that its client does not read. */
async function unread(): Promise<{ readonly socket: Socket; readonly slow: ReturnType<typeof watcher> }> {
  const socket = connect(rig.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(
    `GET /v1/sessions/s/stream?after=7:3 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${KEY}\r\n\r\n`,
  );
  await until(() => rig.delivery.watchers.size === 1);
  const slow = watcher();
  return { socket, slow };
}

test('a snapshot does not count against a slow reader, who gets all of it and what follows', async () => {
  const { socket, slow } = await unread();
  const watchers = new Watchers(() => undefined);
  watchers.add(slow);
  const text = 'x'.repeat(64 * 1024);
  let offset = 0;
  const say = async (): Promise<void> => {
    const delta = { session: 's', step: 't1.1', attempt: 1, offset, text };
    offset += text.length;
    watchers.tell((each) => each.delta(delta));
    await new Promise((resolve) => setImmediate(resolve));
  };
  // Until the kernel takes no more.
  while (slow.backlog().bytes < 2 * text.length) await say();
  const before = slow.backlog().bytes;
  const large = { ...view(), metadata: { public: 'é'.repeat(LIMITS.snapshotChars) } };
  for (const seq of [4, 5, 6]) {
    watchers.tell((each) => each.reset({ ...large, position: { epoch: 7, seq } }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(slow.backlog().bytes - before).toBeLessThan(1_024);
  await say();
  expect(watchers.size).toBe(1);
  let heard = '';
  socket.setEncoding('utf8').on('data', (piece: string) => (heard += piece));
  socket.resume();
  await until(() => heard.includes(`"offset":${offset - text.length},`));
  expect(heard.match(/^id: 7:[456]$/gm)).toHaveLength(3);
  expect(heard).not.toContain('event: bye');
  socket.destroy();
  await until(() => rig.delivery.watchers.size === 0);
});

test('the end of a slow consumer: its backlog is seen, it is told why, and it is unsubscribed', async () => {
  const { socket, slow } = await unread();
  const text = 'x'.repeat(64 * 1024);
  for (let offset = 0; slow.backlog().bytes <= LIMITS.socketBytes; offset += text.length) {
    slow.delta({ session: 's', step: 't1.1', attempt: 1, offset, text });
    if (offset > 64 * LIMITS.socketBytes) throw new Error('The backlog is not seen.');
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(slow.backlog().packets).toBeGreaterThan(0);
  slow.end('slow_consumer');
  await until(() => rig.delivery.watchers.size === 0);
  socket.destroy();
});

test('a stream that ends says bye', async () => {
  const stream = frames(await rig.call('/v1/sessions/s/stream?after=7:3'));
  await stream.next();
  watcher().end('slow_consumer');
  const rest: string[] = [];
  for await (const frame of stream) rest.push(frame);
  expect(rest).toHaveLength(1);
  expect(rest[0]).toMatch(/^event: bye\ndata: \{"code":"slow_consumer","retry":true,"retryAfterMs":\d+\}$/);
});

test('HEAD does not hold the connection', async () => {
  const response = await rig.call('/v1/sessions/s/stream', { method: 'HEAD' });
  expect(response.status).toBe(200);
  expect(rig.delivery.watchers.size).toBe(0);
});
