/** The archive in PostgreSQL, for more than one machine. */
import { DatabaseError, Pool } from 'pg';
import type { LoggedEvent, SessionInfo, SessionRef, StoredSession } from '../contracts/index.ts';
import { FOUND_MOST } from './archive.ts';
import type { ArchivedSession, PingedArchive } from './archive.ts';
import { createTables, postgresDatabase } from './postgres-database.ts';
import { ERASED_TABLES } from './erased-table.ts';
import { erasureOn } from './postgres-erasure.ts';
import { decodeEvent, decodeSession, decodeStored, encode, LAST } from './row.ts';
import type { SessionRow } from './row.ts';

const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** Longer than the server's own time-out: it applies only if the server does not answer at all. */
const ANSWER_TIMEOUT_MS = 15_000;

const TABLES = {
  names: ['convoke_session', 'convoke_event', 'convoke_state', ...ERASED_TABLES.names],
  postgres: `
  CREATE TABLE IF NOT EXISTS convoke_session (
    tenant text NOT NULL,
    session text NOT NULL,
    info text NOT NULL,
    PRIMARY KEY (tenant, session)
  );
  CREATE TABLE IF NOT EXISTS convoke_event (
    tenant text NOT NULL,
    session text NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 1),
    body text NOT NULL,
    PRIMARY KEY (tenant, session, seq)
  );
  CREATE TABLE IF NOT EXISTS convoke_state (
    tenant text NOT NULL,
    session text NOT NULL,
    generation bigint NOT NULL,
    status text NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    info text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (tenant, session)
  );
  ${ERASED_TABLES.postgres}`,
};

/** Not erased: see `postgres-erasure.ts`. */
const LIVE = 'NOT EXISTS (SELECT 1 FROM convoke_erased x WHERE x.tenant = $1::text AND x.session = $2::text)';

/** One statement is atomic by itself. Rows in order of seq: writers of the same events wait for each other instead of deadlocking. */
const WRITE = `
  WITH known AS (
    INSERT INTO convoke_session (tenant, session, info) SELECT $1::text, $2::text, $3::text WHERE ${LIVE} ON CONFLICT DO NOTHING
  )
  INSERT INTO convoke_event (tenant, session, seq, body)
  SELECT $1::text, $2::text, e.seq, e.body FROM unnest($4::bigint[], $5::text[]) AS e (seq, body) WHERE ${LIVE} ORDER BY e.seq
  ON CONFLICT (tenant, session, seq) DO NOTHING
`;
const COPY = `
  WITH known AS (
    INSERT INTO convoke_session (tenant, session, info) SELECT $1::text, $2::text, $3::text WHERE ${LIVE} ON CONFLICT DO NOTHING
  )
  INSERT INTO convoke_event (tenant, session, seq, body)
  SELECT $1::text, $2::text, e.seq, e.body FROM convoke_event e
  WHERE e.tenant = $4 AND e.session = $5 AND e.seq <= $6 AND ${LIVE} ORDER BY e.seq
  ON CONFLICT (tenant, session, seq) DO NOTHING
`;
const READ =
  'SELECT body FROM convoke_event WHERE tenant = $1 AND session = $2 AND seq > $3 ORDER BY seq LIMIT $4';
const READ_TAIL =
  'SELECT body FROM convoke_event WHERE tenant = $1 AND session = $2 AND seq <= $3 ORDER BY seq DESC LIMIT $4';
const CONTAINING = `
  SELECT body FROM convoke_event WHERE tenant = $1 AND session = $2 AND seq <= $3 AND position($4::text IN body) > 0
  ORDER BY seq DESC LIMIT ${FOUND_MOST}
`;
const FIND = `
  SELECT s.info, ${LAST} AS last, r.status, r.epoch, r.seq, r.info AS newest
  FROM convoke_session s LEFT JOIN convoke_state r USING (tenant, session) WHERE tenant = $1 AND session = $2
`;
const STORE = `
  INSERT INTO convoke_state
  SELECT $1::text, $2::text, $3::bigint, $4::text, $5::bigint, $6::bigint, $7::text, $8::text WHERE ${LIVE}
  ON CONFLICT (tenant, session) DO UPDATE
  SET generation = excluded.generation, status = excluded.status, epoch = excluded.epoch, seq = excluded.seq,
    info = excluded.info, body = excluded.body
  WHERE excluded.generation > convoke_state.generation
`;
const STORED = `SELECT info, body FROM convoke_state s WHERE tenant = $1 AND session = $2 AND seq = ${LAST}`;

