/** Several large snapshots for one socket on a slow link. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Socket as NetSocket } from 'node:net';
import { LIMITS } from '../../src/contracts/index.ts';
import type { SessionView } from '../../src/contracts/index.ts';
import { Outgoing } from '../../src/gateway/outgoing.ts';
import { ask, connected, startRig } from './harness.ts';
import type { Rig } from './harness.ts';

const MIB = 1024 * 1024;

describe('what counts of what waits', () => {
  test('is all but the snapshots that have not left', () => {
    const outgoing = new Outgoing();
    const snapshot = (): void => outgoing.snapshot(() => outgoing.add(1_000));
    outgoing.add(100);
    snapshot();
    outgoing.add(10);
    snapshot();
    expect(outgoing.counted(2_110)).toBe(110);
    // A half of the first has left, then all of it, then everything.
    expect(outgoing.counted(1_510)).toBe(10);
    expect(outgoing.counted(1_000)).toBe(0);
    expect(outgoing.counted(0)).toBe(0);
    outgoing.add(50);
    expect(outgoing.counted(50)).toBe(50);
  });

  test('is what snapshots have beyond their own bound', () => {
    const outgoing = new Outgoing();
    for (let at = 0; at < 10; at += 1) outgoing.snapshot(() => outgoing.add(MIB));
    expect(outgoing.counted(10 * MIB)).toBe(10 * MIB - LIMITS.socketSnapshotBytes);
  });
});

describe('a socket that reads nothing', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.gateway.drain());

  test('may have the snapshots of several sessions waiting, not any number', async () => {
    const socket = await connected(rig.socket());
    const reply = await ask(socket, 'subscribe', { session: 's' });
    const { snapshot } = (reply as unknown as { value: { snapshot: SessionView } }).value;
    const large = { ...snapshot, metadata: { text: 'é'.repeat(LIMITS.snapshotChars) } };
    const slow = [...rig.delivery.watchers].at(-1)!;
    const transport = socket.io.engine.transport as unknown as { ws: { _socket: NetSocket } };
    const wire = transport.ws._socket.pause();
    let sent = 0;
    const send = async (): Promise<number> => {
      slow.reset(large);
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return slow.backlog().bytes;
    };
    for (let session = 0; session < 12; session += 1) expect(await send()).toBeLessThan(LIMITS.socketBytes);
    while ((await send()) <= LIMITS.socketBytes) expect(sent).toBeLessThan(200);
    wire.resume();
    socket.disconnect();
  });
});
