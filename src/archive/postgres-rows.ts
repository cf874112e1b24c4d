/** All rows of an archive in PostgreSQL, as of one moment. */
import { Client } from 'pg';

/** Columns in the order in which the tables were made. */
const COLUMNS = {
  convoke_session: ['tenant', 'session', 'info'],
  convoke_event: ['tenant', 'session', 'seq', 'body'],
  convoke_state: ['tenant', 'session', 'generation', 'status', 'epoch', 'seq', 'info', 'body'],
} as const;
/** What PostgreSQL's client gives as text. */
const NUMBERS: ReadonlySet<string> = new Set(['generation', 'epoch', 'seq']);
const ROWS_AT_ONCE = 200;

type TableName = keyof typeof COLUMNS;

/** One transaction, which sees one moment; others write meanwhile. Throws what the server says. */
export async function eachRow(
  url: string,
  take: (table: TableName, row: readonly (string | number)[]) => void,
): Promise<void> {
  const client = new Client({ connectionString: url, application_name: 'convoke-backup', keepAlive: true });
  // A connection that is lost is told here, too, and an error event without a listener would end the process. The query gets the error.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    for (const [name, columns] of Object.entries(COLUMNS)) {
      const table = name as TableName; // safety: the keys of COLUMNS
      await client.query(`DECLARE rows NO SCROLL CURSOR FOR SELECT ${columns.join(', ')} FROM ${table}`);
      for (;;) {
        const { rows } = await client.query<Record<string, string>>(`FETCH ${ROWS_AT_ONCE} FROM rows`);
        if (rows.length === 0) break;
        for (const row of rows)
          take(
            table,
            columns.map((column) => (NUMBERS.has(column) ? Number(row[column]) : (row[column] ?? ''))),
          );
      }
      await client.query('CLOSE rows');
    }
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}
