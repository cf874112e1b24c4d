/** Clients that mean no good, on raw connections: each costs what it costs itself, and ends. */
import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { crumbs, frame, get, greetedSocket, rawConnection, rawSocket, text } from '../support/hostile.ts';
import type { RawConnection } from '../support/hostile.ts';
import { eventually } from '../support/process.ts';
import { ask, connected, startRig, view } from './harness.ts';
import type { Rig } from './harness.ts';

let rig: Rig;
const warnings: { readonly reason?: string; readonly message: string }[] = [];
const open: RawConnection[] = [];

beforeAll(async () => {
  const logger = {
    info: () => undefined,
    warn: (fields: object, message: string) => void warnings.push({ ...fields, message }),
    error: (fields: object) => void rig.errors.push(fields),
  };
  rig = await startRig({ logger });
});
afterEach(() => {
  for (const raw of open.splice(0)) raw.end();
  expect(rig.errors).toEqual([]);
  warnings.length = 0;
});
afterAll(() => rig.gateway.drain());

async function opened(opening: Promise<RawConnection>): Promise<RawConnection> {
  const raw = await opening;
  open.push(raw);
  return raw;
}

const reasons = (): readonly (string | undefined)[] => warnings.map(({ reason }) => reason);
const isFine = async (): Promise<void> => {
  expect((await rig.call('/healthz')).status).toBe(200);
};

describe('requests', () => {
  test('sent ahead of the answers are answered in order', async () => {
    const raw = await opened(rawConnection(rig.port));
    raw.write(Array.from({ length: 16 }, (_, n) => get('/healthz', { 'X-Request-Id': `r${n}` })).join(''));
    await raw.says('X-Request-Id: r15');
    expect([...raw.text.matchAll(/X-Request-Id: (\S+)/g)].map(([, id]) => id)).toEqual(
      Array.from({ length: 16 }, (_, n) => `r${n}`),
    );
  });

  test('sent ahead by the thousand, of files, unread: the connection is cut, and no file stays open', async () => {
    const files = (): number => readdirSync('/proc/self/fd').length;
    const before = files();
    for (let n = 0; n < 5; n += 1) {
      const raw = await opened(rawConnection(rig.port));
      raw.socket.pause();
      raw.write(get('/docs/assets/swagger-ui-bundle.js').repeat(1_000));
    }
    await eventually('all are cut', async () => reasons().length === 5);
    for (const raw of open.splice(0)) raw.end();
    await eventually('the files are closed', async () => files() <= before + 1);
    await isFine();
  });

  test('whose head never ends are ended, in the time that is stated', async () => {
    const raw = await opened(rawConnection(rig.port));
    raw.write('GET / HTTP/1.1\r\nHost: x\r\n');
    await raw.over('it is ended', LIMITS.headMs + 4 * LIMITS.lookMs);
    expect(raw.text).toContain('408');
  }, 30_000);

  test('whose body comes in crumbs are cut, whoever reads it', async () => {
    const head = { Authorization: 'Bearer dev', 'Content-Type': 'application/json' };
    const raw = await opened(rawConnection(rig.port));
    raw.write(get('/v1/sessions', { ...head, 'Transfer-Encoding': 'chunked' }).replace('GET', 'POST'));
    raw.write(crumbs(LIMITS.bodyPieces + 1));
    await raw.over('it is cut');
    expect(reasons()).toEqual(['its body comes in too many pieces']);
  });

  test('that are answered before their body is there end the connection, which no other could use', async () => {
    const raw = await opened(rawConnection(rig.port));
    raw.write(`${get('/healthz', { 'Transfer-Encoding': 'chunked' })}${crumbs(1)}`);
    await raw.over('it is ended');
    expect(raw.text).toContain('HTTP/1.1 200 OK');
  });

  test('for a WebSocket, sent ahead of an answer, are requests like others', async () => {
    const raw = await opened(rawConnection(rig.port));
    const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
    const key = { 'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64') };
    raw.write(get('/healthz') + get('/socket.io/?EIO=4&transport=websocket', { ...upgrade, ...key }));
    await raw.says('HTTP/1.1 400 Bad Request');
    expect(raw.text).not.toContain('HTTP/1.1 101');
  });

  test('that ask for another protocol get the answer in this one', async () => {
    const raw = await opened(rawConnection(rig.port));
    const upgrade = {
      Connection: 'Upgrade, HTTP2-Settings',
      Upgrade: 'h2c',
      'HTTP2-Settings': 'AAMAAABkAAQAoAAAAAIAAAAA',
    };
    raw.write(get('/healthz', upgrade));
    await raw.says('{"status":"ok"}');
    expect(raw.text).toContain('HTTP/1.1 200 OK');
  });

  test('for parts of a file, or for one of a version, are answered as the standard says', async () => {
    const path = '/docs/assets/swagger-ui.css';
    const asked = async (headers: Record<string, string>, method = 'GET') =>
      rig.call(path, { method, headers });
    const whole = await asked({});
    const etag = whole.headers.get('etag') ?? '';
    const body = await whole.text();
    const part = await asked({ range: 'bytes=2-5' });
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
      ...[206, body.slice(2, 6), `bytes 2-5/${Buffer.byteLength(body)}`],
    ]);
    expect((await asked({ range: 'bytes=99999999-' })).status).toBe(416);
    expect((await asked({ 'if-match': '"other"' })).status).toBe(412);
    expect((await asked({ 'if-match': `"other", ${etag}` })).status).toBe(200);
    expect((await asked({ 'if-none-match': `W/${etag}` })).status).toBe(304);
    expect((await asked({ range: 'bytes=2-5', 'if-range': '"other"' })).status).toBe(200);
    expect((await asked({ range: 'lines=2-5' })).status).toBe(200);
    const head = await asked({}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(Buffer.byteLength(body))]);
  });

  test('with wrong keys are told to the operator, and answered slowly; right ones are not', async () => {
    const wrong = (): Promise<Response> =>
      rig.call('/v1/sessions', { headers: { authorization: 'Bearer no' } });
    await Promise.all(Array.from({ length: LIMITS.refusals }, wrong));
    let answered = 0;
    const slow = Array.from({ length: 30 }, () => wrong().finally(() => (answered += 1)));
    expect((await rig.call('/v1/sessions/s')).status).toBe(200);
    expect(answered).toBeLessThan(30);
    for (const reply of await Promise.all(slow)) expect(reply.status).toBe(401);
    expect(warnings.filter(({ message }) => message === 'A key was refused')).toHaveLength(1);
  });
});

