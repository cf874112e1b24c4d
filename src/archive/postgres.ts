/** The archive in PostgreSQL, for more than one machine. */
import { Pool } from 'pg';
import type { LoggedEvent, SessionInfo, SessionRef } from '../contracts/index.ts';
import { FOUND_MOST } from './archive.ts';
import type { Archive, ArchivedSession } from './archive.ts';
import { decodeEvent, decodeInfo, encode } from './row.ts';

const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** Longer than the server's own time-out: it applies only if the server does not answer at all. */
const ANSWER_TIMEOUT_MS = 15_000;

const TABLES_READY = `SELECT to_regclass('convoke_session') IS NOT NULL AND to_regclass('convoke_event') IS NOT NULL AS ready`;

/**
 * Sent as one simple query, which the server runs as one transaction. The lock is needed because IF NOT EXISTS alone fails when two
 * processes create the same table at the same moment; its number is arbitrary and stands for "the tables of the archive".
 */
const CREATE_TABLES = `
  SELECT pg_advisory_xact_lock(7266151803001);
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
`;

/** One statement is atomic by itself. Rows in order of seq: writers of the same events wait for each other instead of deadlocking. */
const WRITE = `
  WITH known AS (
    INSERT INTO convoke_session (tenant, session, info) VALUES ($1::text, $2::text, $3::text) ON CONFLICT DO NOTHING
  )
  INSERT INTO convoke_event (tenant, session, seq, body)
  SELECT $1::text, $2::text, e.seq, e.body FROM unnest($4::bigint[], $5::text[]) AS e (seq, body) ORDER BY e.seq
  ON CONFLICT (tenant, session, seq) DO NOTHING
`;
const COPY = `
  WITH known AS (
    INSERT INTO convoke_session (tenant, session, info) VALUES ($1::text, $2::text, $3::text) ON CONFLICT DO NOTHING
  )
  INSERT INTO convoke_event (tenant, session, seq, body)
  SELECT $1::text, $2::text, e.seq, e.body FROM convoke_event e
  WHERE e.tenant = $4 AND e.session = $5 AND e.seq <= $6 ORDER BY e.seq
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
  SELECT info, (SELECT max(seq) FROM convoke_event e WHERE e.tenant = s.tenant AND e.session = s.session) AS last
  FROM convoke_session s WHERE tenant = $1 AND session = $2
`;

/**
 * Connects to the database that a `postgres://` URL names and creates the tables if they are missing; a role that may not create any can
 * use tables that exist. Rejects if the server cannot be reached or refuses; then no connection stays open.
 */
export async function createPostgresArchive(url: string): Promise<Archive> {
  const pool = createPool(url);
  try {
    await createTables(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const events = async (sql: string, ref: SessionRef, seq: number, limit: number): Promise<LoggedEvent[]> => {
    const { rows } = await pool.query<{ body: string }>(sql, [ref.tenant, ref.session, seq, limit]);
    return rows.map((row) => decodeEvent(row.body));
  };

  return {
    async write(
      { tenant, session }: SessionRef,
      info: SessionInfo,
      written: readonly LoggedEvent[],
    ): Promise<void> {
      const positions = written.map((event) => event.seq);
      await pool.query(WRITE, [tenant, session, encode(info), positions, written.map(encode)]);
    },
    async copy(from: SessionRef, to: SessionRef, info: SessionInfo, upTo: number): Promise<void> {
      const target = [to.tenant, to.session, encode(info)];
      await pool.query(COPY, [...target, from.tenant, from.session, upTo]);
    },
    async read(ref: SessionRef, after: number, limit: number): Promise<readonly LoggedEvent[]> {
      return events(READ, ref, after, limit);
    },
    async readTail(ref: SessionRef, upTo: number, limit: number): Promise<readonly LoggedEvent[]> {
      return (await events(READ_TAIL, ref, upTo, limit)).reverse();
    },
    async find({ tenant, session }: SessionRef, text: string, upTo: number): Promise<readonly LoggedEvent[]> {
      const { rows } = await pool.query<{ body: string }>(CONTAINING, [tenant, session, upTo, text]);
      return rows.map((row) => decodeEvent(row.body));
    },
    async session({ tenant, session }: SessionRef): Promise<ArchivedSession | null> {
      const { rows } = await pool.query<{ info: string; last: string | null }>(FIND, [tenant, session]);
      const row = rows[0];
      return row === undefined ? null : { info: decodeInfo(row.info), lastSeq: Number(row.last ?? 0) };
    },
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
  // A lost idle connection is reported here, and an error event without a listener would end the process. The pool drops the connection by
  // itself and the next call reconnects; a call in progress gets the error.
  pool.on('error', () => undefined);
  return pool;
}

async function createTables(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ ready: boolean }>(TABLES_READY);
  if (rows[0]?.ready !== true) await pool.query(CREATE_TABLES);
}
