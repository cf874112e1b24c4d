/** Dev mode and names that were made to point to this machine (DNS rebinding). */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isSafeHost } from '../../src/gateway/origins.ts';
import { connected, KEY, next, startRig } from './harness.ts';
import type { Rig } from './harness.ts';

describe('a host is safe', () => {
  test.each([
    ['localhost:3000', true],
    ['127.0.0.1:3000', true],
    ['[::1]:3000', true],
    ['192.168.1.7:3000', true],
    ['[fe80::1]:3000', true],
    ['machine.lan:3000', true],
    ['MACHINE.lan', true],
    ['evil.com:3000', false],
    ['localhost.evil.com', false],
    ['127.0.0.1.evil.com', false],
    ['', false],
    [undefined, false],
  ])('%s: %s', (host, safe) => {
    expect(isSafeHost(host, 'machine.lan')).toBe(safe);
  });
});

describe('by a name that is not its own', () => {
  let dev: Rig;
  let rig: Rig;
  beforeAll(async () => {
    dev = await startRig({ devMode: true });
    rig = await startRig();
  });
  afterAll(async () => {
    await Promise.all([dev.gateway.drain(), rig.gateway.drain()]);
  });

  /** The status of a GET as a page of `host` would send it: of the same origin, so without one. */
  function get({ port }: Rig, host: string): Promise<number | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const headers = { host: `${host}:${port}`, authorization: `Bearer ${KEY}` };
    request({ port, path: '/v1/sessions', headers }, (res) => resolve(res.resume().statusCode))
      .on('error', reject)
      .end();
    return promise;
  }

  test('a gateway in dev mode answers nobody', async () => {
    expect(await get(dev, 'localhost')).toBe(200);
    expect(await get(dev, 'evil.com')).toBe(403);
    const evil = { host: `evil.com:${dev.port}`, origin: `http://evil.com:${dev.port}` };
    await next(dev.socket({ extraHeaders: evil }), 'connect_error');
    const socket = dev.socket({ extraHeaders: { origin: `http://127.0.0.1:${dev.port}` } });
    (await connected(socket)).disconnect();
  });

  test('one with keys does: it has a name in production', async () => {
    expect(await get(rig, 'convoke.example.com')).toBe(200);
  });
});
