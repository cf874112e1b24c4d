/** Files over HTTP: streamed both ways, bounded, and of no use to whoever would have a browser run them. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { openArchive } from '../../src/archive/index.ts';
import type { SharedArchive } from '../../src/archive/index.ts';
import { LIMITS } from '../../src/contracts/index.ts';
import type { FileInfo, TenantLimits } from '../../src/contracts/index.ts';
import { createFiles, openStore } from '../../src/files/index.ts';
import type { Files } from '../../src/files/index.ts';
import { clientErrors } from '../../src/gateway/edge/client-errors.ts';
import { Peers } from '../../src/gateway/edge/peers.ts';
import { bodyOf } from '../../src/gateway/files.ts';
import { createAuthenticator } from '../../src/ingest/index.ts';
import { rawConnection } from '../support/hostile.ts';
import type { RawConnection } from '../support/hostile.ts';
import { eventually } from '../support/process.ts';
import { minted, TOKENS } from './credentials.ts';
import { FakeCalls } from './fake-calls.ts';
import { ask, connected, intakeOf, problemOf, startRig } from './harness.ts';
import type { Rig } from './harness.ts';

let folder: string;
let archive: SharedArchive;
let files: Files;
let rig: Rig;
let limits: TenantLimits = {};

class Calls extends FakeCalls {
  messages: unknown[] = [];

  override async send(...args: Parameters<FakeCalls['send']>): Promise<void> {
    await super.send(...args);
    this.messages.push(args[1]);
  }
}
const calls = new Calls();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convoke-gateway-files-'));
  archive = await openArchive(`sqlite://${folder}/archive.db`);
  const store = await openStore({ kind: 'folder', folder: join(folder, 'files') });
  files = createFiles({ database: archive.database, store, limitsOf: () => limits });
  rig = await startRig({
    tokens: TOKENS,
    files: { files, exists: async ({ session }) => session !== 'nobody' },
    intake: intakeOf(calls, {
      authenticator: createAuthenticator({ keys: new Map([['other', 'other']]), devKey: true, tokens: TOKENS }),
      useFiles: files.use.bind(files),
    }),
  });
});
afterAll(async () => {
  await rig.gateway.drain();
  await archive.close();
  await rm(folder, { recursive: true });
});

const store = (body: BodyInit, { name = 'a.bin', type = 'application/octet-stream', headers = {}, session = 's' } = {}) =>
  rig.call(`/v1/sessions/${session}/files?name=${encodeURIComponent(name)}`, {
    ...{ method: 'POST', body, headers: { 'content-type': type, ...headers } },
  });

async function stored(...args: Parameters<typeof store>): Promise<FileInfo> {
  const response = await store(...args);
  expect(response.status).toBe(201);
  return (await response.json()) as FileInfo;
}

const read = (file: string, headers: Record<string, string> = {}, method = 'GET') =>
  rig.call(`/v1/sessions/s/files/${file}`, { headers, method });

async function kept(): Promise<number> {
  const all = await readdir(join(folder, 'files'), { recursive: true, withFileTypes: true }).catch(() => []);
  return all.filter((each) => each.isFile()).length;
}

describe('a file', () => {
  test('is stored and read, whole and in part', async () => {
    const content = randomBytes(300_000);
    const response = await store(content, { name: 'Zürich "1".png', type: 'Image/PNG' });
    const info = (await response.json()) as FileInfo;
    expect(response.headers.get('location')).toBe(`/v1/sessions/s/files/${info.file}`);
    expect(info).toMatchObject({ name: 'Zürich "1".png', contentType: 'image/png', bytes: 300_000 });
    const whole = await read(info.file);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      ...{ 'content-type': 'image/png', 'content-length': '300000', etag: `"${info.sha256}"` },
      ...{ 'x-content-type-options': 'nosniff', 'content-security-policy': "sandbox; default-src 'none'" },
      'content-disposition': `inline; filename="Z_rich _1_.png"; filename*=UTF-8''Z%C3%BCrich%20%221%22.png`,
      ...{ 'cache-control': 'private, no-cache', 'accept-ranges': 'bytes' },
    });
    expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true);
    const part = await read(info.file, { range: 'bytes=100-199' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 100-199/300000']);
    expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(100, 200))).toBe(true);
    expect(await (await read(info.file, { range: 'bytes=-5' })).arrayBuffer()).toHaveProperty('byteLength', 5);
    // Of several, or of another version, all of it.
    expect((await read(info.file, { range: 'bytes=0-1,5-6' })).status).toBe(200);
    expect((await read(info.file, { range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
    const beyond = await read(info.file, { range: 'bytes=300000-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */300000']);
    expect(await problemOf(beyond)).toMatchObject({ code: 'range_not_satisfiable' });
    const head = await read(info.file, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '300000', '']);
    expect((await read(info.file, { 'if-none-match': `W/"x", "${info.sha256}"` })).status).toBe(304);
  });

  test.each(['text/html', 'image/svg+xml', 'application/javascript', 'application/pdf'])(
    'of type %s is saved, never shown',
    async (type) => {
      const { file } = await stored('<script>alert(1)</script>', { type });
      const response = await read(file);
      expect(response.headers.get('content-disposition')).toMatch(/^attachment;/);
      expect(response.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
      await response.arrayBuffer();
    },
  );

  test('may be empty, of unknown length, and in many pieces', async () => {
    const empty = await stored('');
    expect([empty.bytes, await (await read(empty.file)).text()]).toEqual([0, '']);
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
    expect(await problemOf(await store('x', { name, ...others }))).toMatchObject({ code: 'invalid_request' });
  });
});

