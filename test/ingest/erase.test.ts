/** Erasures that are interrupted go on, and are looked at again; closed sessions are kept as long as their tenant wants. */
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { createSqliteArchive } from '../../src/archive/index.ts';
import type { SharedArchive } from '../../src/archive/index.ts';
import { ConvokeError, LIMITS } from '../../src/contracts/index.ts';
import type { CarriedState, SessionRef } from '../../src/contracts/index.ts';
import { createAdministration, createEraser } from '../../src/ingest/index.ts';
import type { Eraser } from '../../src/ingest/index.ts';
import {
  AuditBuffer,
  createRegistry,
  Directory,
  Erasures,
  OPERATOR,
  RegistryWatch,
} from '../../src/tenants/index.ts';
import { eventsAt, INFO } from '../archive/events.ts';

const OF_ACME = { tenant: 'acme' };
const OPERATES = { tenant: OPERATOR };
const ACT = { actor: 'operator', at: 0 };
const REF = { tenant: 'acme', session: 's1' };
const archives: SharedArchive[] = [];
let archive: SharedArchive;
let runs: Map<string, number>;
let isAway: boolean;
/** A session of which Temporal can delete nothing. */
let failing = '';
/** Which place does not answer. */
let away: 'archive' | 'log' | null;

beforeEach(async () => {
  archive = await createSqliteArchive(':memory:');
  archives.push(archive);
  runs = new Map();
  isAway = false;
  failing = '';
  away = null;
});
afterAll(() => Promise.all(archives.map((each) => each.close())));

/** As in another process: it shares nothing but the database. */
function eraser(): Eraser {
  const temporal = {
    runs: async ({ session }: SessionRef) => {
      if (isAway || session === failing) throw new ConvokeError('temporal_unavailable');
      const count = runs.get(session) ?? 0;
      runs.delete(session);
      return count;
    },
    schedules: async () => 0,
    sessions: async () => [...runs.keys()],
  };
  return createEraser({
    erasures: new Erasures(archive.database),
    registry: createRegistry(archive.database),
    exists: async (ref) => (await archive.session(ref)) !== null,
    places: {
      temporal,
      archive: {
        ...archive,
        erase: (ref) =>
          away === 'archive' ? Promise.reject(new ConvokeError('archive_unavailable')) : archive.erase(ref),
      },
      log: async () => {
        if (away === 'log') throw new ConvokeError('log_unavailable');
        return { events: 0, keys: 0 };
      },
    },
  });
}

/** When all that is due now, or within the time in which it is looked at again, was looked at. */
async function sweepLater(): Promise<number> {
  await archive.database.write([
    { sql: `UPDATE convoke_erasure SET due_at = due_at - ${LIMITS.eraseAgainMs + LIMITS.eraseLeaseMs}` },
  ]);
  return eraser().sweep();
}

const proofs = async () => (await createRegistry(archive.database).audit({})).data;

test('one that stops midway is finished by another process, and told once', async () => {
  await archive.write(REF, INFO, eventsAt(1, 4));
  runs.set('s1', 2);
  isAway = true;
  await expect(eraser().session(OF_ACME, 's1')).rejects.toMatchObject({ code: 'temporal_unavailable' });
  // Nothing is read or written any more from the first moment.
  expect(await archive.session(REF)).toBeNull();
  expect(await proofs()).toEqual([]);
  isAway = false;
  expect(await sweepLater()).toBe(1);
  expect(runs.size).toBe(0);
  // With what was removed before it stopped.
  const removed = { events: 4, runs: 2 };
  expect(await proofs()).toMatchObject([{ action: 'session.erase', detail: { removed } }]);
  // It is asked for again by whoever did not get an answer.
  expect(await eraser().session(OF_ACME, 's1')).toMatchObject({ status: 'erased', removed });
});

test.each(['archive', 'log'] as const)(
  'what the %s does not let go of is served by no gateway meanwhile, and written by nobody',
  async (place) => {
    const directory = new Directory();
    const audit = new AuditBuffer();
    const watch = new RegistryWatch({ registry: createRegistry(archive.database), directory, audit });
    const isErasing = async (): Promise<boolean> => {
      await watch.refresh();
      return directory.isErasing(REF);
    };
    await archive.write(REF, INFO, eventsAt(1, 2));
    expect(await isErasing()).toBe(false);
    away = place;
    await expect(eraser().session(OF_ACME, 's1')).rejects.toMatchObject({ code: `${place}_unavailable` });
    expect(await isErasing()).toBe(true);
    expect(await archive.isErased(REF)).toBe(true);
    expect(directory.isErasing({ tenant: 'acme', session: 's2' })).toBe(false);
    away = null;
    expect(await sweepLater()).toBe(1);
    expect(await archive.session(REF)).toBeNull();
    // Whoever starts now need not know it: nothing is left.
    await createRegistry(archive.database).createTenant({ id: 'acme', name: 'a', limits: {} }, ACT);
    expect(await isErasing()).toBe(false);
  },
);

