/** How much of what a peer sends is read, and when. */
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { expect, jest, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { Peer } from '../../src/gateway/edge/peer.ts';
import { Pipe } from '../../src/gateway/edge/pipe.ts';

/** One without a network. */
function piped() {
  const socket = new Socket();
  const below = Object.assign(new EventEmitter(), {
    bufferedAmount: 0,
    ping: jest.fn(),
    pause: jest.fn(),
    resume: jest.fn(),
  });
  const engine = Object.assign(new EventEmitter(), {
    request: { socket },
    transport: { socket: below },
    readyState: 'open',
    close: () => undefined,
    write: () => undefined,
  });
  const cuts: string[] = [];
  const pipe = new Pipe(engine, new Peer(socket, (reason) => cuts.push(reason)));
  return { pipe, engine, below, socket, cuts };
}

test('packets behind the one that was not to be sent reach nobody', () => {
  const { engine, below, socket, cuts } = piped();
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

test('a peer that has sent too many bytes is not read sooner because it has sent many packets, too', () => {
  jest.useFakeTimers();
  try {
    const { pipe, engine, below, socket, cuts } = piped();
    const { bytes, packets } = LIMITS.inbound;
    pipe.welcome();
    // Two seconds' worth, in more packets than may come at once.
    socket.emit('data', Buffer.alloc(bytes.burst + 2 * bytes.perSecond));
    for (let count = 0; count <= packets.burst; count += 1) engine.emit('packet', { type: 'ping' });
    expect(below.pause).toHaveBeenCalled();
    jest.advanceTimersByTime(1_900);
    expect(below.resume).not.toHaveBeenCalled();
    jest.advanceTimersByTime(200);
    expect(below.resume).toHaveBeenCalledTimes(1);
    expect(cuts).toEqual([]);
  } finally {
    jest.useRealTimers();
  }
});
