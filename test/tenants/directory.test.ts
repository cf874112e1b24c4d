/** What a gateway knows of the registry, also while its database is away. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { createAuthenticator } from '../../src/ingest/index.ts';
import { AuditBuffer, createRegistry, digestOf, Directory, RegistryWatch } from '../../src/tenants/index.ts';
import type { Principal } from '../../src/tenants/index.ts';
import { createSqliteArchive } from '../../src/archive/index.ts';
import { eventually } from '../support/process.ts';

const key = (id: string, expiresAt: number | null = null) => ({
  ...{ id, tenant: 'acme', name: id, scopes: ['watch'] as const, digest: digestOf(id), createdAt: 0 },
  ...{ expiresAt, lastUsedAt: null, revokedAt: null, replacedBy: null },
});
const NOTHING = { version: 1, all: true, tenants: [], keys: [], revocations: [], erasing: [] };
const grantOf = (issuedAt: number): Principal => ({
  tenant: 'acme',
  grant: {
    ...{ subject: 'ana', sessions: ['*'], scopes: ['watch'], roles: [], id: 't1' },
    ...{ issuedAt, expiresAt: Date.now() + 60_000 },
  },
});

describe('the directory', () => {
  test('tells once that somebody may be refused now: with a change, and when a key has expired', () => {
    const directory = new Directory();
    expect(directory.learn({ ...NOTHING, keys: [key('k1', 5_000), key('k2', 9_000)] }, 1_000)).toBe(true);
    const [first, second] = ['k1', 'k2'].map((id) => directory.holder(digestOf(id), 1_000)!);
    expect(directory.learn(null, 4_999)).toBe(false);
    expect([directory.refuses(first!, 4_999), directory.refuses(first!, 5_000)]).toEqual([false, true]);
    expect([directory.learn(null, 5_000), directory.learn(null, 5_001)]).toEqual([true, false]);
    expect([directory.holder(digestOf('k1'), 5_000), directory.refuses(second!, 5_000)]).toEqual([
      undefined,
      false,
    ]);
  });

  test('a revocation is about tokens that were issued before', () => {
    const directory = new Directory();
    const about = { tenant: 'acme', issuedBefore: 1_000, until: Number.MAX_SAFE_INTEGER };
    for (const [kind, value] of [
      ...([
        ['token', 't1'],
        ['subject', 'ana'],
        ['tenant', ''],
      ] as const),
    ]) {
      directory.learn({ ...NOTHING, revocations: [{ ...about, kind, value }] });
      expect([kind, directory.refuses(grantOf(1_000)), directory.refuses(grantOf(1_001))]).toEqual([
        ...[kind, true, false],
      ]);
      expect(directory.refuses({ ...grantOf(1), tenant: 'other' })).toBe(false);
      expect(directory.refuses({ tenant: 'acme' })).toBe(false);
    }
  });

  test('a database that was put in the place of a newer one is read anew', () => {
    const directory = new Directory();
    directory.learn({ ...NOTHING, keys: [key('k1')] });
    directory.learn({ ...NOTHING, keys: [key('k2')] });
    expect([directory.holder(digestOf('k1')), directory.holder(digestOf('k2'))]).toMatchObject([
      undefined,
      { key: { id: 'k2' } },
    ]);
  });

  test('each use of a key is told at most once a minute', () => {
    const directory = new Directory();
    directory.learn({ ...NOTHING, keys: [key('k1')] });
    const used = (now: number): readonly string[] => {
      directory.holder(digestOf('k1'), now);
      return directory.takeUsed();
    };
    const now = Date.now();
    expect([used(now), used(now + LIMITS.keyUseMs - 1), used(now + LIMITS.keyUseMs)]).toEqual([
      ['k1'],
      [],
      ['k1'],
    ]);
  });
});

describe('while the database is away', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  test('the last known registry goes on counting, nothing opens up, and what was noted is kept', async () => {
    const archive = await createSqliteArchive(':memory:');
    ends.push(() => archive.close());
    let isAway = true;
    const through = <T>(work: () => Promise<T>): Promise<T> =>
      isAway ? Promise.reject(new Error('away')) : work();
    const registry = createRegistry({
      create: (tables) => through(() => archive.database.create(tables)),
      read: (statement) => through(() => archive.database.read(statement)),
      write: (statements) => through(() => archive.database.write(statements)),
    });
    const directory = new Directory();
    const audit = new AuditBuffer();
    const watch = new RegistryWatch({ registry, directory, audit });
    const keys = new Map([['mine', 'acme']]);
    const { authenticate } = createAuthenticator({ keys, devKey: false, directory });
    await watch.start();
    ends.push(() => watch.stop());
    await expect(watch.check()).rejects.toMatchObject({ code: 'registry_unavailable' });
    expect(await authenticate('mine')).toEqual({ tenant: 'acme' });
    await expect(authenticate('k1')).rejects.toMatchObject({ code: 'registry_unavailable' });

    isAway = false;
    const act = { actor: 'test', at: Date.now() };
    await registry.createTenant({ id: 'acme', name: 'acme', limits: { connections: 3 } }, act);
    for (const id of ['k1', 'k2']) await registry.createKey(key(id), act);
    await registry.revokeKey('k2', act);
    await eventually('the registry was read', () => directory.limitsOf('acme')?.connections === 3);

    isAway = true;
    audit.note({ actor: 'a\0na', tenant: 'acme', action: 'token.mint', target: 'x'.repeat(999), detail: {} });
    await expect(watch.refresh()).rejects.toThrow('away');
    await watch.check();
    expect(await authenticate('k1')).toMatchObject({ tenant: 'acme', key: { id: 'k1' } });
    for (const refused of ['k2', 'unknown'])
      await expect(authenticate(refused)).rejects.toMatchObject({ code: 'unauthorized' });

    isAway = false;
    await eventually('what was noted is written', async () => {
      const { data } = await registry.audit({ action: 'token.mint' });
      return data.some(({ actor, target }) => actor === 'ana' && target.length === LIMITS.auditTextChars);
    });
  });

  test('entries that find no room are counted in one of their own', async () => {
    const audit = new AuditBuffer();
    const deed = { actor: 'a', tenant: null, action: 'token.mint', target: 'x', detail: {} };
    for (let noted = 0; noted < LIMITS.auditWaiting + 7; noted += 1) audit.note(deed);
    const written: string[] = [];
    await audit.flush({
      note: async (entries) => {
        for (const { action, detail } of entries) written.push(`${action} ${JSON.stringify(detail)}`);
      },
    });
    expect(written).toHaveLength(LIMITS.auditWaiting + 1);
    expect(written.at(-1)).toBe('audit.lost {"entries":7}');
  });
});
