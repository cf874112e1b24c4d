/** Files in a bucket of a real S3 server. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once as fires } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { LIMITS } from '../../src/contracts/index.ts';
import { openStore, placeOf } from '../../src/files/index.ts';
import { fileStoreSuite } from '../conformance/file-store.suite.ts';
import { startS3 } from '../support/s3.ts';
import type { TestS3 } from '../support/s3.ts';

let server: TestS3;
beforeAll(async () => {
  server = await startS3();
}, 30_000);
afterAll(() => server.stop());

fileStoreSuite('a bucket', async () => ({
  store: await openStore(server.place, server.credentials),
  cleanup: async () => undefined,
}));

async function* once(content: string | Buffer): AsyncGenerator<Buffer> {
  yield Buffer.from(content);
}

describe('a bucket', () => {
  test('is empty once all is removed: no part of an upload that failed is left', async () => {
    const store = await openStore(server.place, server.credentials);
    const failing = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.alloc(LIMITS.s3PartBytes);
      throw new Error('gone');
    };
    await expect(store.put('acme/s/f_2', failing())).rejects.toThrow('gone');
    const all = async (): Promise<readonly string[]> =>
      (await readdir(server.folder, { recursive: true, withFileTypes: true }))
        .filter((each) => each.isFile())
        .map(({ name }) => name);
    expect(await all()).not.toEqual([]);
    await store.remove('acme/s/f_2');
    expect(await all()).toEqual([]);
  });

  test('that refuses a part, or the whole upload, closes what it was reading', async () => {
    const store = await openStore(server.place, server.credentials);
    const refusing = await openStore(server.place, { ...server.credentials, secretAccessKey: 'wrong' });
    const closed: string[] = [];
    const content = async function* (key: string): AsyncGenerator<Buffer> {
      try {
        yield Buffer.alloc(LIMITS.s3PartBytes);
        // Ends the upload, so that its second part is refused.
        await store.remove(key);
        for (;;) yield Buffer.alloc(LIMITS.s3PartBytes);
      } finally {
        closed.push(key);
      }
    };
    await expect(refusing.put('acme/s/f_4', content('acme/s/f_4'))).rejects.toThrow('S3 answered 403');
    await expect(store.put('acme/s/f_5', content('acme/s/f_5'))).rejects.toThrow('S3 answered 404');
    expect(closed).toEqual(['acme/s/f_4', 'acme/s/f_5']);
  });

  test('that is wrong, or for other credentials, says so', async () => {
    const others = { ...server.credentials, secretAccessKey: 'wrong' };
    const refused = await openStore(server.place, others);
    await expect(refused.put('acme/s/f_3', once('x'))).rejects.toThrow(
      'S3 answered 403 SignatureDoesNotMatch',
    );
    const elsewhere = await openStore({ ...server.place, bucket: 'nowhere' }, server.credentials);
    await expect(elsewhere.put('acme/s/f_3', once('x'))).rejects.toThrow('S3 answered 404 NoSuchBucket');
  });
});

describe('a server that resets the connection as it refuses', () => {
  test('is heard: the last try waits for a refusal before it sends all of a body', async () => {
    const received: number[] = [];
    const resetting = createServer((socket) => {
      const tried = received.push(0) - 1;
      socket.on('error', () => undefined);
      socket.once('data', () => {
        if (tried < LIMITS.s3Tries - 1) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 18\r\n\r\n<Code>Nope</Code>\n');
      });
      socket.on('data', (data) => (received[tried] = (received[tried] ?? 0) + data.length));
    }).listen(0, '127.0.0.1');
    await fires(resetting, 'listening');
    try {
      const endpoint = `http://127.0.0.1:${(resetting.address() as AddressInfo).port}`;
      const store = await openStore({ ...server.place, endpoint }, server.credentials);
      const content = Buffer.alloc(LIMITS.s3PartBytes - 1);
      await expect(store.put('acme/s/f_6', once(content))).rejects.toThrow('S3 answered 403 Nope');
      expect(received).toHaveLength(LIMITS.s3Tries);
      expect(received.at(-1)).toBeLessThan(LIMITS.s3RefusalBytes + 2 * 1024);
    } finally {
      resetting.close();
    }
  });
});

describe('the URL of a place', () => {
  test('names a folder or a bucket', () => {
    expect(placeOf('folder:.convoke/files')).toEqual({ kind: 'folder', folder: '.convoke/files' });
    expect(placeOf('folder:///var/files')).toEqual({ kind: 'folder', folder: '/var/files' });
    expect(placeOf('s3://bucket')).toEqual({ kind: 's3', bucket: 'bucket', prefix: '' });
    expect(placeOf('s3://bucket/a/b/?region=eu-west-1&endpoint=http://minio:9000')).toEqual({
      ...{ kind: 's3', bucket: 'bucket', prefix: 'a/b', region: 'eu-west-1', endpoint: 'http://minio:9000' },
    });
  });

  test.each([
    '',
    'files',
    'folder:',
    'folder://host/path',
    's3:bucket',
    'https://s3/bucket',
    's3://b?regon=x',
    's3://b?endpoint=x',
  ])('%j is refused', (url) => expect(() => placeOf(url)).toThrow());
});
