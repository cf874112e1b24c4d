/** The proxy of the tests does what it is told to. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from './process.ts';
import { startProxy, type TestProxy } from './proxy.ts';

let server: Server;
/** What has arrived at the server. */
let arrived: string;
let proxy: TestProxy;
let clients: Socket[];

beforeEach(async () => {
  arrived = '';
  clients = [];
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (piece) => {
      arrived += piece.toString();
      socket.write(piece);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startProxy({ port: (server.address() as AddressInfo).port });
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await proxy.stop();
  server.close();
});

/** A client, and what it has heard. */
async function open(): Promise<{ readonly client: Socket; heard(): string; ended(): string }> {
  const client = connect(proxy.port, '127.0.0.1');
  clients.push(client);
  let heard = '';
  let ended = '';
  client.on('data', (piece) => (heard += piece.toString()));
  client.on('error', (error: NodeJS.ErrnoException) => (ended = error.code ?? ''));
  client.on('end', () => (ended = 'end'));
  await once(client, 'connect');
  return { client, heard: () => heard, ended: () => ended };
}

test('it forwards both ways, and the end of a connection', async () => {
  const { client, heard, ended } = await open();
  client.end('x'.repeat(1_000_000));
  await eventually('all is heard', () => heard().length === 1_000_000 && ended() === 'end');
  await eventually('nothing is left', () => proxy.connections === 0);
});

test('what is frozen arrives after the thaw; a new connection passes beside it if only open ones are frozen', async () => {
  const { client, heard } = await open();
  client.write('a');
  await eventually('the way is open', () => heard() === 'a');
  proxy.freeze('open');
  client.write('b');
  const other = await open();
  other.client.write('c');
  await eventually('the new one passes', () => other.heard() === 'c');
  expect([arrived, heard()]).toEqual(['ac', 'a']);
  proxy.freeze();
  const third = await open();
  third.client.write('d');
  proxy.thaw();
  await eventually('the rest arrives', () => heard() === 'ab' && third.heard() === 'd');
});

test('answers that are lost are lost, and what was asked has arrived', async () => {
  const { client, heard } = await open();
  client.write('a');
  await eventually('the way is open', () => heard() === 'a');
  proxy.loseAnswers();
  client.write('b');
  await eventually('it arrives', () => arrived === 'ab');
  const other = await open();
  other.client.write('c');
  await eventually('a new connection is whole', () => other.heard() === 'c');
  expect(heard()).toBe('a');
});

test('a delay keeps the order', async () => {
  const { client, heard } = await open();
  proxy.delay(60);
  const from = performance.now();
  client.write('a');
  await eventually('it arrives', () => arrived === 'a');
  proxy.delay(0);
  client.write('b');
  await eventually('both are heard', () => heard() === 'ab');
  expect(performance.now() - from).toBeGreaterThan(50);
});

test('a cut resets, and refused connections are refused until they are accepted again', async () => {
  const { ended } = await open();
  await eventually('it is through', () => proxy.connections === 1);
  proxy.cut();
  await eventually('it is reset', () => ended() === 'ECONNRESET');
  await proxy.refuse();
  await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await proxy.accept();
  await open();
});
