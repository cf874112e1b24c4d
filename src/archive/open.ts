/** Chooses the adapter by the URL's scheme. */
import { ConvokeError } from '../contracts/index.ts';
import type { PingedArchive } from './archive.ts';
import { createPostgresArchive } from './postgres.ts';
import { createSqliteArchive } from './sqlite.ts';

const FORMS = 'sqlite:///absolute/path.db, sqlite:relative/path.db or postgres://…';

/**
 * Opens the archive that a URL names: `sqlite:///absolute/path.db`, `sqlite:relative/path.db` or `postgres://…`. The path of a file is
 * taken literally; nothing in it is decoded. Throws an Error for any other form (without its text: it may hold a password), and whatever
 * the database says if it cannot be opened. A server that is away is waited for. Later every error is `archive_unavailable`.
 */
export async function openArchive(url: string): Promise<PingedArchive> {
  return named(await adapterOf(url));
}

async function adapterOf(url: string): Promise<PingedArchive> {
  const database = databaseOf(url);
  if (database.kind === 'postgres') return createPostgresArchive(url);
  // A file has no server that could be away.
  return { ...(await createSqliteArchive(database.file)), ping: async () => undefined };
}

type Database =
  { readonly kind: 'postgres'; readonly url: string } | { readonly kind: 'sqlite'; readonly file: string };

/** Throws as `openArchive` does. */
export function databaseOf(url: string): Database {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === 'postgres' || scheme === 'postgresql') return { kind: 'postgres', url };
  if (scheme === 'sqlite') return { kind: 'sqlite', file: sqliteFile(url.slice('sqlite:'.length)) };
  const found = scheme === undefined ? 'has no scheme' : `has the unknown scheme "${scheme}"`;
  throw new Error(`The URL of the archive ${found}; use ${FORMS}.`);
}

/** The file that the part after `sqlite:` names. */
function sqliteFile(rest: string): string {
  const file = rest.startsWith('///') ? rest.slice(2) : rest;
  if (file === '' || file.startsWith('//'))
    throw new Error(`The URL of the archive names no file; use ${FORMS}.`);
  return file;
}

/** Maps every error to `archive_unavailable`. Only the message of the cause is kept: PostgreSQL adds whole rows, and so the text of messages. */
function named(archive: PingedArchive): PingedArchive {
  const call = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      const { message, code } = error as { readonly message: string; readonly code?: string }; // safety: of Node or of a driver
      // Node's error of a host with several addresses has a code and no message.
      const cause = new Error(message === '' ? code : message);
      throw new ConvokeError('archive_unavailable', undefined, { cause });
    }
  };
  const { database } = archive;
  return {
    write: (ref, info, events) => call(() => archive.write(ref, info, events)),
    copy: (from, to, info, upTo) => call(() => archive.copy(from, to, info, upTo)),
    read: (ref, after, limit) => call(() => archive.read(ref, after, limit)),
    readTail: (ref, upTo, limit) => call(() => archive.readTail(ref, upTo, limit)),
    find: (ref, text, upTo) => call(() => archive.find(ref, text, upTo)),
    session: (ref) => call(() => archive.session(ref)),
    store: (ref, session) => call(() => archive.store(ref, session)),
    stored: (ref) => call(() => archive.stored(ref)),
    erase: (ref) => call(() => archive.erase(ref)),
    isErased: (ref) => call(() => archive.isErased(ref)),
    sessionsOf: (tenant, after, limit) => call(() => archive.sessionsOf(tenant, after, limit)),
    closedBefore: (tenant, at, limit) => call(() => archive.closedBefore(tenant, at, limit)),
    database: {
      create: (tables) => call(() => database.create(tables)),
      read: (statement) => call(() => database.read(statement)),
      write: (statements) => call(() => database.write(statements)),
    },
    ping: () => call(() => archive.ping()),
    close: () => archive.close(),
  };
}
