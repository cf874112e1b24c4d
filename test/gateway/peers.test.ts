/** Connections whose peers do not read. */
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { ownerOf } from '../../src/gateway/edge/owner.ts';
import { Peers } from '../../src/gateway/edge/peers.ts';
import { createAuthenticator } from '../../src/ingest/index.ts';
import { get, rawConnection } from '../support/hostile.ts';
import type { RawConnection } from '../support/hostile.ts';
import { eventually, startProcess } from '../support/process.ts';
import type { Unanswered } from './unanswered.ts';

/** More than the buffers of a connection in the kernel take. */
const BODY = Buffer.alloc(64 * 1024 * 1024, 'x');

let server: Server;
let peers: Peers;
let cuts: unknown[];
let told: object[];
const open: RawConnection[] = [];

beforeEach(async () => {
  cuts = [];
  told = [];
  const note = (fields: object): void => {
    told.push(fields);
    cuts.push((fields as { readonly reason?: string }).reason);
  };
  peers = new Peers({ info: () => undefined, warn: note, error: note });
  server = createServer((_req, res) => res.end(BODY));
  // Looked at by hand: how long it all takes does not matter.
  server.on('connection', (socket) => peers.of(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  peers.cutAll();
  for (const raw of open.splice(0)) raw.end();
  await new Promise((resolve) => server.close(resolve));
});

async function asks(reads: boolean): Promise<RawConnection> {
  const raw = await rawConnection((server.address() as AddressInfo).port);
  open.push(raw);
  if (!reads) raw.socket.removeAllListeners('data').pause();
  raw.write(get('/'));
  return raw;
}

/** Takes so many bytes, and no more than a chunk beyond. */
function reads({ socket }: RawConnection, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    let left = bytes;
    const take = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left > 0) return;
      socket.off('data', take).pause();
      resolve();
    };
    socket.on('data', take).resume();
  });
}

const waits = (count: number): Promise<void> =>
  eventually('answers wait', async () => peers.waitingBytes >= count * BODY.length);

test('a peer that takes nothing is cut in the stated time, one that reads slowly is not', async () => {
  await asks(false);
  await waits(1);
  const slow = await asks(false);
  await waits(2);
  const start = performance.now();
  for (let at = 0; at <= LIMITS.stalledMs; at += LIMITS.stalledMs / 4) {
    // More than the kernel's buffers hold: the server has sent on meanwhile.
    await reads(slow, 11_000_000);
    peers.look(start + at);
  }
  expect(cuts).toEqual(['it reads nothing']);
  await eventually('the other is still there', async () => peers.size === 1);
});

test('what waits for all together is bounded: those are cut for whom most waits', async () => {
  for (let n = 1; n <= 5; n += 1) {
    await asks(false);
    await waits(n);
  }
  peers.look(performance.now());
  await eventually('some are cut', async () => peers.waitingBytes <= LIMITS.outgoingBytes / 2);
  expect(new Set(cuts)).toEqual(new Set(['too much waits for all connections together']));
  expect(peers.size).toBeGreaterThan(0);
});

const tenants = createAuthenticator({
  keys: new Map([
    ['burst', 'many'],
    ['other', 'few'],
  ]),
  devKey: false,
});

interface Asked {
  readonly url: string;
  readonly key?: string;
}

test.each<readonly [string, (count: number) => Asked, Asked]>([
  [
    'one key is begun a few requests at a time, and another tenant',
    () => ({ url: '/', key: 'burst' }),
    { url: '/', key: 'other' },
  ],
  [
    'as many wrong keys counts as one, and a tenant',
    (count) => ({ url: '/', key: `wrong-${count}` }),
    { url: '/', key: 'other' },
  ],
  ['no key does not hold up who asks for health, who', () => ({ url: '/' }), { url: '/healthz' }],
])('a burst of %s is next', async (_, burst, other) => {
  const begun: string[] = [];
  const nameOf = (url = '', authorization = ''): string => `${url} ${authorization}`;
  server
    .removeAllListeners('request')
    .on('request', ({ url, headers }: IncomingMessage) => begun.push(nameOf(url, headers.authorization)));
  peers.watch(server, (req) => ownerOf(tenants, req));
  const authorizationOf = ({ key }: Asked): string | undefined =>
    key === undefined ? undefined : `Bearer ${key}`;
  const ask = (asked: Asked): void => {
    const req = new IncomingMessage(new Socket());
    req.url = asked.url;
    const authorization = authorizationOf(asked);
    if (authorization !== undefined) req.headers.authorization = authorization;
    server.emit('request', req, new ServerResponse(req));
  };
  for (let count = 0; count < 100; count += 1) ask(burst(count));
  ask(other);
  expect(begun.length).toBeLessThanOrEqual(LIMITS.requests.slots);
  await eventually('all are begun', async () => begun.length === 101);
  const place = begun.indexOf(nameOf(other.url, authorizationOf(other)));
  expect(place).toBeGreaterThanOrEqual(0);
  expect(place).toBeLessThanOrEqual(LIMITS.requests.slots);
});

test('a thousand unanswered requests end with their connection, and nobody looks for where it happened', async () => {
  // Jest has an `Error` of its own, so this takes a process.
  const script = fileURLToPath(new URL('unanswered.ts', import.meta.url));
  const process_ = startProcess(process.execPath, ['--no-warnings', script]);
  expect(await process_.ended).toBe(0);
  const { errors, withStack, reasons, limit } = JSON.parse(process_.output()) as Unanswered; // safety: it is written there
  expect(errors).toBeGreaterThan(LIMITS.pipelinedRequests);
  expect([withStack, reasons, limit]).toEqual([0, ['too many pipelined requests'], 20]);
});

test('cuts are told one by one until there are too many', async () => {
  for (let n = 0; n < LIMITS.cutsTold + 3; n += 1) peers.of(new Socket()).cut('it is tried');
  peers.look(performance.now());
  expect(cuts).toHaveLength(LIMITS.cutsTold + 1);
  expect(told.at(-1)).toEqual({ cuts: 3 });
});

test('connections that are not taken, because too many are open, are told by their number', async () => {
  peers.watch(server, async () => '');
  server.maxConnections = 1;
  await asks(true);
  for (let n = 0; n < 2; n += 1) {
    const raw = await rawConnection((server.address() as AddressInfo).port);
    await raw.over('it is refused');
  }
  peers.look(performance.now());
  expect(told).toEqual([{ dropped: 2, open: 1 }]);
});
