/** What every place for contents promises (src/files/store.ts), run against real ones. */
import { randomBytes, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import type { FileStore } from '../../src/files/index.ts';

export interface StoreUnderTest {
  readonly store: FileStore;
  cleanup(): Promise<void>;
}

const newKey = (): string => `acme/s-${randomUUID()}/f_1`;

async function* inChunks(content: Buffer, size = 65_536): AsyncGenerator<Buffer> {
  for (let from = 0; from < content.length; from += size) yield content.subarray(from, from + size);
}

export function fileStoreSuite(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`files in ${name}`, () => {
    let subject: StoreUnderTest;
    let store: FileStore;
    beforeAll(async () => {
      subject = await open();
      ({ store } = subject);
    });
    afterAll(() => subject.cleanup());

    const read = async (key: string, from?: number, to?: number): Promise<Buffer> =>
      buffer(await store.get(key, from === undefined || to === undefined ? undefined : { from, to }));

    const part = LIMITS.s3PartBytes;
    test.each([0, 1, part - 1, part, part + 1, 2 * part])('%i bytes come back as they were', async (size) => {
      const [key, content] = [newKey(), randomBytes(size)];
      await store.put(key, inChunks(content));
      expect((await read(key)).equals(content)).toBe(true);
      await store.remove(key);
    });

    test('any range is read, also from the middle of a file of several parts', async () => {
      const [key, content] = [newKey(), randomBytes(part + 1_000)];
      await store.put(key, inChunks(content, 100_000));
      for (const [from, to] of [
        [0, 0],
        [10, 19],
        [part - 5, part + 5],
        [part + 999, part + 999],
      ] as const)
        expect((await read(key, from, to)).equals(content.subarray(from, to + 1))).toBe(true);
      await store.remove(key);
    });

    test('one is stored while what others have left of its session is removed', async () => {
      const session = `acme-${randomUUID()}/s`;
      for (let round = 0; round < 20; round += 1) {
        const key = `${session}/f_${round}`;
        const others = Array.from({ length: 8 }, (_, n) => store.remove(`${session}/f_gone_${n}`));
        await Promise.all([store.put(key, inChunks(Buffer.from('hello'))), ...others]);
        expect(String(await read(key))).toBe('hello');
        await store.remove(key);
      }
    });

    test('what is removed is not there, and can be removed again', async () => {
      const key = newKey();
      await store.put(key, inChunks(Buffer.from('hello')));
      await store.remove(key);
      await expect(store.get(key)).rejects.toThrow();
      await store.remove(key);
    });

    test.each([100, part + 100])('of a content that fails after %i bytes nothing stays', async (size) => {
      const key = newKey();
      const failing = async function* (): AsyncGenerator<Buffer> {
        yield* inChunks(randomBytes(size));
        throw new Error('the client has gone');
      };
      await expect(store.put(key, failing())).rejects.toThrow('the client has gone');
      await store.remove(key);
      await expect(store.get(key)).rejects.toThrow();
    });

    test('a read that nobody ends can be given up', async () => {
      const [key, content] = [newKey(), randomBytes(part)];
      await store.put(key, inChunks(content));
      const stream = await store.get(key);
      stream.destroy();
      expect((await read(key)).equals(content)).toBe(true);
      await store.remove(key);
    });
  });
}
