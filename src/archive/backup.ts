/** Backups of an archive: one SQLite file with its rows as of one moment, whatever database the archive is in, and into either it is restored. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { LoggedEvent, SessionRef } from '../contracts/index.ts';
import type { Archive } from './archive.ts';
import { BackupError } from './backup-error.ts';
import { BackupFile, type BackedUpSession } from './backup-file.ts';
import { copyTables, restoreTables } from './backup-tables.ts';
import type { Database, Tables } from './database.ts';
import { databaseOf } from './open.ts';
import { eachRow } from './postgres-rows.ts';
import { TABLES } from './sqlite-file.ts';

/** Sessions that are restored at a time, and events of one that are written at a time. */
const SESSIONS_AT_ONCE = 8;
const EVENTS_AT_ONCE = 64;

export interface Amount {
  readonly sessions: number;
  readonly events: number;
}

/**
 * Writes what is in the archive of this URL (see `openArchive`) into a new file, as of the moment at which it begins; others may write meanwhile.
 * The file has this name only once it is whole. `others`: further tables in the same database. Throws `BackupError`, and what the databases say.
 */
export async function backUpArchive(
  url: string,
  file: string,
  others: readonly Tables[] = [],
): Promise<Amount> {
  if (existsSync(file)) throw new BackupError(`There is a file ${file} already: give another name.`);
  requireFolder(dirname(resolve(file)));
  const from = databaseOf(url);
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  try {
    if (from.kind === 'sqlite') copyFile(from.file, partial);
    else await copyRows(from.url, partial, others);
    flush(partial);
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
  const backup = new BackupFile(file);
  try {
    return backup.amount();
  } finally {
    backup.close();
  }
}

function requireFolder(folder: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be written';
    throw new BackupError(`The folder ${folder} ${why}: make it, or give another one.`, { cause: error });
  }
}

function copyFile(from: string, to: string): void {
  if (!existsSync(from)) throw new BackupError(`There is no archive: ${from} does not exist.`);
  const db = new DatabaseSync(from, { readOnly: true, timeout: 5_000 });
  try {
    // One read transaction: it neither waits for writers nor holds them up.
    db.prepare('VACUUM INTO ?').run(to);
  } finally {
    db.close();
  }
}

async function copyRows(url: string, to: string, others: readonly Tables[]): Promise<void> {
  const db = new DatabaseSync(to);
  try {
    // Whatever interrupts this, the file is thrown away.
    db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; ${TABLES} BEGIN`);
    const inserts = {
      convoke_session: db.prepare('INSERT INTO convoke_session VALUES (?, ?, ?)'),
      convoke_event: db.prepare('INSERT INTO convoke_event VALUES (?, ?, ?, ?)'),
      convoke_state: db.prepare('INSERT INTO convoke_state VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    };
    // Before the sessions: what they are sealed with is there by then.
    await copyTables(
      url,
      others.flatMap(({ names }) => names),
      db,
    );
    await eachRow(url, (table, row) => inserts[table].run(...row));
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}

/** A backup that is told to be made survives a crash of the machine. */
function flush(file: string): void {
  const descriptor = openSync(file, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Throws `BackupError` if this file is none that `backUpArchive` has made. */
export function requireBackup(file: string): void {
  openBackup(file).close();
}

/** Puts further tables of a backup back; rows that are there stay. Throws `BackupError`, and what the databases say. */
export async function restoreOthers(file: string, to: Database, tables: readonly Tables[]): Promise<void> {
  requireBackup(file);
  const from = new DatabaseSync(file, { readOnly: true });
  try {
    await restoreTables(from, to, tables);
  } finally {
    from.close();
  }
}

function openBackup(file: string): BackupFile {
  if (!existsSync(file)) throw new BackupError(`There is no file ${file}.`);
  let backup: BackupFile | undefined;
  try {
    backup = new BackupFile(file);
    backup.amount();
    return backup;
  } catch (error) {
    backup?.close();
    throw new BackupError(`${file} is no backup of an archive: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** How much of a session is restored: events up to this seq, all that the session was stored with, or everything. */
export type Kept = number | 'stored' | 'all';

export interface Restored extends Amount {
  /** Events of the backup that were left out, because the session goes on from an earlier moment. */
  readonly left: Amount;
  /** Sessions that go on from a later moment: events in between are neither in the backup nor anywhere else. */
  readonly short: readonly SessionRef[];
}

/**
 * Writes the sessions of a backup into an archive, each as far as `keptOf` says. What is there already is left as it is, so that it may be
 * called again; a session that is there with other events, or with more of them, is an error. Throws `BackupError`, and what the archive throws.
 */
export async function restoreArchive(
  file: string,
  archive: Archive,
  keptOf: (ref: SessionRef) => Promise<Kept>,
): Promise<Restored> {
  const backup = openBackup(file);
  const total = { sessions: 0, events: 0 };
  const left = { sessions: 0, events: 0 };
  const short: SessionRef[] = [];
  const restore = async (session: BackedUpSession): Promise<void> => {
    const kept = await keptOf(session.ref);
    const upTo = seqOf(kept, session);
    if (typeof kept === 'number' && kept > session.lastSeq) short.push(session.ref);
    if (upTo < session.lastSeq) {
      left.sessions += 1;
      left.events += session.lastSeq - upTo;
    }
    // The session writes all of it itself.
    if (upTo === 0 && kept === 0) return;
    await restoreSession({ backup, archive }, session, upTo);
    total.sessions += 1;
    total.events += upTo;
  };
  try {
    for (const sessions of chunks(backup.sessions())) await Promise.all(sessions.map(restore));
  } finally {
    backup.close();
  }
  return { ...total, left, short };
}

function seqOf(kept: Kept, { lastSeq, storedSeq }: BackedUpSession): number {
  if (kept === 'all') return lastSeq;
  return kept === 'stored' ? (storedSeq ?? lastSeq) : Math.min(kept, lastSeq);
}

function* chunks<T>(items: Iterable<T>): Iterable<readonly T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < SESSIONS_AT_ONCE) continue;
    yield chunk;
    chunk = [];
  }
  yield chunk;
}

async function restoreSession(
  { backup, archive }: { readonly backup: BackupFile; readonly archive: Archive },
  { ref, info, storedSeq }: BackedUpSession,
  upTo: number,
): Promise<void> {
  const there = (await archive.session(ref))?.lastSeq ?? 0;
  const [newest] = there === 0 ? [] : await archive.readTail(ref, there, 1);
  if (there > upTo || !isSame(newest, backup.events(ref, there - 1, there)[0]))
    throw new BackupError(
      `The archive has other events of session ${ref.session} of tenant ${ref.tenant} than this backup: restore into an empty one.`,
    );
  for (let after = there; after < upTo || after === 0;) {
    const events = backup.events(ref, after, Math.min(upTo, after + EVENTS_AT_ONCE));
    await archive.write(ref, info, events);
    after += EVENTS_AT_ONCE;
  }
  const stored = storedSeq !== null && storedSeq <= upTo ? backup.stored(ref) : null;
  if (stored) await archive.store(ref, stored);
}

function isSame(one: LoggedEvent | undefined, other: LoggedEvent | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
