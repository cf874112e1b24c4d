/** The registry and the keyring on both databases: the suites. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { openArchive } from '../../src/archive/index.ts';
import { createRegistry } from '../../src/tenants/index.ts';
import { keyringSuite } from '../conformance/keyring.suite.ts';
import { registrySuite } from '../conformance/registry.suite.ts';
import type { RegistryUnderTest } from '../conformance/registry.suite.ts';
import { startPostgres } from '../support/postgres.ts';
import type { TestPostgres } from '../support/postgres.ts';

let server: TestPostgres;
let folder: string;
beforeAll(async () => {
  [server, folder] = await Promise.all([startPostgres(), mkdtemp(join(tmpdir(), 'convoke-registry-'))]);
}, 120_000);
afterAll(async () => {
  await Promise.all([server.stop(), rm(folder, { recursive: true })]);
});

async function opened(url: string): Promise<RegistryUnderTest> {
  const [one, other] = await Promise.all([openArchive(url), openArchive(url)]);
  return {
    registry: createRegistry(one.database),
    other: createRegistry(other.database),
    cleanup: async () => {
      await Promise.all([one.close(), other.close()]);
    },
  };
}

registrySuite('SQLite', () => opened(`sqlite://${folder}/archive.db`));
registrySuite('PostgreSQL', () => opened(server.url));

keyringSuite('SQLite', () => openArchive(`sqlite://${folder}/keys.db`));
keyringSuite('PostgreSQL', () => openArchive(server.url));
