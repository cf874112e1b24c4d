/** Uploads: bounded in size, in time and in what they leave behind. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { clientErrors } from '../../src/gateway/edge/client-errors.ts';
import { Peers } from '../../src/gateway/edge/peers.ts';
import { bodyOf } from '../../src/gateway/files.ts';
import { rawConnection } from '../support/hostile.ts';
import type { RawConnection } from '../support/hostile.ts';
import { eventually } from '../support/process.ts';
import { startFilesRig, type FilesRig } from './files-rig.ts';
import { problemOf } from './harness.ts';

let rig: FilesRig;
beforeAll(async () => {
  rig = await startFilesRig();
});
afterAll(() => rig.stop());

describe('an upload', () => {
  test('that is too large is refused early, or as soon as it is, and leaves nothing', async () => {
    const before = await rig.kept();
    rig.limits = { fileBytes: 100_000 };
    try {
      const early = await rig.store(Buffer.alloc(100_001));
      expect([early.status, await problemOf(early)]).toMatchObject([413, { code: 'too_large' }]);
      const endless = await rawConnection(rig.port);
      endless.write('POST /v1/sessions/s/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer dev\r\n');
      endless.write('Transfer-Encoding: chunked\r\n\r\n');
      for (let sent = 0; sent < 3; sent += 1) endless.write(`c350\r\n${'x'.repeat(50_000)}\r\n`);
      await eventually('it is refused', () => endless.text.includes('"code":"too_large"'));
      endless.end();
      rig.limits = { storedBytes: await rig.files.storedBytes('dev') };
      const full = await rig.store('x');
      expect([full.status, await problemOf(full)]).toMatchObject([
        429,
        { code: 'quota_exceeded', limits: [{ limit: 'storedBytes' }] },
      ]);
    } finally {
      rig.limits = {};
    }
    await eventually('nothing is left', async () => (await rig.kept()) === before);
  });

  describe('with a digest', () => {
    const digest = (body: string): string => createHash('sha256').update(body).digest('base64');
    const codeOf = async (response: Response): Promise<unknown> =>
      response.status === 201 ? 201 : [response.status, (await problemOf(response)).code];
    const store = async (body: string, headers: Record<string, string>): Promise<unknown> =>
      codeOf(await rig.store(body, { headers }));

    test.each([
      ['Content-Digest', (right: string) => `sha-256=:${right}:`],
      ['Repr-Digest', (right: string) => `md5=:AAAA:, sha-256=:${right}:;a;b="x, y";c=1 , x9*=:AA==:`],
      ['content-digest', (right: string) => `sha-256=:${right.replaceAll('=', '')}:`],
    ])('in %s is stored if it is right, and else leaves nothing', async (header, of) => {
      expect(await store('right', { [header]: of(digest('right')) })).toBe(201);
      const before = await rig.kept();
      expect(await store('wrong', { [header]: of(digest('right')) })).toEqual([400, 'invalid_digest']);
      await eventually('nothing is left', async () => (await rig.kept()) === before);
    });

    test('of another algorithm alone, or without any, is stored as it is', async () => {
      expect(await store('x', { 'Content-Digest': 'sha-512=:AAAA:, md5=:AA==:' })).toBe(201);
      expect(await store('x', { 'Content-Digest': '' })).toBe(201);
    });

    test.each([
      'nonsense',
      'sha-256',
      'sha-256=abc',
      'sha-256="x"',
      'sha-256=:AAAA:',
      'sha-256=:*:',
      'sha-256=:AAAA',
      'md5=:AAAA:,',
      'md5=:AAAA: sha-256=:AAAA:',
      'MD5=:AAAA:',
      `${'a=:AA==:, '.repeat(500)}b`,
    ])('that is %j is refused before anything is read', async (value) => {
      expect(await store('x', { 'Content-Digest': value })).toEqual([400, 'invalid_digest']);
    });

    test('in two headers that differ is refused', async () => {
      const headers = {
        'Content-Digest': `sha-256=:${digest('x')}:`,
        'Repr-Digest': `sha-256=:${digest('y')}:`,
      };
      expect(await store('x', headers)).toEqual([400, 'invalid_digest']);
    });

    test('is looked at when it is sent again, too', async () => {
      const send = (body: string, of: string): Promise<unknown> =>
        store(body, { 'Idempotency-Key': 'digested', 'Content-Digest': `sha-256=:${digest(of)}:` });
      expect(await send('first', 'first')).toBe(201);
      expect(await send('first', 'first')).toBe(201);
      // Changed on the way, and by its sender.
      expect(await send('firsT', 'first')).toEqual([400, 'invalid_digest']);
      expect(await send('first', 'other')).toEqual([400, 'invalid_digest']);
      expect(await send('other', 'other')).toEqual([422, 'idempotency_mismatch']);
    });
  });

  test('whose client goes leaves nothing', async () => {
    const [before, bytes] = [await rig.kept(), await rig.files.storedBytes('dev')];
    const leaving = await rawConnection(rig.port);
    leaving.write('POST /v1/sessions/s/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer dev\r\n');
    leaving.write(`Content-Length: 1000000\r\n\r\n${'x'.repeat(100_000)}`);
    await eventually('it is being stored', async () => (await rig.kept()) === before + 1);
    expect(await rig.files.storedBytes('dev')).toBe(bytes + 1_000_000);
    leaving.end();
    await eventually('nothing is left', async () => (await rig.kept()) === before);
    await eventually('its room is free', async () => (await rig.files.storedBytes('dev')) === bytes);
  });

  test('can be repeated with its Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'upload-1' };
    const first = await rig.stored('hello', { headers });
    const again = await rig.store('hello', { headers });
    expect([again.headers.get('idempotency-replayed'), await again.json()]).toEqual(['true', first]);
    expect(await problemOf(await rig.store('other', { headers }))).toMatchObject({
      code: 'idempotency_mismatch',
    });
  });

  test('may take longer than other requests, and they may not', async () => {
    const peers = new Peers({ info: () => undefined, warn: () => undefined, error: () => undefined });
    const server = createServer({
      headersTimeout: 100,
      requestTimeout: 100,
      connectionsCheckingInterval: 10,
    });
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
      jest.advanceTimersByTime(LIMITS.transferLookMs);
      expect(cuts).toEqual(['its upload is too slow']);
      req.write(Buffer.alloc(LIMITS.transferLeastBytes));
      await first;
      // Nobody asks for more.
      jest.advanceTimersByTime(3 * LIMITS.transferLookMs);
      expect(cuts).toHaveLength(1);
      const second = body.next();
      jest.advanceTimersByTime(LIMITS.transferLookMs);
      expect(cuts).toHaveLength(2);
      req.end();
      await second;
    } finally {
      jest.useRealTimers();
    }
  });
});
