/**
 * The archive in one SQLite file, for everything that runs on one machine. Several processes may share the file; it must not lie on a
 * network file system, where write-ahead logging does not work.
 *
 * `node:sqlite` is synchronous: a call holds up its process for as long as it takes, at most `BUSY_TIMEOUT_MS` while another process writes.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { LoggedEvent, SessionInfo, SessionRef, StoredSession } from '../contracts/index.ts';
import { FOUND_MOST } from './archive.ts';
import type { Archive, ArchivedSession } from './archive.ts';
import { decodeEvent, decodeSession, decodeStored, encode } from './row.ts';
import type { SessionRow } from './row.ts';

const BUSY_TIMEOUT_MS = 5_000;

/** Strict and checked: what is not a position is refused instead of stored as something else. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS convoke_session (
    tenant TEXT NOT NULL,
    session TEXT NOT NULL,
    info TEXT NOT NULL,
    PRIMARY KEY (tenant, session)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS convoke_event (
    tenant TEXT NOT NULL,
    session TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK (seq >= 1),
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, session, seq)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS convoke_state (
    tenant TEXT NOT NULL,
    session TEXT NOT NULL,
    generation INTEGER NOT NULL,
    status TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    info TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, session)
  ) STRICT;
`;

const LAST = '(SELECT max(seq) FROM convoke_event e WHERE e.tenant = s.tenant AND e.session = s.session)';

/** Opens (and creates, with its folder) the file; `:memory:` keeps everything in this process. Throws if the file cannot be used. */
export function createSqliteArchive(file: string): Archive {
  const db = openDatabase(file);
  const { addSession, addEvent, copyEvents, after, tail, containing, find, ...states } = statements(db);
  const events = (statement: StatementSync, ...values: SQLInputValue[]): LoggedEvent[] =>
    statement.all(...values).map((row) => decodeEvent(String(row['body'])));

  return {
    async write(
      { tenant, session }: SessionRef,
      info: SessionInfo,
      written: readonly LoggedEvent[],
    ): Promise<void> {
      transact(db, () => {
        addSession.run(tenant, session, encode(info));
        for (const event of written) addEvent.run(tenant, session, event.seq, encode(event));
      });
    },
    async copy(from: SessionRef, to: SessionRef, info: SessionInfo, upTo: number): Promise<void> {
      transact(db, () => {
        addSession.run(to.tenant, to.session, encode(info));
        copyEvents.run(to.tenant, to.session, from.tenant, from.session, upTo);
      });
    },
    async read(
      { tenant, session }: SessionRef,
      position: number,
      limit: number,
    ): Promise<readonly LoggedEvent[]> {
      return events(after, tenant, session, position, limit);
    },
    async readTail(
      { tenant, session }: SessionRef,
      upTo: number,
      limit: number,
    ): Promise<readonly LoggedEvent[]> {
      return events(tail, tenant, session, upTo, limit).reverse();
    },
    async find({ tenant, session }: SessionRef, text: string, upTo: number): Promise<readonly LoggedEvent[]> {
      return events(containing, tenant, session, upTo, text);
    },
    async session({ tenant, session }: SessionRef): Promise<ArchivedSession | null> {
      const row = find.get(tenant, session) as SessionRow | undefined; // safety: the columns of `find`
      return row === undefined ? null : decodeSession(row);
    },
    async store({ tenant, session }: SessionRef, { info, ...state }: StoredSession): Promise<void> {
      const { known, archivedTo } = state.carried;
      const place = [state.generation, state.status, known.epoch, archivedTo, encode(info)];
      states.store.run(tenant, session, ...place, encode(state));
    },
    async stored({ tenant, session }: SessionRef): Promise<StoredSession | null> {
      const row = states.stored.get(tenant, session);
      return row === undefined ? null : decodeStored(String(row['info']), String(row['body']));
    },
    async close(): Promise<void> {
      if (db.isOpen) db.close();
    },
  };
}

function statements(db: DatabaseSync) {
  return {
    addSession: db.prepare('INSERT INTO convoke_session VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    addEvent: db.prepare(
      'INSERT INTO convoke_event VALUES (?, ?, ?, ?) ON CONFLICT (tenant, session, seq) DO NOTHING',
    ),
    copyEvents: db.prepare(
      `INSERT INTO convoke_event SELECT ?, ?, seq, body FROM convoke_event
     WHERE tenant = ? AND session = ? AND seq <= ? ORDER BY seq ON CONFLICT (tenant, session, seq) DO NOTHING`,
    ),
    after: db.prepare(
      'SELECT body FROM convoke_event WHERE tenant = ? AND session = ? AND seq > ? ORDER BY seq LIMIT ?',
    ),
    tail: db.prepare(
      'SELECT body FROM convoke_event WHERE tenant = ? AND session = ? AND seq <= ? ORDER BY seq DESC LIMIT ?',
    ),
    containing: db.prepare(
      `SELECT body FROM convoke_event WHERE tenant = ? AND session = ? AND seq <= ? AND instr(body, ?) > 0
     ORDER BY seq DESC LIMIT ${FOUND_MOST}`,
    ),
    find: db.prepare(
      `SELECT s.info, ${LAST} AS last, r.status, r.epoch, r.seq, r.info AS newest
     FROM convoke_session s LEFT JOIN convoke_state r ON r.tenant = s.tenant AND r.session = s.session
     WHERE s.tenant = ? AND s.session = ?`,
    ),
    store: db.prepare(
      `INSERT INTO convoke_state VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, session) DO UPDATE
     SET generation = excluded.generation, status = excluded.status, epoch = excluded.epoch, seq = excluded.seq,
       info = excluded.info, body = excluded.body
     WHERE excluded.generation > convoke_state.generation`,
    ),
    stored: db.prepare(
      `SELECT info, body FROM convoke_state s WHERE tenant = ? AND session = ? AND seq = ${LAST}`,
    ),
  };
}

function openDatabase(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    // NORMAL loses no committed write when a process dies, only when the machine does; the file stays whole in both cases.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    transact(db, () => {
      db.exec(TABLES);
    });
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** IMMEDIATE takes the write lock at once and waits for it; a read lock that is raised later would fail instead of waiting. */
function transact(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    work();
    db.exec('COMMIT');
  } catch (error) {
    // Some errors (a full disk) have rolled back already.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
