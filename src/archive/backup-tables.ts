/** Tables of other folders in a backup: tenants and keys, the audit log, data keys. */
import type { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import type { Database, Statement, Tables, Value } from './database.ts';

const ROWS_AT_ONCE = 200;

/** Numbers that the database itself gives to rows: they mean nothing elsewhere. */
const GIVEN: ReadonlySet<string> = new Set(['convoke_audit.seq']);
/** Has one row, which counts changes up: whoever has read this database before has to see that it has changed. */
const COUNTER = 'convoke_registry';

/** Copies the tables with these names that are there into a new SQLite file. Throws what the databases say. */
export async function copyTables(url: string, names: readonly string[], to: DatabaseSync): Promise<void> {
  const client = new Client({ connectionString: url, application_name: 'convoke-backup', keepAlive: true });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    for (const name of names) {
      const { rows: there } = await client.query<{ found: string | null }>(
        'SELECT to_regclass($1) AS found',
        [name],
      );
      if (there[0]?.found === null) continue;
      await client.query(`DECLARE rows NO SCROLL CURSOR FOR SELECT * FROM ${name}`);
      for (let isFirst = true; ; isFirst = false) {
        const { rows, fields } = await client.query<Value[]>({
          text: `FETCH ${ROWS_AT_ONCE} FROM rows`,
          rowMode: 'array',
        });
        const columns = fields.map((field) => field.name);
        if (isFirst) to.exec(`CREATE TABLE IF NOT EXISTS ${name} (${columns.join(', ')})`);
        if (rows.length === 0) break;
        const insert = to.prepare(`INSERT INTO ${name} VALUES (${columns.map(() => '?').join(', ')})`);
        for (const row of rows) insert.run(...row);
      }
      await client.query('CLOSE rows');
    }
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

/** Puts the rows of these tables in a backup beside those that are there, which stay. Throws what the databases say. */
export async function restoreTables(
  from: DatabaseSync,
  to: Database,
  tables: readonly Tables[],
): Promise<void> {
  for (const each of tables) {
    await to.create(each);
    // The counter comes first in its folder's list, and has to be last.
    const names = [...each.names].sort((one, other) => Number(one === COUNTER) - Number(other === COUNTER));
    for (const name of names) await restoreTable(from, to, name);
  }
}

async function restoreTable(from: DatabaseSync, to: Database, name: string): Promise<void> {
  const isThere = from.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name);
  if (!isThere) return;
  let statements: Statement[] = [];
  for (const row of from.prepare(`SELECT * FROM ${name}`).iterate()) {
    statements.push(insertOf(name, row as Readonly<Record<string, Value>>)); // safety: no column is a blob
    if (statements.length < ROWS_AT_ONCE) continue;
    await to.write(statements);
    statements = [];
  }
  if (statements.length > 0) await to.write(statements);
}

function insertOf(name: string, row: Readonly<Record<string, Value>>): Statement {
  const columns = Object.keys(row).filter((column) => !GIVEN.has(`${name}.${column}`));
  const places = columns.map((_, index) => `$${index + 1}`);
  const clash =
    name === COUNTER
      ? '(one) DO UPDATE SET version = convoke_registry.version + excluded.version'
      : 'DO NOTHING';
  return {
    sql: `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${places.join(', ')}) ON CONFLICT ${clash}`,
    values: columns.map((column) => row[column] ?? null),
  };
}
