/** Frames that are made by hand are such as any WebSocket reads. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { encodeEvent, encoderOf, jsonOf } from '../../src/gateway/encoded.ts';

/** Around the lengths at which the head of a frame grows. */
const CHARS = [0, 100, 112, 113, 114, 200, 65_500, 65_521, 65_522, 65_523, 70_000];
/** RFC 6455, 1.3. */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

test('frames of all lengths are read as they were meant', async () => {
  const packets = CHARS.map((chars) => encodeEvent('delta', JSON.stringify(`é${'x'.repeat(chars)}`)));
  const server = createServer((socket) => {
    socket.once('data', (request: Buffer) => {
      const [, key = ''] = /sec-websocket-key: (\S+)/i.exec(request.toString()) ?? [];
      const accept = createHash('sha1').update(`${key}${MAGIC}`).digest('base64');
      const head = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}`;
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${head}\r\n\r\n`);
      socket.end(Buffer.concat(packets.map(({ frame }) => frame)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const heard: string[] = [];
  client.addEventListener('message', ({ data }) => heard.push(String(data)));
  await new Promise((resolve) => client.addEventListener('close', resolve));
  server.close();
  expect(heard).toEqual(packets.map(({ packet }) => `4${packet}`));
});

test('what goes to many is encoded once, and not kept beyond the next', () => {
  const encoded = encoderOf('delta');
  const [first, next] = [{ text: 'a' }, { text: 'b' }];
  const packet = encoded(first);
  expect(encoded(first)).toBe(packet);
  expect(packet.packet).toBe('2["delta",{"text":"a"}]');
  expect(encoded(next).packet).toBe('2["delta",{"text":"b"}]');
  expect(encoded(first)).not.toBe(packet);
  expect(encoded(first)).toEqual(packet);
});

test('the JSON of one value is not given for another', () => {
  expect([{ a: 1 }, { a: 2 }, { a: 1 }].map(jsonOf)).toEqual(['{"a":1}', '{"a":2}', '{"a":1}']);
});

test('a direct message is encoded twice at most: as it is, and withheld, in whatever order it goes out', () => {
  const encoded = encoderOf('event');
  const forms = [{ data: { messageId: 'm' } }, { data: { withheld: true } }];
  const [whole, withheld] = forms.map((form) => encoded(form));
  expect(withheld?.packet).toBe('2["event",{"data":{"withheld":true}}]');
  expect(forms.map((form) => encoded(form))).toEqual([whole, withheld]);
  expect(forms.map((form) => encoded(form) === whole || encoded(form) === withheld)).toEqual([true, true]);
});
