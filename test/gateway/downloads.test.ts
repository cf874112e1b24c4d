/** Downloads: a client that hardly reads does not keep its place. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { get, rawConnection } from '../support/hostile.ts';
import type { RawConnection } from '../support/hostile.ts';
import { eventually } from '../support/process.ts';
import { startFilesRig, type FilesRig } from './files-rig.ts';

/** More than the buffers of a connection in the kernel take. */
const BYTES = 32 * 1024 * 1024;
let rig: FilesRig;
let path: string;
beforeAll(async () => {
  rig = await startFilesRig();
  const { file } = await rig.stored(Buffer.alloc(BYTES, 'x'));
  path = `/v1/sessions/s/files/${file}`;
});
afterAll(() => rig.stop());

interface Download {
  readonly raw: RawConnection;
  /** Bytes that were read. */
  count: number;
}

async function asks(): Promise<Download> {
  const raw = await rawConnection(rig.port);
  raw.write(get(path, { Authorization: 'Bearer dev' }));
  await raw.says('200 OK');
  const download = { raw, count: raw.received.length };
  raw.socket.removeAllListeners('data').pause();
  raw.socket.on('data', (chunk: Buffer) => void (download.count += chunk.length));
  raw.socket.pause();
  return download;
}

/** So many bytes more, and no more than a few chunks beyond. */
async function reads(download: Download, bytes: number): Promise<void> {
  const enough = download.count + bytes;
  const { socket } = download.raw;
  const look = (): void => {
    if (download.count >= enough) socket.pause();
  };
  socket.on('data', look).resume();
  await eventually('they are read', () => download.count >= enough || download.raw.isOver);
  socket.off('data', look);
}

describe('a download', () => {
  test('that is taken too slowly is cut; one that is taken fast enough is not', async () => {
    jest.useFakeTimers({
      doNotFake: [
        'setImmediate',
        'nextTick',
        'queueMicrotask',
        'setTimeout',
        'clearTimeout',
        'Date',
        'performance',
      ],
    });
    try {
      const [slow, fast] = [await asks(), await asks()];
      // In the first of them the kernel's buffers take more than enough for both.
      for (let looks = 0; looks < 2; looks += 1) {
        await Promise.all([reads(slow, 1), reads(fast, 12 * 1024 * 1024)]);
        jest.advanceTimersByTime(LIMITS.transferLookMs);
      }
      slow.raw.socket.resume();
      await slow.raw.over('the slow one is cut');
      expect(slow.count).toBeLessThan(BYTES);
      fast.raw.socket.resume();
      await eventually('the other one has all of it', () => fast.count > BYTES);
      fast.raw.end();
    } finally {
      jest.useRealTimers();
    }
  });
});
