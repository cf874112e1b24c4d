/** The archive on PostgreSQL: the suite, and what only a server has. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { createPostgresArchive, openArchive } from '../../src/archive/index.ts';
import type { SharedArchive } from '../../src/archive/index.ts';
import { archiveSuite } from '../conformance/archive.suite.ts';
import { startPostgres } from '../support/postgres.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { eventually } from '../support/process.ts';
import { startProxy } from '../support/proxy.ts';
import { eventsAt, INFO } from './events.ts';

const REF = { tenant: 'acme', session: 'one' };
let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres();
}, 120_000);
afterAll(() => server.stop());

/** Runs statements on a connection of its own, as the superuser. */
async function administer(...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** The URL of another database, or role, on the same server. */
function urlOf({ database = 'postgres', role = 'convoke' }): string {
  const url = new URL(server.url);
  url.pathname = database;
  url.username = role;
  return url.href;
}

archiveSuite('PostgreSQL', async () => {
  const opened: SharedArchive[] = [];
  const open = async (): Promise<SharedArchive> => {
    const archive = await openArchive(server.url);
    opened.push(archive);
    return archive;
  };
  return {
    archive: await open(),
    reopen: open,
    cleanup: async () => {
      await Promise.all(opened.map((archive) => archive.close()));
    },
  };
});

describe('a server', () => {
  test('whose tables are created by many processes at once has them', async () => {
    await administer('CREATE DATABASE together');
    const url = urlOf({ database: 'together' });
    const archives = await Promise.all(Array.from({ length: 8 }, () => createPostgresArchive(url)));
    await Promise.all(archives.map((archive) => archive.write(REF, INFO, eventsAt(1, 3))));
    expect(await archives[0]!.read(REF, 0, 10)).toEqual(eventsAt(1, 3));
    await Promise.all(archives.map((archive) => archive.close()));
  });

  test('that ends the connections between two calls is connected to anew', async () => {
    await administer('CREATE DATABASE interrupted');
    const archive = await createPostgresArchive(urlOf({ database: 'interrupted' }));
    await archive.write(REF, INFO, eventsAt(1, 3));
    await administer(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'interrupted' AND pid <> pg_backend_pid()`,
    );
    // The first call fails if it is faster than the news of the end; it drops the connection, so the second cannot fail.
    const events = await archive.read(REF, 0, 10).catch(() => archive.read(REF, 0, 10));
    expect(events).toEqual(eventsAt(1, 3));
    await archive.close();
  });

  test('that resets the connection in the middle of a transaction fails that, and nothing else', async () => {
    await administer('CREATE DATABASE reset');
    const proxy = await startProxy({ port: Number(new URL(server.url).port) });
    const url = new URL(urlOf({ database: 'reset' }));
    url.port = String(proxy.port);
    const archive = await createPostgresArchive(url.href);
    const writing = archive.database.write([{ sql: 'SELECT pg_sleep(60)' }]);
    const client = new Client({ connectionString: server.url });
    await client.connect();
    await eventually('the transaction is under way', async () => {
      const sql = `SELECT 1 FROM pg_stat_activity WHERE datname = 'reset' AND query LIKE '%pg_sleep%' AND state = 'active'`;
      return (await client.query(sql)).rowCount === 1;
    });
    proxy.cut();
    await expect(writing).rejects.toThrow();
    expect(await archive.database.read({ sql: 'SELECT 1 AS one' })).toEqual([{ one: 1 }]);
    await client.end();
    await archive.close();
    await proxy.stop();
  });

  test('lets a role that may not create tables use those that exist', async () => {
    await administer('CREATE DATABASE strict');
    const owner = await createPostgresArchive(urlOf({ database: 'strict' }));
    await owner.write(REF, INFO, eventsAt(1, 3));
    const client = new Client({ connectionString: urlOf({ database: 'strict' }) });
    await client.connect();
    await client.query(
      'CREATE ROLE app LOGIN; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO app',
    );
    await client.end();
    const archive = await createPostgresArchive(urlOf({ database: 'strict', role: 'app' }));
    await archive.write(REF, INFO, eventsAt(2, 5));
    expect(await archive.read(REF, 0, 10)).toEqual(eventsAt(1, 5));
    await Promise.all([owner.close(), archive.close()]);
  });

  test('that does not know the database is an error at once', async () => {
    await expect(createPostgresArchive(urlOf({ database: 'nowhere' }))).rejects.toThrow('nowhere');
  });

  test('that is away is waited for', async () => {
    await administer('CREATE DATABASE late');
    const url = new URL(urlOf({ database: 'late' }));
    const proxy = await startProxy({ port: Number(url.port) });
    url.port = String(proxy.port);
    await proxy.refuse();
    const archive = await openArchive(url.href);
    const away = { code: 'archive_unavailable', cause: { message: expect.stringContaining('ECONNREFUSED') } };
    await expect(archive.ping()).rejects.toMatchObject(away);
    await expect(archive.write(REF, INFO, eventsAt(1, 3))).rejects.toMatchObject(away);
    await proxy.accept();
    await archive.ping();
    await archive.write(REF, INFO, eventsAt(1, 3));
    expect(await archive.read(REF, 0, 10)).toEqual(eventsAt(1, 3));
    await archive.close();
    await proxy.stop();
  });
});
