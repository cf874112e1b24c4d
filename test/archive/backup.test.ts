/** Backups of an archive: of and into either database, while others write, and no further than a session goes on from. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  backUpArchive,
  ERASED_TABLES,
  openArchive,
  requireBackup,
  restoreArchive,
  restoreOthers,
  sealArchive,
} from '../../src/archive/index.ts';
import type { Archive, SharedArchive } from '../../src/archive/index.ts';
import { eachRow } from '../../src/archive/postgres-rows.ts';
import type { SessionRef, StoredSession } from '../../src/contracts/index.ts';
import { KEY_TABLES, Keyring } from '../../src/seal/index.ts';
import { createRegistry, REGISTRY_TABLES } from '../../src/tenants/index.ts';
import { startPostgres } from '../support/postgres.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { startProxy } from '../support/proxy.ts';
import { eventsAt, INFO } from './events.ts';

const ref = (session: string, tenant = 'acme'): SessionRef => ({ tenant, session });
const LIVED = ref('lived');
const RESTED = ref('rested');
const OTHER = ref('lived', 'other');
/** What a JSON string may hold, and a text of a database may not. */
const ODD = 'a\u0000b \ud800 \u{1f600} "\'\\';

const stateAt = (seq: number): StoredSession => ({
  ...{ status: 'hibernated', generation: 10, requestHash: 'hash', info: INFO },
  carried: {
    ...{
      status: 'open',
      closeReason: '',
      known: { epoch: 1_795_711_532_113, seq },
      archivedTo: seq,
      turns: 1,
    },
    ...{ inbox: [], outbox: [], receipts: [], events: [], reconcile: false, release: [] },
  },
});

let postgres: TestPostgres;
let home: string;
let folder: string;
let file: string;