describe('a WebSocket that is not authenticated', () => {
  test.each([
    ['a namespace that is not there', [text('40/admin,{}')]],
    ['a second greeting', [text('40{"token":"dev"}'), text('40{"token":"dev"}')]],
    ['a question instead of a greeting', [text('421["state",{}]')]],
    ['a question behind the greeting', [text('40{"token":"dev"}'), text('421["state",{}]')]],
    ['a greeting that is too long', [text(`40{"token":"${'x'.repeat(LIMITS.greetingBytes)}"}`)]],
    ['binary data', [frame(2, 'abc')]],
    ['thousands of odd greetings', Array.from({ length: 5_000 }, (_, n) => text(`40/n${n},{}`))],
  ])('and sends %s is ended', async (_what, frames) => {
    const raw = await opened(rawSocket(rig.port));
    raw.write(Buffer.concat(frames));
    await raw.over('it is ended');
    await isFine();
  });

  test('and has a wrong key is told, and ended', async () => {
    const raw = await opened(rawSocket(rig.port));
    raw.write(text('40{"token":"wrong"}'));
    await raw.says('"code":"unauthorized"');
    await raw.over('it is ended');
  });
});

describe('a WebSocket that may ask', () => {
  test.each([
    ['greets again', text('40{"token":"dev"}')],
    ['leaves the namespace', text('41')],
    ['sends binary data that belongs to nothing', frame(2, 'abc')],
    [
      'announces more binary data than there can be',
      text('452000000000-["send",{"_placeholder":true,"num":0}]'),
    ],
    [
      'announces binary data, and sends text instead',
      Buffer.concat([text('451-1["send",{"_placeholder":true,"num":0}]'), text('421["state",{}]')]),
    ],
    [
      'sends more packets than anybody can answer',
      Buffer.concat(Array.from({ length: 5_000 }, () => text('42["x"]'))),
    ],
    [
      'sends a message in crumbs',
      Buffer.concat(
        Array.from({ length: LIMITS.messageFrames + 1 }, (_, n) => frame(n === 0 ? 1 : 0, '4', false)),
      ),
    ],
    ['sends pings without end', Buffer.concat(Array.from({ length: 5_000 }, () => frame(9, '')))],
  ])('and %s is ended', async (_what, frames) => {
    const raw = await opened(greetedSocket(rig.port));
    raw.write(frames);
    await raw.over('it is ended');
    await isFine();
  });

  test('and sends a lot at once is read for as long as it is slow enough, and gets every answer', async () => {
    const raw = await opened(greetedSocket(rig.port));
    const question = (n: number): Buffer => text(`42${n}["receipt",{"session":"s","messageId":"m"}]`);
    for (let n = 0; n < 1_200; n += 60) {
      raw.write(Buffer.concat(Array.from({ length: 60 }, (_, each) => question(n + each))));
      await raw.says(`43${n + 59}[`);
    }
    expect(raw.text.match(/43\d+\[\{"ok":true/g)).toHaveLength(1_200);
  });

  test('and does not read is cut once it was told to go', async () => {
    const raw = await opened(greetedSocket(rig.port));
    raw.write(text('420["subscribe",{"session":"s"}]'));
    await raw.says('430[');
    raw.socket.removeAllListeners('data').pause();
    [...rig.delivery.watchers].at(-1)?.end('slow_consumer');
    await eventually('it is cut', async () => reasons().includes('it did not close'));
    await eventually('nobody watches', async () => rig.delivery.watchers.size === 0);
  });

  test('and takes snapshots in a loop is read more slowly', async () => {
    const padding = 'x'.repeat(LIMITS.snapshotChars);
    rig.delivery.snapshotOf = (session) => ({ ...view(session), metadata: { padding } });
    const socket = await connected(rig.socket());
    const { burst, perSecond } = LIMITS.inbound.bytes;
    const cost = padding.length * LIMITS.snapshotShare;
    const start = performance.now();
    for (let n = 0; n < (burst + perSecond) / cost; n += 1) await ask(socket, 'subscribe', { session: 's' });
    rig.delivery.snapshotOf = view;
    socket.disconnect();
    // Never earlier, however fast the machine is.
    expect(performance.now() - start).toBeGreaterThan(900);
  }, 60_000);

  test('and subscribes in a loop is read more slowly', async () => {
    const socket = await connected(rig.socket());
    const { burst, perSecond } = LIMITS.inbound.bytes;
    const start = performance.now();
    for (let n = 0; n < (burst + perSecond) / LIMITS.subscriptionBytes; n += 1)
      await ask(socket, 'subscribe', { session: 's' });
    socket.disconnect();
    // Never earlier, however fast the machine is.
    expect(performance.now() - start).toBeGreaterThan(900);
  }, 60_000);

  test('does not hold up others', async () => {
    const flood = await opened(greetedSocket(rig.port));
    const socket = await connected(rig.socket());
    flood.write(Buffer.concat(Array.from({ length: 900 }, () => text('42["x"]'))));
    expect(await ask(socket, 'receipt', { session: 's', messageId: 'm' })).toMatchObject({ ok: true });
    socket.disconnect();
  });
});

test('peers that take no part do not hold up the end of a gateway', async () => {
  const stopping = await startRig();
  const silent = await Promise.all([
    greetedSocket(stopping.port),
    rawSocket(stopping.port),
    rawConnection(stopping.port),
  ]);
  for (const raw of silent) raw.socket.removeAllListeners('data').pause();
  await stopping.gateway.drain();
  for (const raw of silent) raw.end();
}, 15_000);
