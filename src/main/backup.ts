/** `convoke backup` and `convoke restore`: the archive, and the moment to which Temporal has been restored. */
import { Client, Connection } from '@temporalio/client';
import {
  backUpArchive,
  ERASED_TABLES,
  openArchive,
  requireBackup,
  restoreArchive,
  restoreOthers,
} from '../archive/index.ts';
import type { BackedUp, RestoredBackup } from '../cli/commands/backup.ts';
import { ConvokeError, isConvokeError } from '../contracts/index.ts';
import { KEY_TABLES, Keyring } from '../seal/index.ts';
import { REGISTRY_TABLES } from '../tenants/index.ts';
import { archivedTo, ingressConnectionOptions, requireSetUp } from '../temporal/index.ts';
import { converterOf } from './archive.ts';
import type { Config } from './config.ts';
import { Opened } from './opened.ts';

/** Tenants, keys and the audit log; keys that seal. */
const OTHERS = [ERASED_TABLES, KEY_TABLES, REGISTRY_TABLES];

/** A server that has just been started, ms. */
const ANSWER_MS = 10_000;

/** Throws `BackupError`, and what the databases say. */
export function backUp({ archiveUrl }: Config, file: string): Promise<BackedUp> {
  return backUpArchive(archiveUrl, file, OTHERS);
}

/**
 * Restores each session as far as Temporal goes on from it. Throws `BackupError`, `archive_unavailable`, `temporal_unavailable`,
 * `temporal_refused`, `temporal_not_set_up`, and what the file is wrong with.
 */
export async function restore(
  { archiveUrl, temporal, sealKeys }: Config,
  file: string,
): Promise<RestoredBackup> {
  const { address, namespace, credentials } = temporal;
  // Before a server is asked: most often it is the name that is wrong.
  requireBackup(file);
  const opened = new Opened();
  try {
    const lazy = Connection.lazy({ address, ...credentials, ...ingressConnectionOptions() });
    const connection = opened.add(lazy, (each) => each.close());
    await connection
      .withDeadline(Date.now() + ANSWER_MS, () => requireSetUp({ connection, namespace }))
      .catch((error: unknown) => {
        throw named(error, address);
      });
    // Sealed rows are put back as they are; what Temporal tells has to be opened.
    const archive = opened.add(await openArchive(archiveUrl), (each) => each.close());
    await restoreOthers(file, archive.database, OTHERS);
    const seal = sealKeys.length > 0 ? new Keyring(archive.database, sealKeys) : null;
    const client = new Client({ connection, namespace, ...converterOf(seal) });
    return await restoreArchive(file, archive, (ref) => archivedTo(client, ref));
  } finally {
    await opened.close();
  }
}

/** Whoever restores may know which server was asked: without TEMPORAL_ADDRESS it is a default. */
function named(error: unknown, address: string): unknown {
  if (!isConvokeError(error) || error.code !== 'temporal_unavailable') return error;
  const sentence = `Temporal does not answer at ${address}: start it, or set TEMPORAL_ADDRESS and the TLS settings.`;
  return new ConvokeError(error.code, sentence, { cause: error.cause });
}
