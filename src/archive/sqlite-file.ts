/**
 * The rows of the archive in one SQLite file, as the thread in `sqlite-thread.ts` reads and writes them. `node:sqlite` is synchronous: a call holds
 * its thread up for as long as it takes, at most `BUSY_TIMEOUT_MS` while another process writes.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { SessionRef } from '../contracts/index.ts';
import { FOUND_MOST } from './archive.ts';
import type { Row, Statement } from './database.ts';
import { ERASED_TABLES } from './erased-table.ts';
import { LAST } from './row.ts';
import type { SessionRow } from './row.ts';
import { erasureOn, type SqliteErasure } from './sqlite-erasure.ts';

const BUSY_TIMEOUT_MS = 5_000;
/** Between two tries to open a file, ms. */
const OPENING_MS = 10;
/** https://sqlite.org/rescode.html#busy; the bits above say why. */
const SQLITE_BUSY = 5;

/** Strict and checked: what is not a position is refused instead of stored as something else. */
export const TABLES = `
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
  ${ERASED_TABLES.sqlite}`;

export interface EventRow {
  readonly seq: number;
  readonly body: string;
}

export interface StateRow {
  readonly generation: number;
  readonly status: string;
  readonly epoch: number;
  readonly seq: number;
  readonly info: string;
  readonly body: string;
}

/** What `Archive` does, on encoded rows. Each call is done when it returns, or throws and has changed nothing. */
export interface SqliteFile extends SqliteErasure {
  write(ref: SessionRef, info: string, events: readonly EventRow[]): void;
  copy(from: SessionRef, to: SessionRef, info: string, upTo: number): void;
  read(ref: SessionRef, after: number, limit: number): readonly string[];
  /** Newest first. */
  readTail(ref: SessionRef, upTo: number, limit: number): readonly string[];
  find(ref: SessionRef, text: string, upTo: number): readonly string[];
  session(ref: SessionRef): SessionRow | null;
  store(ref: SessionRef, state: StateRow): void;
  stored(ref: SessionRef): Pick<StateRow, 'info' | 'body'> | null;
  /** These three: see `Database`. */
  create(tables: string): void;
  query(statement: Statement): readonly Row[];
  change(statements: readonly Statement[]): readonly (readonly Row[])[];
  close(): void;
}

/** Opens (and creates, with its folder) the file; `:memory:` keeps everything in this process. Throws if the file cannot be used. */
export function openSqliteFile(file: string): SqliteFile {
  const db = openDatabase(file);
  const { addSession, addEvent, copyEvents, after, tail, containing, find, ...states } = statements(db);
  const erasure = erasureOn(db, (work) => transact(db, work));
  const bodies = (statement: StatementSync, ...values: SQLInputValue[]): string[] =>
    statement.all(...values).map((row) => String(row['body']));

  return {
    write({ tenant, session }, info, events) {
      transact(db, () => {
        if (erasure.isErased({ tenant, session })) return;
        addSession.run(tenant, session, info);
        for (const { seq, body } of events) addEvent.run(tenant, session, seq, body);
      });
    },
    copy(from, to, info, upTo) {
      transact(db, () => {
        if (erasure.isErased(to)) return;
        addSession.run(to.tenant, to.session, info);
        copyEvents.run(to.tenant, to.session, from.tenant, from.session, upTo);
      });
    },
    read: ({ tenant, session }, position, limit) => bodies(after, tenant, session, position, limit),
    readTail: ({ tenant, session }, upTo, limit) => bodies(tail, tenant, session, upTo, limit),
    find: ({ tenant, session }, text, upTo) => bodies(containing, tenant, session, upTo, text),
    session({ tenant, session }) {
      return (find.get(tenant, session) as SessionRow | undefined) ?? null; // safety: the columns of `find`
    },
    store({ tenant, session }, { generation, status, epoch, seq, info, body }) {
      transact(db, () => {
        if (!erasure.isErased({ tenant, session }))
          states.store.run(tenant, session, generation, status, epoch, seq, info, body);
      });
    },
    stored({ tenant, session }) {
      const row = states.stored.get(tenant, session);
      return row === undefined ? null : { info: String(row['info']), body: String(row['body']) };
    },
    ...erasure,
    create: (tables) => transact(db, () => db.exec(tables)),
    query: (statement) => rowsOf(db, statement),
    change: (statements) => transact(db, () => statements.map((statement) => rowsOf(db, statement))),
    close() {
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
    // What is deleted is overwritten: it was erased, and free pages stay in the file.
    onceFree(() =>
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;'),
    );
    transact(db, () => {
      db.exec(TABLES);
    });
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Tries again while another process writes to the file: SQLite does not wait for that when it changes the mode of the journal, as several processes
 * do that open a new file at the same time.
 */
function onceFree(work: () => void): void {
  const until = Date.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      work();
      return;
    } catch (error) {
      const { errcode = 0 } = error as { readonly errcode?: number }; // safety: only looked at
      if ((errcode & 0xff) !== SQLITE_BUSY || Date.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OPENING_MS);
    }
  }
}

/** IMMEDIATE takes the write lock at once and waits for it; a read lock that is raised later would fail instead of waiting. */
function transact<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const done = work();
    db.exec('COMMIT');
    return done;
  } catch (error) {
    // Some errors (a full disk) have rolled back already.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Plain objects, which cross to another thread; SQLite's have no prototype. */
function rowsOf(db: DatabaseSync, { sql, values = [] }: Statement): Row[] {
  const given = Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value]));
  return db
    .prepare(sql)
    .all(given)
    .map((row) => ({ ...row }) as Row); // safety: no column is a blob
}
