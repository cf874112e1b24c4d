/**
 * The tables of files. `convoke_file` has a row for each, `convoke_file_tenant` what the files of a tenant take together: whoever changes that
 * locks its row first, so that changes of one tenant wait for each other and sums stay exact. `convoke_erased` is the archive's: a session that is
 * marked there gets no files and has none. It is among these tables because the archive may make it later.
 *
 *     pending -- all of it is there --> ready
 *        '-- it failed, or is deleted --> gone (until its bytes are) <-- deleted -- '
 */
import { ERASED_TABLES } from '../archive/index.ts';
import type { Row, Statement, Tables, Value } from '../archive/index.ts';
import type { FileInfo, SessionRef } from '../contracts/index.ts';

const statements = (number: string, strict: string): string => `
  CREATE TABLE IF NOT EXISTS convoke_file (
    file text PRIMARY KEY,
    tenant text NOT NULL,
    session text NOT NULL,
    name text NOT NULL,
    content_type text NOT NULL,
    bytes ${number} NOT NULL,
    sha256 text NOT NULL,
    state text NOT NULL,
    used ${number} NOT NULL,
    made_at ${number} NOT NULL,
    request text,
    UNIQUE (tenant, session, request)
  )${strict};
  CREATE INDEX IF NOT EXISTS convoke_file_session ON convoke_file (tenant, session);
  CREATE INDEX IF NOT EXISTS convoke_file_unused ON convoke_file (made_at) WHERE used = 0;
  CREATE INDEX IF NOT EXISTS convoke_file_gone ON convoke_file (made_at) WHERE state = 'gone';
  CREATE TABLE IF NOT EXISTS convoke_file_tenant (
    tenant text PRIMARY KEY,
    bytes ${number} NOT NULL
  )${strict};
`;

export const TABLES: Tables = {
  names: ['convoke_file', 'convoke_file_tenant', ...ERASED_TABLES.names],
  sqlite: statements('INTEGER', ' STRICT') + ERASED_TABLES.sqlite,
  postgres: statements('bigint', '') + ERASED_TABLES.postgres,
};

/** Of a row of `convoke_file`: its session is not erased. */
const LIVE = `NOT EXISTS (SELECT 1 FROM convoke_erased AS erased
    WHERE erased.tenant = convoke_file.tenant AND erased.session = convoke_file.session)`;

const INFO = 'file, name, content_type, bytes, sha256';

export function infoIn(row: Row): FileInfo {
  return {
    file: String(row['file']),
    name: String(row['name']),
    contentType: String(row['content_type']),
    bytes: Number(row['bytes']),
    sha256: String(row['sha256']),
  };
}

const statement = (sql: string, ...values: readonly Value[]): Statement => ({ sql, values });

/** A row for each tenant that has files; in a transaction what comes after it waits for others. */
function lock(tenant: string): readonly Statement[] {
  return [
    statement(
      'INSERT INTO convoke_file_tenant (tenant, bytes) VALUES ($1, 0) ON CONFLICT (tenant) DO NOTHING',
      tenant,
    ),
    statement('UPDATE convoke_file_tenant SET bytes = bytes WHERE tenant = $1', tenant),
  ];
}

export interface Beginning extends SessionRef, Pick<FileInfo, 'file' | 'name' | 'contentType'> {
  /** What it may take: reserved until it is known. */
  readonly bytes: number;
  readonly at: number;
  /** What stands for its Idempotency-Key; null: it has none. */
  readonly request: string | null;
  readonly storedBytes: number;
  readonly sessionFiles: number;
}

/** What the last statement of `begin` tells of an erased session, instead of a file. */
const ERASED = 'erased';

/** Rows: of the fourth statement the new file, of the sixth what else is known of the request, the tenant and the session. */
export function begin(given: Beginning): readonly Statement[] {
  const { tenant, session, file, name, contentType, bytes, at, request, storedBytes, sessionFiles } = given;
  const here = [tenant, session] as const;
  return [
    ...lock(tenant),
    // The same request again: whoever sends it has given the first one up.
    statement(
      `UPDATE convoke_file SET state = 'gone', request = NULL
        WHERE tenant = $1 AND session = $2 AND request = $3 AND state = 'pending'`,
      ...here,
      request,
    ),
    statement(
      `INSERT INTO convoke_file (tenant, session, request, file, name, content_type, bytes, sha256, state, used, made_at)
        SELECT CAST($1 AS text), CAST($2 AS text), CAST($3 AS text), CAST($4 AS text), CAST($5 AS text), CAST($6 AS text),
          CAST($7 AS bigint), '', 'pending', 0, CAST($8 AS bigint)
        WHERE NOT EXISTS (SELECT 1 FROM convoke_file WHERE tenant = $1 AND session = $2 AND request = $3)
          AND (SELECT bytes FROM convoke_file_tenant WHERE tenant = $1) + CAST($7 AS bigint) <= CAST($9 AS bigint)
          AND (SELECT count(*) FROM convoke_file WHERE tenant = $1 AND session = $2 AND state <> 'gone') < CAST($10 AS bigint)
          AND NOT EXISTS (SELECT 1 FROM convoke_erased WHERE tenant = $1 AND session = $2)
        RETURNING file`,
      ...[...here, request, file, name, contentType, bytes, at, storedBytes, sessionFiles],
    ),
    statement(
      `UPDATE convoke_file_tenant SET bytes = bytes + CAST($2 AS bigint)
        WHERE tenant = $1 AND EXISTS (SELECT 1 FROM convoke_file WHERE file = $3)`,
      ...[tenant, bytes, file],
    ),
    statement(
      `SELECT 'tenant' AS file, '' AS name, '' AS content_type, bytes, '' AS sha256 FROM convoke_file_tenant WHERE tenant = $1
        UNION ALL
        SELECT 'session', '', '', count(*), '' FROM convoke_file WHERE tenant = $1 AND session = $2 AND state <> 'gone'
        UNION ALL
        SELECT ${INFO} FROM convoke_file WHERE tenant = $1 AND session = $2 AND request = $3 AND file <> $4
        UNION ALL
        SELECT '${ERASED}', '', '', 0, '' FROM convoke_erased WHERE tenant = $1 AND session = $2`,
      ...[...here, request, file],
    ),
  ];
}

