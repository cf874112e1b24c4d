/** What every keyring promises (src/contracts/seal.ts), run against real databases. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SharedArchive } from '../../src/archive/index.ts';
import { Keyring } from '../../src/seal/index.ts';
import type { MasterKey } from '../../src/seal/index.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (data: Uint8Array): string => Buffer.from(data).toString();
const master = (id: string): MasterKey => ({ id, secret: randomBytes(32) });

export function keyringSuite(name: string, open: () => Promise<SharedArchive>): void {
  describe(`keyring on ${name}`, () => {
    let archive: SharedArchive;
    const old = master('old');
    const keyring = (...masters: readonly MasterKey[]): Keyring => new Keyring(archive.database, masters);
    beforeAll(async () => {
      archive = await open();
    });
    afterAll(() => archive.close());

    test('makes one data key for a tenant, whoever is first', async () => {
      const many = Array.from({ length: 8 }, () => keyring(old));
      const sealed = await Promise.all(many.map((each, n) => each.seal('first', 'place', bytes(`${n}`))));
      expect(new Set(sealed.map(({ key }) => key)).size).toBe(1);
      const opened = await Promise.all(sealed.map((each) => many[0]!.open('first', 'place', each)));
      expect(opened.map(text)).toEqual([...many.keys()].map(String));
    });

    test('seals alike never twice, and hides what it seals', async () => {
      const ring = keyring(old);
      const [one, other] = [
        await ring.seal('acme', 'p', bytes('secret')),
        await ring.seal('acme', 'p', bytes('secret')),
      ];
      expect(Buffer.from(one.data).equals(other.data)).toBe(false);
      expect(Buffer.from(one.data).includes('secret')).toBe(false);
    });

    test('opens nothing that was moved to another tenant or place, or changed', async () => {
      const ring = keyring(old);
      const sealed = await ring.seal('acme', 'event:1', bytes('secret'));
      const broken = { code: 'seal_broken' };
      await expect(ring.open('other', 'event:1', sealed)).rejects.toMatchObject(broken);
      await expect(ring.open('acme', 'event:2', sealed)).rejects.toMatchObject(broken);
      const changed = Buffer.from(sealed.data);
      changed[changed.length - 20]! ^= 1;
      await expect(ring.open('acme', 'event:1', { ...sealed, data: changed })).rejects.toMatchObject(broken);
      expect(text(await ring.open(null, 'event:1', sealed))).toBe('secret');
    });

    test('another data key seals after a rotation, and the one before still opens', async () => {
      const ring = keyring(old);
      const before = await ring.seal('rotated', 'p', bytes('before'));
      await ring.rotate('rotated');
      const after = await ring.seal('rotated', 'p', bytes('after'));
      expect(after.key).not.toBe(before.key);
      const later = keyring(old);
      expect(text(await later.open('rotated', 'p', before))).toBe('before');
      expect((await later.seal('rotated', 'p', bytes('x'))).key).toBe(after.key);
    });

    test('the master key is changed with an overlap, and afterwards the old one is not needed', async () => {
      const fresh = master('new');
      const sealed = await keyring(old).seal('moved', 'p', bytes('secret'));
      const both = keyring(fresh, old);
      expect(text(await both.open('moved', 'p', sealed))).toBe('secret');
      expect(await both.rewrap()).toBeGreaterThan(0);
      expect(await both.rewrap()).toBe(0);
      const alone = keyring(fresh);
      await alone.check();
      expect(text(await alone.open('moved', 'p', sealed))).toBe('secret');
      await expect(keyring(old).open('moved', 'p', sealed)).rejects.toMatchObject({
        code: 'seal_key_missing',
      });
      await keyring(old, fresh).rewrap();
    });

    test('a wrong or missing master key is told, and loses nothing', async () => {
      const sealed = await keyring(old).seal('kept', 'p', bytes('secret'));
      const wrong = keyring(master('old'));
      await expect(wrong.check()).rejects.toMatchObject({ code: 'seal_broken' });
      await expect(wrong.seal('kept', 'p', bytes('x'))).rejects.toMatchObject({ code: 'seal_broken' });
      await expect(keyring(master('else')).check()).rejects.toMatchObject({ code: 'seal_key_missing' });
      expect(text(await keyring(old).open('kept', 'p', sealed))).toBe('secret');
    });

    test('what the keys of a tenant have sealed can never be opened once they are destroyed', async () => {
      const ring = keyring(old);
      const sealed = await ring.seal('gone', 'p', bytes('secret'));
      await ring.rotate('gone');
      expect(await ring.destroy('gone')).toBe(2);
      const missing = { code: 'seal_key_missing' };
      await expect(ring.open('gone', 'p', sealed)).rejects.toMatchObject(missing);
      await expect(keyring(old).open('gone', 'p', sealed)).rejects.toMatchObject(missing);
      expect(await ring.destroy('gone')).toBe(0);
      // It may begin anew.
      const anew = await ring.seal('gone', 'p', bytes('new'));
      expect(text(await ring.open('gone', 'p', anew))).toBe('new');
    });
  });
}
