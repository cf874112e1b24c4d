/** An answer with a snapshot is what Socket.IO would have made of it, and the snapshot is made JSON once. */
import { expect, test } from '@jest/globals';
import { Encoder, PacketType } from 'socket.io-parser';
import { parser } from '../../src/gateway/parser.ts';

const { Encoder: SharingEncoder } = parser;

function packet(type: PacketType, data: readonly unknown[]) {
  return { type, id: 7, nsp: '/', data: [...data] };
}

test.each([
  [
    PacketType.ACK,
    { ok: true, value: { mode: 'reset', position: { epoch: 1, seq: 2 }, snapshot: { é: ['"', {}] } } },
  ],
  [PacketType.ACK, { ok: true, value: { snapshot: {} } }],
  [PacketType.ACK, { ok: true, value: { mode: 'resume' } }],
  [PacketType.ACK, { ok: true, value: null }],
  [PacketType.ACK, { ok: false, problem: { code: 'not_found' } }],
  [PacketType.EVENT, { ok: true, value: { snapshot: {} } }],
])('%s %j', (type, reply) => {
  expect(new SharingEncoder().encode(packet(type, [reply]))).toEqual(
    new Encoder().encode(packet(type, [reply])),
  );
});

test('a snapshot is written once', () => {
  let written = 0;
  const snapshot = {
    toJSON: () => {
      written += 1;
      return 'as it is';
    },
  };
  for (const mode of ['a', 'b'])
    new SharingEncoder().encode(packet(PacketType.ACK, [{ ok: true, value: { mode, snapshot } }]));
  expect(written).toBe(1);
});
