/** Other tables in the database of an archive on PostgreSQL, see `Database`. */
import type { Pool } from 'pg';
import type { Database, Row, Statement, Tables } from './database.ts';

const READY =
  'SELECT bool_and(to_regclass(name) IS NOT NULL) AS ready FROM unnest($1::text[]) AS each (name)';
/**
 * Sent with the statements as one simple query, which the server runs as one transaction. The lock is needed because IF NOT EXISTS alone fails
 * when two processes create the same table at the same moment; its number is arbitrary and stands for "the tables of the archive".
 */
const LOCK = 'SELECT pg_advisory_xact_lock(7266151803001);';

/** A role that may not create any can use tables that exist. */
export async function createTables(
  pool: Pool,
  { names, postgres }: Pick<Tables, 'names' | 'postgres'>,
): Promise<void> {
  const { rows } = await pool.query<{ ready: boolean }>(READY, [[...names]]);
  if (rows[0]?.ready !== true) await pool.query(`${LOCK} ${postgres}`);
}

export function postgresDatabase(pool: Pool): Database {
  return {
    create: (tables) => createTables(pool, tables),
    async read({ sql, values = [] }) {
      return (await pool.query<Row>(sql, [...values])).rows;
    },
    write: (statements) => transact(pool, statements),
  };
}

export async function transact(pool: Pool, statements: readonly Statement[]): Promise<(readonly Row[])[]> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const rows: (readonly Row[])[] = [];
    for (const { sql, values = [] } of statements)
      rows.push((await client.query<Row>(sql, [...values])).rows);
    await client.query('COMMIT');
    client.release();
    return rows;
  } catch (error) {
    // The server rolls back when the connection ends.
    client.release(true);
    throw error;
  }
}