describe('a file of others', () => {
  test('is not there for them, and takes the scopes of its session', async () => {
    const { file } = await stored('secret');
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
    expect(await problemOf(await store('x', { session: 'nobody' }))).toMatchObject({ code: 'session_not_found' });
  });
});

describe('an upload', () => {
  test('that is too large is refused early, or as soon as it is, and leaves nothing', async () => {
    const before = await kept();
    limits = { fileBytes: 100_000 };
    try {
      const early = await store(Buffer.alloc(100_001));
      expect([early.status, await problemOf(early)]).toMatchObject([413, { code: 'too_large' }]);
      const endless = await rawConnection(rig.port);
      endless.write('POST /v1/sessions/s/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer dev\r\n');
      endless.write('Transfer-Encoding: chunked\r\n\r\n');
      for (let sent = 0; sent < 3; sent += 1) endless.write(`c350\r\n${'x'.repeat(50_000)}\r\n`);
      await eventually('it is refused', () => endless.text.includes('"code":"too_large"'));
      endless.end();
      limits = { storedBytes: await files.storedBytes('dev') };
      const full = await store('x');
      expect([full.status, await problemOf(full)]).toMatchObject([
        429,
        { code: 'quota_exceeded', limits: [{ limit: 'storedBytes' }] },
      ]);
    } finally {
      limits = {};
    }
    await eventually('nothing is left', async () => (await kept()) === before);
  });

  test('whose client goes leaves nothing', async () => {
    const [before, bytes] = [await kept(), await files.storedBytes('dev')];
    const leaving = await rawConnection(rig.port);
    leaving.write('POST /v1/sessions/s/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer dev\r\n');
    leaving.write(`Content-Length: 1000000\r\n\r\n${'x'.repeat(100_000)}`);
    await eventually('it is being stored', async () => (await kept()) === before + 1);
    expect(await files.storedBytes('dev')).toBe(bytes + 1_000_000);
    leaving.end();
    await eventually('nothing is left', async () => (await kept()) === before);
    await eventually('its room is free', async () => (await files.storedBytes('dev')) === bytes);
  });

  test('can be repeated with its Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'upload-1' };
    const first = await stored('hello', { headers });
    const again = await store('hello', { headers });
    expect([again.headers.get('idempotency-replayed'), await again.json()]).toEqual(['true', first]);
    expect(await problemOf(await store('other', { headers }))).toMatchObject({ code: 'idempotency_mismatch' });
  });

  test('may take longer than other requests, and they may not', async () => {
    const peers = new Peers({ info: () => undefined, warn: () => undefined, error: () => undefined });
    const server = createServer({ headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 10 });
    server.on('clientError', clientErrors(peers));
    server.on('request', (req, res) => {
      if (req.url === '/upload') peers.of(req.socket).uploads(req);
      text(req).then(
        (body) => res.end(body),
        () => undefined,
      );
    });
    const bound = new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await bound;
    const { port } = server.address() as AddressInfo;
    const begin = async (path: string): Promise<RawConnection> => {
      const raw = await rawConnection(port);
      raw.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc`);
      return raw;
    };
    const [upload, other] = [await begin('/upload'), await begin('/other')];
    await other.says('408 Request Timeout');
    // By now the first one, which was begun before, has been looked at, too.
    upload.write('def');
    await upload.says('abcdef');
    upload.end();
    peers.cutAll();
    server.close();
  });

  test('that is too slow is cut, unless it is we who are', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      const cuts: string[] = [];
      const peer = { cut: (reason: string) => void cuts.push(reason) };
      const req = new PassThrough();
      const body = bodyOf(req as unknown as IncomingMessage, peer);
      const first = body.next();
      jest.advanceTimersByTime(LIMITS.uploadLookMs);
      expect(cuts).toEqual(['its upload is too slow']);
      req.write(Buffer.alloc(LIMITS.uploadLeastBytes));
      await first;
      // Nobody asks for more.
      jest.advanceTimersByTime(3 * LIMITS.uploadLookMs);
      expect(cuts).toHaveLength(1);
      const second = body.next();
      jest.advanceTimersByTime(LIMITS.uploadLookMs);
      expect(cuts).toHaveLength(2);
      req.end();
      await second;
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('a message', () => {
  test('refers to files of its session, which are told with it and kept', async () => {
    const info = await stored('hello', { name: 'a.txt', type: 'text/plain' });
    const parts = [{ type: 'text', text: 'see' }, { type: 'file', file: info.file }];
    const response = await rig.post('/v1/sessions/s/messages', { messageId: 'm1', parts });
    expect(response.status).toBe(202);
    expect(calls.messages.at(-1)).toMatchObject({ parts: [parts[0], { type: 'file', ...info }] });
    await files.sweep(Date.now() + LIMITS.unusedFileMs + 1);
    expect((await read(info.file)).status).toBe(200);
    const missing = [{ type: 'file', file: 'f_nothing' }];
    expect(await problemOf(await rig.post('/v1/sessions/s/messages', { messageId: 'm2', parts: missing }))).toMatchObject({
      code: 'file_not_found',
    });
    const forged = [{ ...info, type: 'file', name: 'forged' }];
    expect(await problemOf(await rig.post('/v1/sessions/s/messages', { messageId: 'm3', parts: forged }))).toMatchObject({
      code: 'invalid_request',
    });
    expect(await problemOf(await rig.post('/v1/sessions/s-2/messages', { messageId: 'm4', parts }))).toMatchObject({
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
    expect(await ask(socket, 'send', { session: 's', messageId: 'm9', text: 'x' })).toMatchObject({ ok: true });
    socket.disconnect();
  });
});
