/** What files promise (src/files/files.ts), run against real databases. */
import { createHash, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/archive/index.ts';
import { LIMITS } from '../../src/contracts/index.ts';
import type { SessionRef, TenantLimits } from '../../src/contracts/index.ts';
import { createFiles } from '../../src/files/index.ts';
import type { Files, FileStore } from '../../src/files/index.ts';
import { eventually } from '../support/process.ts';

export interface FilesUnderTest {
  readonly database: Database;
  /** The same tables over connections of their own, as another process has. */
  readonly other: Database;
  readonly store: FileStore;
  /** Erases a session from the archive, which is in the same database. */
  erase(ref: SessionRef): Promise<unknown>;
  /** Keys of all that is in it. */
  stored(): Promise<readonly string[]>;
  cleanup(): Promise<void>;
}

export const TEXT = { name: 'a.txt', contentType: 'text/plain' };

export async function* of(...chunks: readonly string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function* failing(): AsyncGenerator<Buffer> {
  yield Buffer.from('begun');
  throw new Error('gone');
}

export function filesSuite(name: string, open: () => Promise<FilesUnderTest>): void {
  describe(`files on ${name}`, () => {
    let subject: FilesUnderTest;
    let limits: TenantLimits = {};
    const ancestors = new Map<string, readonly SessionRef[]>();
    let files: Files;
    let other: Files;
    beforeAll(async () => {
      subject = await open();
      const limitsOf = (): TenantLimits => limits;
      const ancestorsOf = async ({ session }: SessionRef): Promise<readonly SessionRef[]> =>
        ancestors.get(session) ?? [];
      const { store } = subject;
      files = createFiles({ database: subject.database, store, limitsOf, ancestorsOf });
      other = createFiles({ database: subject.other, store, limitsOf, ancestorsOf });
    });
    afterAll(() => subject.cleanup());

    /** A session that no other test uses. */
    const newRef = (tenant: string = randomUUID()): SessionRef => ({ tenant, session: randomUUID() });

    async function limited<T>(given: TenantLimits, work: () => Promise<T>): Promise<T> {
      limits = given;
      try {
        return await work();
      } finally {
        limits = {};
      }
    }

    test('what is stored is found and read by others, in its own session only', async () => {
      const ref = newRef();
      const { info } = await files.store(ref, TEXT, of('hel', 'lo'));
      const sha256 = createHash('sha256').update('hello').digest('hex');
      expect(info).toEqual({ file: expect.stringMatching(/^f_[\w-]{24}$/), ...TEXT, bytes: 5, sha256 });
      const found = await other.find(ref, info.file);
      expect(found.info).toEqual(info);
      expect(String(await buffer(await found.read()))).toBe('hello');
      expect(await files.storedBytes(ref.tenant)).toBe(5);
      for (const wrong of [newRef(ref.tenant), { ...newRef(), session: ref.session }])
        await expect(files.find(wrong, info.file)).rejects.toMatchObject({ code: 'file_not_found' });
    });

    test('of what fails, is too large or has another length nothing stays', async () => {
      const ref = newRef();
      await expect(files.store(ref, TEXT, failing())).rejects.toMatchObject({ cause: { message: 'gone' } });
      await limited({ fileBytes: 4 }, async () => {
        await expect(files.store(ref, TEXT, of('123', '45'))).rejects.toMatchObject({ code: 'too_large' });
        await expect(files.store(ref, { ...TEXT, bytes: 5 }, failing())).rejects.toMatchObject({
          code: 'too_large',
        });
        await expect(files.store(ref, { ...TEXT, bytes: 2 }, of('123'))).rejects.toMatchObject({
          code: 'too_large',
        });
      });
      expect(await files.storedBytes(ref.tenant)).toBe(0);
      expect((await subject.stored()).filter((key) => key.startsWith(ref.tenant))).toEqual([]);
    });

    test('a tenant stores no more than it may, however many store at the same moment', async () => {
      const ref = newRef();
      await limited({ storedBytes: 20 }, async () => {
        const bytes = 5;
        const all = await Promise.allSettled(
          Array.from({ length: 8 }, (_, index) =>
            (index % 2 === 0 ? files : other).store(newRef(ref.tenant), { ...TEXT, bytes }, of('12345')),
          ),
        );
        expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
        expect(all.find(({ status }) => status === 'rejected')).toMatchObject({
          reason: { code: 'quota_exceeded', limits: [{ limit: 'storedBytes', most: 20, used: 20, left: 0 }] },
        });
        // Of unknown length: as much as there is room for, and no more.
        await files.removeTenant(ref.tenant);
        await files.store(ref, TEXT, of('1234567890', '12345'));
        await expect(files.store(ref, TEXT, of('123456'))).rejects.toMatchObject({ code: 'quota_exceeded' });
        await files.store(ref, TEXT, of('12345'));
        expect(await files.storedBytes(ref.tenant)).toBe(20);
      });
    });

    test('a session has no more files than it may', async () => {
      const ref = newRef();
      await limited({ sessionFiles: 2 }, async () => {
        const stored = [1, 2, 3].map(() => files.store(ref, TEXT, of('x')));
        const all = await Promise.allSettled(stored);
        expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
        expect(all.find(({ status }) => status === 'rejected')).toMatchObject({
          reason: { code: 'quota_exceeded', limits: [{ limit: 'sessionFiles', most: 2, used: 2, left: 0 }] },
        });
      });
    });

    test('a request that is repeated stores one file; one with another content, name or type is refused', async () => {
      const ref = newRef();
      const given = { ...TEXT, request: 'key' };
      const first = await files.store(ref, given, of('hello'));
      expect(await other.store(ref, given, of('hello'))).toEqual({ ...first, replayed: true });
      await expect(files.store(ref, given, of('other'))).rejects.toMatchObject({
        code: 'idempotency_mismatch',
      });
      for (const changed of [{ name: 'another' }, { contentType: 'image/png' }])
        await expect(files.store(ref, { ...given, ...changed }, of('hello'))).rejects.toMatchObject({
          code: 'idempotency_mismatch',
        });
      expect(await files.storedBytes(ref.tenant)).toBe(5);
      expect((await files.store(newRef(ref.tenant), given, of('other'))).replayed).toBe(false);
    });

    test('of a repeat with a longer content no more is read than tells it apart', async () => {
      const ref = newRef();
      const given = { ...TEXT, request: 'key' };
      await files.store(ref, given, of('hello'));
      const read: string[] = [];
      const longer = async function* (): AsyncGenerator<Buffer> {
        for (const piece of ['hello', '!', '!']) {
          read.push(piece);
          yield Buffer.from(piece);
        }
      };
      await expect(files.store(ref, given, longer())).rejects.toMatchObject({ code: 'idempotency_mismatch' });
      expect(read).toEqual(['hello', '!']);
    });

    test('a repeat takes the place of an upload that has not ended', async () => {
      const ref = newRef();
      const given = { ...TEXT, request: 'key' };
      const [asked, goOn] = [Promise.withResolvers<null>(), Promise.withResolvers<null>()];
      const slow = async function* (): AsyncGenerator<Buffer> {
        asked.resolve(null);
        await goOn.promise;
        yield Buffer.from('hello');
      };
      const first = files.store(ref, given, slow());
      await asked.promise;
      const second = await other.store(ref, given, of('hello'));
      expect(second.replayed).toBe(false);
      goOn.resolve(null);
      await expect(first).rejects.toMatchObject({ code: 'file_not_found' });
      expect(await files.storedBytes(ref.tenant)).toBe(5);
      expect((await subject.stored()).filter((key) => key.startsWith(ref.tenant))).toHaveLength(1);
    });

    test('what nothing refers to goes after a day, what something refers to stays; sweeps run side by side', async () => {
      const ref = newRef();
      const [unused, used] = [
        (await files.store(ref, TEXT, of('unused'))).info,
        (await files.store(ref, TEXT, of('used'))).info,
      ];
      expect(await files.use(ref, [used.file, used.file])).toEqual([used, used]);
      await expect(files.use(newRef(), [used.file])).rejects.toMatchObject({ code: 'file_not_found' });
      await files.sweep(Date.now());
      await files.find(ref, unused.file);
      const later = Date.now() + LIMITS.unusedFileMs + 1;
      await Promise.all([files.sweep(later), other.sweep(later), files.sweep(later)]);
      await expect(files.find(ref, unused.file)).rejects.toMatchObject({ code: 'file_not_found' });
      await expect(files.use(ref, [unused.file])).rejects.toMatchObject({ code: 'file_not_found' });
      expect((await files.find(ref, used.file)).info).toEqual(used);
      expect(await files.storedBytes(ref.tenant)).toBe(4);
      expect(await subject.stored()).toContain(`${ref.tenant}/${ref.session}/${used.file}`);
      expect(await subject.stored()).not.toContain(`${ref.tenant}/${ref.session}/${unused.file}`);
    });

    test('a fork has the files of what it was forked from, as long as they are there', async () => {
      const parent = newRef();
      const [fork, again] = [newRef(parent.tenant), newRef(parent.tenant)];
      // A fork that an earlier version has made knows its parent alone.
      ancestors.set(fork.session, [parent]).set(again.session, [fork]);
      const { info } = await files.store(parent, TEXT, of('hello'));
      const own = (await files.store(again, TEXT, of('own'))).info;
      expect(String(await buffer(await (await files.find(again, info.file)).read()))).toBe('hello');
      expect(await files.use(again, [own.file, info.file])).toEqual([own, info]);
      await expect(files.find(fork, own.file)).rejects.toMatchObject({ code: 'file_not_found' });
      // Also once the one in between is erased, which knows nothing any more.
      ancestors.delete(fork.session);
      ancestors.set(again.session, [fork, parent]);
      expect((await files.find(again, info.file)).info).toEqual(info);
      await files.removeSession(parent);
      await expect(files.find(again, info.file)).rejects.toMatchObject({ code: 'file_not_found' });
    });

    test('files go with their session, those of others stay; an upload that runs meanwhile leaves nothing', async () => {
      const [ref, kept] = [newRef(), newRef()];
      const other = newRef(ref.tenant);
      const { info } = await files.store(ref, TEXT, of('one'));
      await files.use(ref, [info.file]);
      await files.store(other, TEXT, of('other'));
      await files.store(kept, TEXT, of('kept'));
      const [asked, goOn] = [Promise.withResolvers<null>(), Promise.withResolvers<null>()];
      const slow = async function* (): AsyncGenerator<Buffer> {
        asked.resolve(null);
        await goOn.promise;
        yield Buffer.from('late');
      };
      const late = files.store(ref, TEXT, slow());
      await asked.promise;
      expect(await files.removeSession(ref)).toBe(1);
      expect(await files.removeSession(ref)).toBe(0);
      goOn.resolve(null);
      await expect(late).rejects.toMatchObject({ code: 'file_not_found' });
      await expect(files.find(ref, info.file)).rejects.toMatchObject({ code: 'file_not_found' });
      expect(await files.storedBytes(ref.tenant)).toBe(5);
      await files.removeTenant(ref.tenant);
      expect(await files.storedBytes(ref.tenant)).toBe(0);
      expect(await files.storedBytes(kept.tenant)).toBe(4);
      expect((await subject.stored()).filter((key) => key.startsWith(ref.tenant))).toEqual([]);
    });

    test('what a crash has left behind is deleted by a sweep', async () => {
      const ref = newRef();
      const died = new AbortController();
      const hanging = async function* (): AsyncGenerator<Buffer> {
        yield Buffer.from('begun');
        await new Promise((_, reject) =>
          died.signal.addEventListener('abort', () => reject(new Error('died'))),
        );
      };
      // The process dies: nobody marks it, and nobody removes it.
      const upload = files.store(ref, { ...TEXT, bytes: 100 }, hanging());
      upload.catch(() => undefined);
      await eventually('its room is reserved', async () => (await files.storedBytes(ref.tenant)) === 100);
      await files.sweep(Date.now());
      expect(await files.storedBytes(ref.tenant)).toBe(100);
      await other.sweep(Date.now() + LIMITS.transferMs + 1);
      expect(await files.storedBytes(ref.tenant)).toBe(0);
      died.abort();
      await expect(upload).rejects.toThrow();
    });

    test('a place that cannot be reached says so', async () => {
      const away = {
        put: () => Promise.reject(new Error('no route')),
        get: () => Promise.reject(new Error('no route')),
        remove: async () => undefined,
      };
      const unreachable = createFiles({
        database: subject.database,
        store: away,
        limitsOf: () => ({}),
        ancestorsOf: async () => [],
      });
      const ref = newRef();
      await expect(unreachable.store(ref, TEXT, of('x'))).rejects.toMatchObject({
        code: 'files_unavailable',
      });
      const { info } = await files.store(ref, TEXT, of('x'));
      const found = await unreachable.find(ref, info.file);
      await expect(found.read()).rejects.toMatchObject({ code: 'files_unavailable' });
    });
  });
}
