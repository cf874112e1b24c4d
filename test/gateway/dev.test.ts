/** The page of a development stack may kill its processes; nobody else may, and elsewhere there is nothing to ask. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DevProcess } from '../../src/contracts/index.ts';
import { KEY, startRig, until } from './harness.ts';
import type { Rig } from './harness.ts';

const WORKER: DevProcess = { name: 'worker-1', kind: 'worker', since: 1 };
const killed: string[] = [];
const supervisor = { processes: () => [WORKER], kill: (name: string) => void killed.push(name) };

let dev: Rig;
let production: Rig;
let alone: Rig;

beforeAll(async () => {
  dev = await startRig({ devMode: true, supervisor });
  production = await startRig({ supervisor, origins: ['http://localhost:5173'] });
  alone = await startRig({ devMode: true });
});
afterAll(async () => {
  await Promise.all([dev, production, alone].map(({ gateway }) => gateway.drain()));
});

/** The status of a request to kill the worker, with any headers (`fetch` would not send all of these). */
function kill(
  { port }: Rig,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const all = { host: `127.0.0.1:${port}`, authorization: `Bearer ${KEY}`, ...headers };
  request({ port, method, path: '/dev/processes/worker-1/kill', headers: all }, (res) =>
    resolve(res.resume().statusCode),
  )
    .on('error', reject)
    .end();
  return promise;
}

describe('in a development stack', () => {
  test('the processes are listed, and one is killed after the answer', async () => {
    expect(await (await dev.call('/dev/processes')).json()).toEqual([WORKER]);
    const own = { origin: `http://127.0.0.1:${dev.port}`, 'sec-fetch-site': 'same-origin' };
    expect(await kill(dev, own)).toBe(202);
    await until(() => killed.length > 0);
    expect(killed.splice(0)).toEqual(['worker-1']);
    expect((await dev.post('/dev/processes/postgres/kill', {})).status).toBe(404);
  });

  test.each([
    ['a page of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    [
      'a page of another port of this machine',
      { origin: 'http://127.0.0.1:5173', 'sec-fetch-site': 'same-site' },
    ],
    ['a page without an origin', { origin: 'null' }],
    ['a browser that says that it is another site', { 'sec-fetch-site': 'cross-site' }],
    ['whoever calls this machine by another address', { host: '192.168.1.7' }],
    ['whoever calls it by a name of their own', { host: 'evil.example' }],
  ])('%s is refused', async (_, headers) => {
    expect(await kill(dev, headers)).toBe(403);
    expect(killed).toEqual([]);
  });

  test('it takes the key, and a POST', async () => {
    expect(await kill(dev, { authorization: 'Bearer wrong' })).toBe(401);
    expect(await kill(dev, {}, 'GET')).toBe(405);
    expect(killed).toEqual([]);
  });

  test('no product builds on it: the description of the API does not have it', async () => {
    const { paths } = (await (await dev.call('/openapi.json')).json()) as { paths: object };
    expect(Object.keys(paths).filter((path) => path.startsWith('/dev'))).toEqual([]);
  });
});

test('elsewhere there is no such thing: in production, and without a supervisor', async () => {
  for (const rig of [production, alone]) {
    expect((await rig.call('/dev/processes')).status).toBe(404);
    expect(await kill(rig)).toBe(404);
  }
  expect(killed).toEqual([]);
});