/** Whether these are rows of the last statement of `begin`, and the session is erased. */
export const isErased = (rows: readonly Row[]): boolean => rows.some(({ file }) => file === ERASED);

/** All of it is there. Rows of the third statement: the file, unless it is gone, or the session is erased. `reserved`: bytes, as it has begun. */
export function finish(
  { tenant }: SessionRef,
  { file, bytes, sha256 }: Pick<FileInfo, 'file' | 'bytes' | 'sha256'>,
  reserved: number,
): readonly Statement[] {
  return [
    ...lock(tenant),
    statement(
      `UPDATE convoke_file SET state = 'ready', bytes = CAST($2 AS bigint), sha256 = $3
        WHERE file = $1 AND state = 'pending' AND ${LIVE} RETURNING file`,
      ...[file, bytes, sha256],
    ),
    statement(
      `UPDATE convoke_file_tenant SET bytes = bytes - CAST($2 AS bigint)
        WHERE tenant = $1 AND EXISTS (SELECT 1 FROM convoke_file WHERE file = $3 AND state = 'ready')`,
      ...[tenant, reserved - bytes, file],
    ),
  ];
}

export function find({ tenant, session }: SessionRef, file: string): Statement {
  return statement(
    `SELECT ${INFO} FROM convoke_file WHERE tenant = $1 AND session = $2 AND file = $3 AND state = 'ready' AND ${LIVE}`,
    ...[tenant, session, file],
  );
}

/** Something refers to them now. Rows: those that are there. */
export function use({ tenant, session }: SessionRef, files: readonly string[]): Statement {
  const places = files.map((_, index) => `$${index + 3}`).join(', ');
  return statement(
    `UPDATE convoke_file SET used = 1
      WHERE tenant = $1 AND session = $2 AND file IN (${places}) AND state = 'ready' RETURNING ${INFO}`,
    ...[tenant, session, ...files],
  );
}

export const markGone = (file: string): Statement =>
  statement(`UPDATE convoke_file SET state = 'gone', request = NULL WHERE file = $1`, file);

/** All of a tenant, or of one of its sessions. */
export function markAllGone({
  tenant,
  session,
}: Partial<SessionRef> & Pick<SessionRef, 'tenant'>): Statement {
  const set = `UPDATE convoke_file SET state = 'gone', request = NULL`;
  return session === undefined
    ? statement(`${set} WHERE tenant = $1`, tenant)
    : statement(`${set} WHERE tenant = $1 AND session = $2`, tenant, session);
}

/** Those that nothing refers to, and that were begun before this moment. */
export const markUnusedGone = (before: number): Statement =>
  statement(
    `UPDATE convoke_file SET state = 'gone', request = NULL WHERE used = 0 AND made_at < $1 AND state <> 'gone'`,
    before,
  );

/** Uploads that were begun before this moment and have not ended: whoever made them is dead. */
export const markLostGone = (before: number): Statement =>
  statement(
    `UPDATE convoke_file SET state = 'gone', request = NULL WHERE used = 0 AND made_at < $1 AND state = 'pending'`,
    before,
  );

/**
 * Files that are gone and whose bytes may be removed. One that was never all there may still be written to, if it was begun after `begun`:
 * whoever writes it removes it. `after`: the last one of the page before.
 */
export function gone(
  of: Partial<SessionRef>,
  { begun, after, limit }: { readonly begun: number; readonly after: string; readonly limit: number },
): Statement {
  const { tenant = null, session = null } = of;
  return statement(
    `SELECT file, tenant, session FROM convoke_file WHERE state = 'gone' AND (sha256 <> '' OR made_at < $1) AND file > $2
      AND (CAST($3 AS text) IS NULL OR tenant = $3) AND (CAST($4 AS text) IS NULL OR session = $4) ORDER BY file LIMIT $5`,
    ...[begun, after, tenant, session, limit],
  );
}

/** Its bytes are removed. */
export function forget({ tenant }: Pick<SessionRef, 'tenant'>, file: string): readonly Statement[] {
  return [
    ...lock(tenant),
    statement(
      `UPDATE convoke_file_tenant SET bytes = bytes - coalesce(
        (SELECT bytes FROM convoke_file WHERE file = $2 AND state = 'gone'), 0) WHERE tenant = $1`,
      ...[tenant, file],
    ),
    statement(`DELETE FROM convoke_file WHERE file = $1 AND state = 'gone'`, file),
  ];
}

export const usedBytes = (tenant: string): Statement =>
  statement('SELECT bytes FROM convoke_file_tenant WHERE tenant = $1', tenant);