beforeAll(async () => {
  postgres = await startPostgres();
  home = await mkdtemp(join(tmpdir(), 'convoke-backup-'));
}, 120_000);
afterAll(async () => {
  await postgres.stop();
  await rm(home, { recursive: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(home, 'test-'));
  file = join(folder, 'backup.db');
});

const sqlite = (name: string): string => `sqlite:${join(folder, name)}`;

async function using<T>(url: string, work: (archive: SharedArchive) => Promise<T>): Promise<T> {
  const archive = await openArchive(url);
  try {
    return await work(archive);
  } finally {
    await archive.close();
  }
}

/** 300 events and a state that they have left behind, some that it has not, and those of another tenant. */
async function fill(archive: Archive): Promise<void> {
  await archive.write(LIVED, INFO, eventsAt(1, 100, ODD));
  await archive.store(LIVED, stateAt(100));
  await archive.write(LIVED, INFO, eventsAt(101, 300, ODD));
  await archive.write(RESTED, INFO, eventsAt(1, 3));
  await archive.store(RESTED, stateAt(3));
  await archive.write(OTHER, INFO, eventsAt(1, 2));
}

const all = async (): Promise<'all'> => 'all';

async function expectAll(archive: Archive): Promise<void> {
  expect(await archive.read(LIVED, 0, 1_000)).toEqual(eventsAt(1, 300, ODD));
  expect(await archive.stored(LIVED)).toBeNull();
  expect(await archive.read(RESTED, 0, 1_000)).toEqual(eventsAt(1, 3));
  expect(await archive.stored(RESTED)).toEqual(stateAt(3));
  expect(await archive.read(OTHER, 0, 1_000)).toEqual(eventsAt(1, 2));
}

describe('a backup', () => {
  test('goes from SQLite to PostgreSQL and back, as of one moment, while others write', async () => {
    const amount = { sessions: 3, events: 305 };
    await using(sqlite('first.db'), async (archive) => {
      await fill(archive);
      const writing = archive.write(ref('meanwhile'), INFO, eventsAt(1, 2));
      expect(await backUpArchive(sqlite('first.db'), file)).toMatchObject({ events: expect.any(Number) });
      await writing;
    });
    const back = join(folder, 'back.db');
    await using(postgres.url, async (archive) => {
      const only = async ({ session }: SessionRef): Promise<number | 'all'> =>
        session === 'meanwhile' ? 0 : 'all';
      expect(await restoreArchive(file, archive, only)).toMatchObject({ ...amount, short: [] });
      await expectAll(archive);
      expect(await backUpArchive(postgres.url, back)).toEqual(amount);
    });
    await using(sqlite('last.db'), async (archive) => {
      expect(await restoreArchive(back, archive, all)).toEqual({
        ...amount,
        left: { sessions: 0, events: 0 },
        short: [],
      });
      // Again, as after a restore that was broken off.
      expect(await restoreArchive(back, archive, all)).toMatchObject(amount);
      await expectAll(archive);
    });
  });

  test('is restored no further than each session goes on from', async () => {
    await using(sqlite('from.db'), fill);
    await backUpArchive(sqlite('from.db'), file);
    await using(sqlite('to.db'), async (archive) => {
      const kept = async ({ session, tenant }: SessionRef): Promise<number | 'stored'> =>
        tenant === 'other' ? 5 : session === 'lived' ? 'stored' : 2;
      expect(await restoreArchive(file, archive, kept)).toEqual({
        ...{ sessions: 3, events: 104 },
        left: { sessions: 2, events: 201 },
        short: [OTHER],
      });
      // It goes on with what is stored of it, or without.
      expect(await archive.read(LIVED, 0, 1_000)).toEqual(eventsAt(1, 100, ODD));
      expect(await archive.stored(LIVED)).toEqual(stateAt(100));
      expect(await archive.read(RESTED, 0, 1_000)).toEqual(eventsAt(1, 2));
      await archive.write(RESTED, INFO, eventsAt(3, 3, 'another third'));
      expect(await archive.stored(RESTED)).toBeNull();
    });
  });

  test('is not mixed with what is in the archive', async () => {
    await using(sqlite('from.db'), fill);
    await backUpArchive(sqlite('from.db'), file);
    for (const events of [eventsAt(1, 2, 'another life'), eventsAt(1, 301, ODD)]) {
      await using(sqlite(`${events.length}.db`), async (archive) => {
        await archive.write(LIVED, INFO, events);
        await expect(restoreArchive(file, archive, all)).rejects.toThrow('restore into an empty one');
        expect(await archive.read(LIVED, 0, 1_000)).toEqual(events);
      });
    }
  });

  test('of a server that is lost meanwhile is refused, and ends no process', async () => {
    await using(postgres.url, (archive) => archive.write(LIVED, INFO, eventsAt(1, 3)));
    const url = new URL(postgres.url);
    const proxy = await startProxy({ port: Number(url.port) });
    url.port = String(proxy.port);
    let rows = 0;
    const lost = eachRow(url.href, () => {
      if (rows === 0) proxy.cut();
      rows += 1;
    });
    await expect(lost).rejects.toThrow(/ECONNRESET|EPIPE|terminated/);
    expect(rows).toBeGreaterThan(0);
    await proxy.stop();
  });

  test('that cannot be made leaves nothing, and no other file is touched', async () => {
    await expect(backUpArchive(sqlite('nowhere.db'), file)).rejects.toThrow('There is no archive');
    const nobody = postgres.url.replace(/[^/]+$/, 'nobody');
    await expect(backUpArchive(nobody, file)).rejects.toThrow('nobody');
    await writeFile(join(folder, 'notes.txt'), 'These are no rows. '.repeat(100));
    await expect(backUpArchive(sqlite('notes.txt'), file)).rejects.toThrow('not a database');
    expect(await readdir(folder)).toEqual(['notes.txt']);
    await expect(backUpArchive(sqlite('notes.txt'), join(folder, 'notes.txt'))).rejects.toThrow('already');
    await expect(backUpArchive(sqlite('notes.txt'), join(folder, 'none/a.db'))).rejects.toThrow(
      /none does not exist: make it/,
    );
    expect(() => requireBackup(join(folder, 'notes.txt'))).toThrow('notes.txt is no backup');
    expect(() => requireBackup(file)).toThrow('There is no file');
    await using(sqlite('to.db'), async (archive) => {
      await expect(restoreArchive(join(folder, 'notes.txt'), archive, all)).rejects.toThrow('not a database');
      await expect(restoreArchive(file, archive, all)).rejects.toThrow('There is no file');
    });
  });
});

describe('a sealed archive with tenants', () => {
  const OTHERS = [ERASED_TABLES, KEY_TABLES, REGISTRY_TABLES];
  const MASTERS = [{ id: 'master', secret: new Uint8Array(32).fill(7) }];
  const ACT = { actor: 'operator', at: 1_000 };

  test('is whole after it went to another database and back', async () => {
    await using(sqlite('first.db'), async (archive) => {
      await sealArchive(archive, new Keyring(archive.database, MASTERS)).write(
        ref('sealed'),
        INFO,
        eventsAt(1, 3),
      );
      await archive.erase(ref('erased'));
      const registry = createRegistry(archive.database);
      await registry.createTenant({ id: 'acme', name: 'Acme', limits: { weight: 2 } }, ACT);
      const key = { id: 'k1', tenant: 'acme', name: 'server', scopes: ['send'] as const, expiresAt: null };
      await registry.createKey({ ...key, digest: 'digest' }, ACT);
    });
    const moves = [sqlite('first.db'), postgres.url, sqlite('last.db')];
    for (const [index, from] of moves.slice(0, -1).entries()) {
      const backup = join(folder, `${index}.db`);
      await backUpArchive(from, backup, OTHERS);
      await using(moves[index + 1]!, async (archive) => {
        // Twice: what is there already stays.
        await restoreOthers(backup, archive.database, OTHERS);
        await restoreOthers(backup, archive.database, OTHERS);
        await restoreArchive(backup, archive, async () => 'all');
      });
    }
    await using(sqlite('last.db'), async (archive) => {
      const sealed = sealArchive(archive, new Keyring(archive.database, MASTERS));
      expect(await sealed.read(ref('sealed'), 0, 10)).toEqual(eventsAt(1, 3));
      expect(await archive.isErased(ref('erased'))).toBe(true);
      const registry = createRegistry(archive.database);
      expect(await registry.changesAfter(0)).toMatchObject({
        tenants: [{ id: 'acme', limits: { weight: 2 } }],
        keys: [{ id: 'k1', digest: 'digest', expiresAt: null }],
      });
      const { data } = await registry.audit({});
      expect(new Set(data.map(({ action }) => action))).toEqual(new Set(['key.create', 'tenant.create']));
    });
  });
});
