/** Limits of a tenant are changed one by one. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createSqliteArchive } from '../../src/archive/index.ts';
import type { SharedArchive } from '../../src/archive/index.ts';
import { createAdministration } from '../../src/ingest/index.ts';
import { createRegistry, Erasures, OPERATOR } from '../../src/tenants/index.ts';

const OPERATES = { tenant: OPERATOR };
let archive: SharedArchive;
beforeAll(async () => {
  archive = await createSqliteArchive(':memory:');
});
afterAll(() => archive.close());

test('those that are named change, null takes one away, all others stay; two changes at a time lose nothing', async () => {
  const registry = createRegistry(archive.database);
  const erasures = new Erasures(archive.database);
  const admin = createAdministration({ registry, erasures, refresh: async () => undefined });
  await admin.createTenant(OPERATES, { id: 'acme', limits: { messagesPerMinute: 600, openSessions: 5 } });
  const change = async (limits: object) => (await admin.changeTenant(OPERATES, 'acme', { limits })).limits;
  expect(await change({ retentionDays: 90 })).toEqual({
    ...{ messagesPerMinute: 600, openSessions: 5, retentionDays: 90 },
  });
  expect(await change({ openSessions: null, messagesPerMinute: 60 })).toEqual({
    ...{ messagesPerMinute: 60, retentionDays: 90 },
  });
  expect(await change({})).toEqual({ messagesPerMinute: 60, retentionDays: 90 });
  const bad = admin.changeTenant(OPERATES, 'acme', { limits: { openSessions: 0 } });
  await expect(bad).rejects.toMatchObject({ code: 'invalid_request' });
  const stale = { limits: { weight: 2 }, limitsBefore: { weight: 1 } };
  const late = registry.changeTenant('acme', stale, { actor: 'a', at: 1 });
  await expect(late).rejects.toMatchObject({ code: 'overloaded' });
  expect((await registry.tenant('acme')).limits).toEqual({ messagesPerMinute: 60, retentionDays: 90 });
});
