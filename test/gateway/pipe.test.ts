/** What came in together with a fault is not looked at. */
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { Peer } from '../../src/gateway/edge/peer.ts';
import { Pipe } from '../../src/gateway/edge/pipe.ts';

test('packets behind the one that was not to be sent reach nobody', () => {
  const socket = new Socket();
  const below = Object.assign(new EventEmitter(), {
    bufferedAmount: 0,
    pause: () => null,
    resume: () => null,
  });
  const engine = Object.assign(new EventEmitter(), {
    request: { socket },
    transport: { socket: below },
    close: () => undefined,
    write: () => undefined,
  });
  const cuts: string[] = [];
  new Pipe(engine, new Peer(socket, (reason) => cuts.push(reason)));
  const heard: string[] = [];
  below.on('message', (data: string) => {
    heard.push(data);
    engine.emit('packet', { type: 'message', data });
  });
  for (const data of ['0/admin,{}', '0/other,{}', '2["question"]']) below.emit('message', data);
  expect(heard).toEqual(['0/admin,{}']);
  expect(cuts).toEqual(['it did not greet as it should']);
  expect(socket.destroyed).toBe(true);
});
