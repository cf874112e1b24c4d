/** What every registry promises (src/tenants/registry.ts), run against real databases. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { makeKey } from '../../src/tenants/index.ts';
import type { Registry } from '../../src/tenants/index.ts';

export interface RegistryUnderTest {
  readonly registry: Registry;
  /** The same tables over connections of their own, as another process has. */
  readonly other: Registry;
  cleanup(): Promise<void>;
}

const ACT = { actor: 'operator', at: 1_000 };
const tenantNamed = (id: string) => ({ id, name: id, limits: {} });
const keyOf = (tenant: string | null, id: string, expiresAt: number | null = null) => ({
  ...{ id, tenant, name: 'server', scopes: ['watch', 'send'] as const, expiresAt },
  digest: `digest of ${id}`,
});
const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id).sort();

export function registrySuite(name: string, open: () => Promise<RegistryUnderTest>): void {
  describe(`registry on ${name}`, () => {
    let subject: RegistryUnderTest;
    let registry: Registry;
    beforeAll(async () => {
      subject = await open();
      registry = subject.registry;
    });
    afterAll(() => subject.cleanup());

    test('is empty at first, and gets one first key of two that are stored at the same moment', async () => {
      expect(await registry.changesAfter(0)).toBeNull();
      const stored = await Promise.all([
        registry.storeFirstKey({ ...keyOf(null, 'first1'), scopes: ['admin'] }, ACT),
        subject.other.storeFirstKey({ ...keyOf(null, 'first2'), scopes: ['admin'] }, ACT),
      ]);
      expect(stored.toSorted()).toEqual([false, true]);
      const { data } = await registry.keys({ tenant: null });
      expect(data).toMatchObject([{ tenant: null, scopes: ['admin'], revokedAt: null }]);
    });

    test('a tenant is created once, changed in parts, and its limits are kept as they are', async () => {
      const limits = { messagesPerMinute: 10, weight: 0.5 };
      const created = await registry.createTenant({ ...tenantNamed('acme'), limits }, ACT);
      expect(created).toEqual({
        ...{ id: 'acme', name: 'acme', status: 'active', limits },
        ...{ createdAt: 1_000, updatedAt: 1_000 },
      });
      await expect(registry.createTenant(tenantNamed('acme'), ACT)).rejects.toMatchObject({
        code: 'tenant_exists',
      });
      const change = { status: 'suspended', limits: {} } as const;
      await registry.changeTenant('acme', change, { ...ACT, at: 2_000 });
      expect(await registry.tenant('acme')).toEqual({ ...created, ...change, updatedAt: 2_000 });
      await expect(registry.changeTenant('nobody', change, ACT)).rejects.toMatchObject({
        code: 'tenant_not_found',
      });
      await expect(registry.tenant('nobody')).rejects.toMatchObject({ code: 'tenant_not_found' });
    });

    test('keys need a tenant, and there are not more than there can be', async () => {
      await registry.createTenant(tenantNamed('full'), ACT);
      await expect(registry.createKey(keyOf('nobody', 'k0'), ACT)).rejects.toMatchObject({
        code: 'tenant_not_found',
      });
      for (let made = 0; made < LIMITS.tenantKeys; made += 1)
        await registry.createKey(keyOf('full', `full${made}`), ACT);
      await expect(registry.createKey(keyOf('full', 'more'), ACT)).rejects.toMatchObject({
        code: 'too_many_keys',
      });
      await registry.revokeKey('full0', ACT);
      await registry.createKey(keyOf('full', 'more'), ACT);
      const first = await registry.keys({ tenant: 'full', limit: 60 });
      const rest = await registry.keys({ tenant: 'full', limit: 60, cursor: first.next ?? '' });
      expect([first.data.length, rest.data.length, rest.next]).toEqual([
        60,
        LIMITS.tenantKeys + 1 - 60,
        null,
      ]);
    });

    test('a key is rotated once: the other one ends later, and the new one lives as long', async () => {
      await registry.createTenant(tenantNamed('rotating'), ACT);
      await registry.createKey(keyOf('rotating', 'old', 11_000), ACT);
      const at = { ...ACT, at: 5_000 };
      const made = await registry.rotateKey('old', { id: 'new', digest: 'd', otherEndsAt: 7_000 }, at);
      expect(made).toMatchObject({
        ...{ id: 'new', tenant: 'rotating', name: 'server', scopes: ['watch', 'send'] },
        expiresAt: 15_000,
      });
      const { data } = await registry.keys({ tenant: 'rotating' });
      expect(data.find(({ id }) => id === 'old')).toMatchObject({ expiresAt: 7_000, replacedBy: 'new' });
      const again = { id: 'newer', digest: 'e', otherEndsAt: 9_000 };
      await expect(registry.rotateKey('old', again, at)).rejects.toMatchObject({ code: 'key_ended' });
      await registry.revokeKey('new', at);
      await expect(registry.rotateKey('new', again, at)).rejects.toMatchObject({ code: 'key_ended' });
      await expect(registry.rotateKey('nobody', again, at)).rejects.toMatchObject({ code: 'key_not_found' });
      await expect(registry.revokeKey('nobody', at)).rejects.toMatchObject({ code: 'key_not_found' });
      expect(await registry.revokeKey('new', { ...at, at: 6_000 })).toMatchObject({ revokedAt: 5_000 });
    });

    test('whoever asks what has changed misses nothing that many write at once', async () => {
      await registry.createTenant(tenantNamed('busy'), ACT);
      let { version } = (await registry.changesAfter(0))!;
      const writes = Array.from({ length: 24 }, (_, n) =>
        (n % 2 === 0 ? registry : subject.other).createKey(keyOf('busy', `busy${n}`), ACT),
      );
      const seen = new Set<string>();
      const all = Promise.all(writes).then(() => true);
      for (let isDone = false; !isDone;) {
        isDone = await Promise.race([all, Promise.resolve(false)]);
        const changes = await registry.changesAfter(version);
        version = changes?.version ?? version;
        for (const { id } of changes?.keys ?? []) seen.add(id);
      }
      expect([...seen].sort()).toEqual(ids(await all.then(() => keysOf('busy'))));
      expect(await registry.changesAfter(version)).toBeNull();
    });

    const keysOf = async (tenant: string) => (await registry.keys({ tenant })).data;

    test('a revocation counts from the latest moment, and goes when it cannot matter any more', async () => {
      const one = { tenant: 'acme', kind: 'subject', value: 'ana', issuedBefore: 500, until: 9_000 } as const;
      await registry.revoke(one, ACT);
      await registry.revoke({ ...one, issuedBefore: 400 }, ACT);
      await registry.revoke({ ...one, issuedBefore: 600 }, ACT);
      expect((await registry.revocations({ tenant: 'acme' })).data).toEqual([{ ...one, issuedBefore: 600 }]);
      await registry.sweep(9_001);
      expect((await registry.revocations({ tenant: 'acme' })).data).toEqual([]);
    });

    test('the last use of a key is written, and is no change', async () => {
      await registry.createTenant(tenantNamed('used'), ACT);
      await registry.createKey(keyOf('used', 'used1'), ACT);
      const { version } = (await registry.changesAfter(0))!;
      await registry.touch(['used1', 'nobody'], 100_000);
      await registry.touch(['used1'], 100_000 + LIMITS.keyUseMs - 1);
      expect(await keysOf('used')).toMatchObject([{ lastUsedAt: 100_000 }]);
      expect(await registry.changesAfter(version)).toBeNull();
    });

    test('acts are told in the audit log if they were done, and entries are written once', async () => {
      await registry.createTenant(tenantNamed('told'), ACT);
      await registry.createTenant(tenantNamed('told'), ACT).catch(() => undefined);
      await registry.createKey(keyOf('told', 'told1'), { ...ACT, actor: 'other' });
      await registry.revokeKey('told1', ACT);
      const entry = { actor: 'told1', tenant: 'told', action: 'token.mint', target: 'ana', detail: {} };
      await registry.note([{ id: 'n1', at: 1, ...entry }]);
      await registry.note([{ id: 'n1', at: 1, ...entry }]);
      const actions = async (query: object): Promise<string[]> =>
        (await registry.audit({ tenant: 'told', ...query })).data.map(({ action }) => action);
      expect(await actions({})).toEqual(['token.mint', 'key.revoke', 'key.create', 'tenant.create']);
      expect(await actions({ actor: 'other' })).toEqual(['key.create']);
      expect(await actions({ action: 'key.revoke' })).toEqual(['key.revoke']);
      const page = await registry.audit({ tenant: 'told', limit: 3 });
      expect(await actions({ cursor: page.next })).toEqual(['tenant.create']);
      await registry.sweep(1 + LIMITS.auditMintsMs + 1);
      expect(await actions({})).toEqual(['key.revoke', 'key.create', 'tenant.create']);
    });

    test('holds no key in clear', async () => {
      const { id, secret, digest } = makeKey();
      await registry.createKey({ ...keyOf('told', id), digest }, ACT);
      const everything = JSON.stringify([await registry.changesAfter(0), await registry.audit({})]);
      expect(everything).toContain(digest);
      expect(everything).not.toContain(secret.split('_').at(-1));
    });
  });
}