test('what somebody has begun meanwhile is removed a while later, until nothing comes any more', async () => {
  await archive.write(REF, INFO, eventsAt(1, 1));
  await eraser().session(OF_ACME, 's1');
  runs.set('s1', 1);
  expect(await sweepLater()).toBe(1);
  expect(runs.size).toBe(0);
  expect(await proofs()).toHaveLength(2);
  expect(await sweepLater()).toBe(1);
  expect(await sweepLater()).toBe(0);
});

test('an unknown session, another tenant and a session token are refused', async () => {
  await archive.write(REF, INFO, eventsAt(1, 1));
  await expect(eraser().session(OF_ACME, 's2')).rejects.toMatchObject({ code: 'session_not_found' });
  await expect(eraser().session({ tenant: 'other' }, 's1')).rejects.toMatchObject({
    code: 'session_not_found',
  });
  await expect(eraser().tenant(OF_ACME, 'acme')).rejects.toMatchObject({ code: 'forbidden' });
  const weak = { tenant: 'acme', key: { id: 'k', scopes: ['watch'] as const } };
  await expect(eraser().session(weak, 's1')).rejects.toMatchObject({ code: 'forbidden' });
});

test('one that fails holds up no other', async () => {
  for (const session of ['s1', 's2']) {
    await archive.write({ tenant: 'acme', session }, INFO, eventsAt(1, 1));
    runs.set(session, 1);
    isAway = true;
    await expect(eraser().session(OF_ACME, session)).rejects.toMatchObject({ code: 'temporal_unavailable' });
    isAway = false;
  }
  failing = 's1';
  await expect(sweepLater()).rejects.toMatchObject({ code: 'temporal_unavailable' });
  expect([...runs.keys()]).toEqual(['s1']);
});

test('all keys of an erased tenant are revoked, and it is resumed only once its erasure is over', async () => {
  const registry = createRegistry(archive.database);
  const act = { actor: 'operator', at: Date.now() };
  await registry.createTenant({ id: 'acme', name: 'Acme', limits: {} }, act);
  const create = async (id: string): Promise<void> => {
    const key = { id, digest: id, tenant: 'acme', name: id, scopes: ['watch'] as const, expiresAt: null };
    await registry.createKey(key, act);
  };
  // More than a page of keys that have ended come before those that live.
  for (let n = 0; n < 110; n += 1) {
    await create(`a${n}`);
    await registry.revokeKey(`a${n}`, act);
  }
  for (const id of ['k1', 'k2']) await create(id);
  expect(await eraser().tenant(OPERATES, 'acme')).toMatchObject({ removed: { apiKeys: 2 } });
  const erasures = new Erasures(archive.database);
  const admin = createAdministration({ registry, erasures, refresh: async () => undefined });
  const resumed = () => admin.changeTenant(OPERATES, 'acme', { status: 'active' });
  await expect(resumed()).rejects.toMatchObject({ code: 'tenant_erasing' });
  expect(await sweepLater()).toBe(0);
  await archive.database.write([
    { sql: `UPDATE convoke_erasure SET due_at = due_at - ${LIMITS.sealKeyMostMs}` },
  ]);
  expect(await eraser().sweep()).toBe(1);
  expect(await resumed()).toMatchObject({ status: 'active' });
});

