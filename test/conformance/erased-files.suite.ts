/** What erasing a session promises of its files, run against real databases. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SessionRef } from '../../src/contracts/index.ts';
import { createFiles } from '../../src/files/index.ts';
import type { Files } from '../../src/files/index.ts';
import { of, TEXT } from './files.suite.ts';
import type { FilesUnderTest } from './files.suite.ts';

export function erasedFilesSuite(name: string, open: () => Promise<FilesUnderTest>): void {
  describe(`files of erased sessions on ${name}`, () => {
    let subject: FilesUnderTest;
    let files: Files;
    let other: Files;
    beforeAll(async () => {
      subject = await open();
      const parts = { store: subject.store, limitsOf: () => ({}), ancestorsOf: async () => [] };
      files = createFiles({ database: subject.database, ...parts });
      other = createFiles({ database: subject.other, ...parts });
    });
    afterAll(() => subject.cleanup());

    const newRef = (tenant: string = randomUUID()): SessionRef => ({ tenant, session: randomUUID() });

    test('files can be stored before the archive has made its tables', async () => {
      await subject.database.write([{ sql: 'DROP TABLE convoke_erased' }]);
      const ref = newRef();
      const { info } = await files.store(ref, TEXT, of('hello'));
      expect((await files.find(ref, info.file)).info).toEqual(info);
      await subject.erase(ref);
      await expect(files.find(ref, info.file)).rejects.toMatchObject({ code: 'file_not_found' });
    });

    test('a session that is erased gets no file any more, and has none, whoever still writes', async () => {
      const ref = newRef();
      const given = { ...TEXT, request: 'key' };
      const { info } = await files.store(ref, given, of('before'));
      const [asked, goOn] = [Promise.withResolvers<null>(), Promise.withResolvers<null>()];
      const slow = async function* (): AsyncGenerator<Buffer> {
        asked.resolve(null);
        await goOn.promise;
        yield Buffer.from('late');
      };
      const late = other.store(ref, TEXT, slow());
      await asked.promise;
      await subject.erase(ref);
      goOn.resolve(null);
      await expect(late).rejects.toMatchObject({ code: 'file_not_found' });
      for (const again of [TEXT, given])
        await expect(other.store(ref, again, of('before'))).rejects.toMatchObject({
          code: 'session_not_found',
        });
      await expect(files.find(ref, info.file)).rejects.toMatchObject({ code: 'file_not_found' });
      await files.removeSession(ref);
      expect(await files.storedBytes(ref.tenant)).toBe(0);
      expect((await subject.stored()).filter((key) => key.startsWith(ref.tenant))).toEqual([]);
      await files.store(newRef(ref.tenant), TEXT, of('others'));
    });
  });
}
