/** Files over HTTP: streamed, and of no use to whoever would have a browser run them. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import type { FileInfo } from '../../src/contracts/index.ts';
import { minted } from './credentials.ts';
import { startFilesRig, type FilesRig } from './files-rig.ts';
import { ask, connected, problemOf } from './harness.ts';

let rig: FilesRig;
beforeAll(async () => {
  rig = await startFilesRig();
});
afterAll(() => rig.stop());

describe('a file', () => {
  test('is stored and read, whole and in part', async () => {
    const content = randomBytes(300_000);
    const response = await rig.store(content, { name: 'Zürich "1".png', type: 'Image/PNG' });
    const info = (await response.json()) as FileInfo;
    expect(response.headers.get('location')).toBe(`/v1/sessions/s/files/${info.file}`);
    expect(info).toMatchObject({ name: 'Zürich "1".png', contentType: 'image/png', bytes: 300_000 });
    const whole = await rig.read(info.file);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      ...{ 'content-type': 'image/png', 'content-length': '300000', etag: `"${info.sha256}"` },
      ...{ 'x-content-type-options': 'nosniff', 'content-security-policy': "sandbox; default-src 'none'" },
      'content-disposition': `inline; filename="Z_rich _1_.png"; filename*=UTF-8''Z%C3%BCrich%20%221%22.png`,
      ...{ 'cache-control': 'private, no-cache', 'accept-ranges': 'bytes' },
    });
    expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true);
    const part = await rig.read(info.file, { range: 'bytes=100-199' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 100-199/300000']);
    expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(100, 200))).toBe(true);
    expect(await (await rig.read(info.file, { range: 'bytes=-5' })).arrayBuffer()).toHaveProperty(
      'byteLength',
      5,
    );
    // The last bytes, more than there are.
    const tail = await rig.read(info.file, { range: 'bytes=-300001' });
    expect([tail.status, tail.headers.get('content-range')]).toEqual([206, 'bytes 0-299999/300000']);
    expect(await tail.arrayBuffer()).toHaveProperty('byteLength', 300_000);
    // Of several, or of another version, all of it.
    expect((await rig.read(info.file, { range: 'bytes=0-1,5-6' })).status).toBe(200);
    expect((await rig.read(info.file, { range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
    const beyond = await rig.read(info.file, { range: 'bytes=300000-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */300000']);
    expect(await problemOf(beyond)).toMatchObject({ code: 'range_not_satisfiable' });
    const head = await rig.read(info.file, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '300000', '']);
    expect((await rig.read(info.file, { 'if-none-match': `W/"x", "${info.sha256}"` })).status).toBe(304);
    const stale = { 'if-none-match': `"${info.sha256}"`, range: 'bytes=300000-' };
    expect((await rig.read(info.file, stale)).status).toBe(304);
  });

  test.each(['text/html', 'image/svg+xml', 'application/javascript', 'application/pdf'])(
    'of type %s is saved, never shown',
    async (type) => {
      const { file } = await rig.stored('<script>alert(1)</script>', { type });
      const response = await rig.read(file);
      expect(response.headers.get('content-disposition')).toMatch(/^attachment;/);
      expect(response.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
      await response.arrayBuffer();
    },
  );

  test('may be empty, of unknown length, and in many pieces', async () => {
    const empty = await rig.stored('');
    expect([empty.bytes, await (await rig.read(empty.file)).text()]).toEqual([0, '']);
    const piece = Buffer.alloc(LIMITS.uploadPieceBytes, 'x');
    const pieces = 2 * LIMITS.bodyPieces;
    const { port } = rig;
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const headers = { authorization: 'Bearer dev' };
    const sending = request({ port, method: 'POST', path: '/v1/sessions/s/files?name=x', headers });
    sending.once('response', (answer) => resolve(answer.resume().statusCode));
    for (let sent = 0; sent < pieces; sent += 1) sending.write(piece);
    sending.end();
    expect(await promise).toBe(201);
  });

  test.each([
    ['', {}],
    ['a/b', {}],
    ['..\\x', {}],
    ['gnp\u202e.exe', {}],
    ['x'.repeat(256), {}],
    ['form', { type: 'multipart/form-data; boundary=x' }],
    ['type', { type: 'nonsense' }],
    ['zip', { headers: { 'content-encoding': 'gzip' } }],
  ])('named %j, or declared as what it cannot be, is refused', async (name, others) => {
    expect(await problemOf(await rig.store('x', { name, ...others }))).toMatchObject({
      code: 'invalid_request',
    });
  });
});

describe('a file of others', () => {
  test('is not there for them, and takes the scopes of its session', async () => {
    const { file } = await rig.stored('secret');
    const codeOf = async (token: string, session = 's'): Promise<string> => {
      const response = await rig.call(`/v1/sessions/${session}/files/${file}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return response.ok ? 'ok' : (await problemOf(response)).code;
    };
    expect(await codeOf('dev')).toBe('ok');
    expect(await codeOf('other')).toBe('file_not_found');
    expect(await codeOf('dev', 's-2')).toBe('file_not_found');
    expect(await codeOf(await minted({ sessions: ['s-2'] }))).toBe('session_not_found');
    expect(await codeOf(await minted({ scopes: ['send'] }))).toBe('forbidden');
    expect(await problemOf(await rig.store('x', { session: 'nobody' }))).toMatchObject({
      code: 'session_not_found',
    });
  });
});

describe('a message', () => {
  test('refers to files of its session, which are told with it and kept', async () => {
    const info = await rig.stored('hello', { name: 'a.txt', type: 'text/plain' });
    const parts = [
      { type: 'text', text: 'see' },
      { type: 'file', file: info.file },
    ];
    const response = await rig.post('/v1/sessions/s/messages', { messageId: 'm1', parts });
    expect(response.status).toBe(202);
    expect(rig.calls.messages.at(-1)).toMatchObject({ parts: [parts[0], { type: 'file', ...info }] });
    await rig.files.sweep(Date.now() + LIMITS.unusedFileMs + 1);
    expect((await rig.read(info.file)).status).toBe(200);
    const missing = [{ type: 'file', file: 'f_nothing' }];
    expect(
      await problemOf(await rig.post('/v1/sessions/s/messages', { messageId: 'm2', parts: missing })),
    ).toMatchObject({
      code: 'file_not_found',
    });
    // What else a sender says of it is not looked at.
    const forged = [{ ...info, type: 'file', name: 'forged' }];
    await rig.post('/v1/sessions/s/messages', { messageId: 'm3', parts: forged });
    expect(rig.calls.messages.at(-1)).toMatchObject({ parts: [{ type: 'file', ...info }] });
    expect(
      await problemOf(await rig.post('/v1/sessions/s-2/messages', { messageId: 'm4', parts })),
    ).toMatchObject({
      code: 'file_not_found',
    });
  });
});

describe('a socket', () => {
  test('that sends binary data is told so, and goes on', async () => {
    const socket = await connected(rig.socket());
    for (const binary of [Buffer.from('x'), { deep: [new Uint8Array(3)] }]) {
      const reply = await ask(socket, 'send', { session: 's', messageId: 'm', data: binary });
      expect(reply).toMatchObject({
        problem: { code: 'invalid_request', detail: expect.stringContaining('no binary data') },
      });
    }
    expect(await ask(socket, 'send', { session: 's', messageId: 'm9', text: 'x' })).toMatchObject({
      ok: true,
    });
    socket.disconnect();
  });
});