test('a tenant that began anew is erased like one that never was: by whom, what, and to the end', async () => {
  const registry = createRegistry(archive.database);
  const erasures = new Erasures(archive.database);
  const admin = createAdministration({ registry, erasures, refresh: async () => undefined });
  const over = async (): Promise<void> => {
    await archive.database.write([
      { sql: `UPDATE convoke_erasure SET due_at = due_at - ${LIMITS.sealKeyMostMs}` },
    ]);
    await eraser().sweep();
  };
  const told = async () => (await proofs()).filter(({ action }) => action === 'tenant.erase');
  await registry.createTenant({ id: 'acme', name: 'Acme', limits: {} }, ACT);
  await archive.write(REF, INFO, eventsAt(1, 4));
  await eraser().tenant(OPERATES, 'acme');
  // Asked for again before it is resumed, it tells how it stands.
  const first = await eraser().tenant(OPERATES, 'acme');
  expect(first).toMatchObject({ status: 'erased', removed: { sessions: 1, events: 4 } });
  await over();
  await over();
  expect(await told()).toHaveLength(1);
  await admin.changeTenant(OPERATES, 'acme', { status: 'active' });
  const another = { tenant: OPERATOR, key: { id: 'k2', scopes: ['admin'] as const } };
  await archive.write({ tenant: 'acme', session: 's2' }, INFO, eventsAt(1, 7));
  runs.set('s2', 1);
  isAway = true;
  await expect(eraser().tenant(another, 'acme')).rejects.toMatchObject({ code: 'temporal_unavailable' });
  await expect(admin.changeTenant(OPERATES, 'acme', { status: 'active' })).rejects.toMatchObject({
    code: 'tenant_erasing',
  });
  isAway = false;
  expect(await sweepLater()).toBe(1);
  expect(runs.size).toBe(0);
  const [second] = await told();
  expect(await told()).toHaveLength(2);
  expect(second).toMatchObject({ actor: 'key:k2', detail: { removed: { sessions: 1, events: 7, runs: 1 } } });
  expect(second?.detail['askedAt']).toBeGreaterThanOrEqual(first.at);
});

test('no key is made for a tenant that is being erased: it would be revoked with all others', async () => {
  const registry = createRegistry(archive.database);
  await registry.createTenant({ id: 'acme', name: 'Acme', limits: {} }, ACT);
  await eraser().tenant(OPERATES, 'acme');
  const erasures = new Erasures(archive.database);
  const admin = createAdministration({ registry, erasures, refresh: async () => undefined });
  await expect(admin.createKey(OPERATES, { tenant: 'acme', name: 'new' })).rejects.toMatchObject({
    code: 'tenant_erasing',
  });
  expect(await admin.createKey(OPERATES, { operator: true, name: 'ana' })).toMatchObject({ tenant: null });
});

test('a tenant with many sessions is erased pass by pass', async () => {
  for (let n = 0; n < LIMITS.erasedAtOnce + 5; n += 1)
    await archive.write({ tenant: 'acme', session: `s${n}` }, INFO, eventsAt(1, 1));
  expect(await eraser().tenant(OPERATES, 'acme')).toMatchObject({
    status: 'erasing',
    removed: { sessions: LIMITS.erasedAtOnce },
  });
  expect(await sweepLater()).toBe(1);
  expect(await archive.sessionsOf('acme', '', 1)).toEqual([]);
  expect(await eraser().tenant(OPERATES, 'acme')).toMatchObject({ status: 'erased' });
  expect(await createRegistry(archive.database).tenant('acme')).toMatchObject({ status: 'suspended' });
});

test('sessions that were closed longer ago than their tenant keeps them are erased', async () => {
  const registry = createRegistry(archive.database);
  const act = { actor: 'operator', at: 1 };
  await registry.createTenant({ id: 'acme', name: 'Acme', limits: { retentionDays: 30 } }, act);
  await registry.createTenant({ id: 'keeper', name: 'Keeper', limits: {} }, act);
  const close = async (tenant: string, session: string, daysAgo: number): Promise<void> => {
    const ref = { tenant, session };
    await archive.write(ref, INFO, eventsAt(1, 1));
    const carried: CarriedState = {
      ...({ status: 'closed' } as const),
      ...{ closeReason: '', known: { epoch: 1, seq: 1 }, archivedTo: 1, turns: 1 },
      ...{ inbox: [], outbox: [], receipts: [], events: [], reconcile: false, release: [] },
    };
    const generation = Date.now() - daysAgo * LIMITS.dayMs;
    await archive.store(ref, { status: 'closed', generation, requestHash: '', info: INFO, carried });
  };
  await close('acme', 'old', 31);
  await close('acme', 'young', 29);
  await close('keeper', 'old', 400);
  // Any number of processes may do it.
  expect(await Promise.all([eraser().retain(), eraser().retain()])).toContain(1);
  expect(await archive.sessionsOf('acme', '', 9)).toEqual(['young']);
  expect(await archive.sessionsOf('keeper', '', 9)).toEqual(['old']);
  expect(await proofs()).toContainEqual(expect.objectContaining({ actor: 'retention', target: 'old' }));
  expect(await eraser().retain()).toBe(0);
});