/**
 * Connects to the database that a `postgres://` URL names and creates the tables if they are missing; a role that may not create any can
 * use tables that exist. A server that cannot be reached is waited for: each call tries again, and is rejected until then. Rejects if the
 * server refuses, because of the role or the database; then no connection stays open.
 */
export async function createPostgresArchive(url: string): Promise<PingedArchive> {
  const pool = createPool(url);
  const query = await openDatabase(pool);
  const events = async (sql: string, ref: SessionRef, seq: number, limit: number): Promise<LoggedEvent[]> => {
    const rows = await query<{ body: string }>(sql, [ref.tenant, ref.session, seq, limit]);
    return rows.map((row) => decodeEvent(row.body));
  };

  return {
    async write(
      { tenant, session }: SessionRef,
      info: SessionInfo,
      written: readonly LoggedEvent[],
    ): Promise<void> {
      const positions = written.map((event) => event.seq);
      await query(WRITE, [tenant, session, encode(info), positions, written.map(encode)]);
    },
    async copy(from: SessionRef, to: SessionRef, info: SessionInfo, upTo: number): Promise<void> {
      const target = [to.tenant, to.session, encode(info)];
      await query(COPY, [...target, from.tenant, from.session, upTo]);
    },
    async read(ref: SessionRef, after: number, limit: number): Promise<readonly LoggedEvent[]> {
      return events(READ, ref, after, limit);
    },
    async readTail(ref: SessionRef, upTo: number, limit: number): Promise<readonly LoggedEvent[]> {
      return (await events(READ_TAIL, ref, upTo, limit)).reverse();
    },
    async find({ tenant, session }: SessionRef, text: string, upTo: number): Promise<readonly LoggedEvent[]> {
      const rows = await query<{ body: string }>(CONTAINING, [tenant, session, upTo, text]);
      return rows.map((row) => decodeEvent(row.body));
    },
    async session({ tenant, session }: SessionRef): Promise<ArchivedSession | null> {
      const rows = await query<SessionRow>(FIND, [tenant, session]);
      return rows[0] === undefined ? null : decodeSession(rows[0]);
    },
    async store({ tenant, session }: SessionRef, { info, ...state }: StoredSession): Promise<void> {
      const { known, archivedTo } = state.carried;
      const place = [state.generation, state.status, known.epoch, archivedTo, encode(info)];
      await query(STORE, [tenant, session, ...place, encode(state)]);
    },
    async stored({ tenant, session }: SessionRef): Promise<StoredSession | null> {
      const rows = await query<{ info: string; body: string }>(STORED, [tenant, session]);
      return rows[0] === undefined ? null : decodeStored(rows[0].info, rows[0].body);
    },
    async ping(): Promise<void> {
      await query('SELECT 1', []);
    },
    ...erasureOn(pool, query),
    database: postgresDatabase(pool),
    async close(): Promise<void> {
      if (!pool.ending) await pool.end();
    },
  };
}

function createPool(url: string): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: 'convoke-archive',
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    keepAlive: true,
  });
  // An error event without a listener would end the process: of a lost idle connection the pool tells, of one that a transaction has the
  // connection itself. The pool drops it and the next call reconnects; a call in progress gets the error.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** What the server itself says of a role or a database; not that it starts, stops, or has no connection left (classes 08, 53 and 57). */
function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError && !/^(?:53|57|08)/.test(error.code ?? '');
}

/** Without a type of the driver: programs that import the package have none of it. */
export type Query = <T extends object>(sql: string, values: readonly unknown[]) => Promise<T[]>;

/** What asks the database, once it has its tables; each question before tries to create them. Rejects if the server refuses. */
async function openDatabase(pool: Pool): Promise<Query> {
  let created: Promise<void> | undefined;
  const tables = (): Promise<void> => {
    created ??= createTables(pool, TABLES).catch((error: unknown) => {
      created = undefined;
      throw error;
    });
    return created;
  };
  try {
    await tables();
  } catch (error) {
    if (isRefusal(error)) {
      await pool.end();
      throw error;
    }
  }
  return async <T extends object>(sql: string, values: readonly unknown[]) => {
    await tables();
    return (await pool.query<T>(sql, [...values])).rows;
  };
}
