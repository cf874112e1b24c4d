/** What is to be erased, and what was: rows in the database of the archive, so that another process goes on where one has stopped. */
import { ERASED_TABLES, withTables } from '../archive/index.ts';
import type { Database, Row, Statement } from '../archive/index.ts';
import { COUNT_UP } from './registry-acts.ts';
import { TABLES as REGISTRY_TABLES } from './registry-tables.ts';
import { sql } from './sql.ts';

/** How many of what were removed. */
export type Removed = Readonly<Record<string, number>>;

export interface Erasure {
  readonly tenant: string;
  /** Null: all of the tenant. */
  readonly session: string | null;
  /** Who has asked for it. */
  readonly actor: string;
  /** ms since the Unix epoch. */
  readonly at: number;
  readonly removed: Removed;
  /** How often all of it was looked for and removed; 0: not yet. */
  readonly passes: number;
  /** Nothing is looked for any more. */
  readonly isOver: boolean;
}

/** `dueAt`: when it is looked at again, ms since the Unix epoch; null: it is over. */
type Next = Pick<Erasure, 'removed' | 'passes'> & { readonly dueAt: number | null };

const tables = (number: string, strict: string): string => `
  CREATE TABLE IF NOT EXISTS convoke_erasure (
    id text PRIMARY KEY,
    tenant text NOT NULL,
    session text,
    actor text NOT NULL,
    at ${number} NOT NULL,
    removed text NOT NULL,
    passes ${number} NOT NULL,
    due_at ${number}
  )${strict};
  CREATE INDEX IF NOT EXISTS convoke_erasure_due ON convoke_erasure (due_at);
`;

export const ERASURE_TABLES = {
  names: ['convoke_erasure'],
  sqlite: tables('INTEGER', ' STRICT'),
  postgres: tables('bigint', ''),
};

/** Ids hold no colon. */
const idOf = ({ tenant, session }: Pick<Erasure, 'tenant' | 'session'>): string =>
  `${tenant}:${session ?? ''}`;

function erasureOf(row: Row): Erasure {
  return {
    tenant: String(row['tenant']),
    session: row['session'] === null ? null : String(row['session']),
    actor: String(row['actor']),
    at: Number(row['at']),
    removed: JSON.parse(String(row['removed'])) as Removed, // safety: only this file writes the column
    passes: Number(row['passes']),
    isOver: row['due_at'] === null,
  };
}

/** Every method throws `archive_unavailable`. */
export class Erasures {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = [ERASED_TABLES, REGISTRY_TABLES, ERASURE_TABLES].reduce(withTables, database);
  }

  /**
   * Notes that this is to be erased, unless that is known, and tells how it stands. From then on nothing is written for a session that is to be
   * erased, and gateways, which learn of it from the registry, serve nothing of it, whatever fails afterwards. `dueAt`: when others take it over
   * from who begins. `anew`: what was erased has begun anew since; an erasure that is over is forgotten for this one.
   */
  async begin(
    erasure: Pick<Erasure, 'tenant' | 'session' | 'actor' | 'at'>,
    { dueAt, anew }: { readonly dueAt: number; readonly anew: boolean },
  ): Promise<Erasure> {
    const { tenant, session, actor, at } = erasure;
    const known = anew
      ? sql`(id) DO UPDATE SET actor = excluded.actor, at = excluded.at, removed = excluded.removed,
          passes = excluded.passes, due_at = excluded.due_at WHERE convoke_erasure.due_at IS NULL`
      : sql`DO NOTHING`;
    const mark = sql`INSERT INTO convoke_erased VALUES (${tenant}, ${session}) ON CONFLICT DO NOTHING`;
    await this.#database.write([
      COUNT_UP,
      sql`
        INSERT INTO convoke_erasure (id, tenant, session, actor, at, removed, passes, due_at)
        VALUES (${idOf(erasure)}, ${tenant}, ${session}, ${actor}, ${at}, ${'{}'}, ${0}, ${dueAt})
        ON CONFLICT ${known}`,
      ...(session === null ? [] : [mark]),
    ]);
    return (await this.find(tenant, session)) ?? { ...erasure, removed: {}, passes: 0, isOver: false };
  }

  async find(tenant: string, session: string | null): Promise<Erasure | null> {
    const [row] = await this.#database.read(
      sql`SELECT * FROM convoke_erasure WHERE id = ${idOf({ tenant, session })}`,
    );
    return row ? erasureOf(row) : null;
  }

  async note(erasure: Erasure, { removed, passes, dueAt }: Next): Promise<void> {
    await this.#write(sql`
      UPDATE convoke_erasure SET removed = ${JSON.stringify(removed)}, passes = ${passes}, due_at = ${dueAt}
      WHERE id = ${idOf(erasure)}`);
  }

  /** Takes some that are due: others leave them alone until `again`, ms since the Unix epoch. */
  async take(now: number, again: number, limit: number): Promise<readonly Erasure[]> {
    const rows = await this.#database.read(
      sql`SELECT * FROM convoke_erasure WHERE due_at <= ${now} ORDER BY due_at LIMIT ${limit}`,
    );
    const taken: Erasure[] = [];
    for (const row of rows) {
      const erasure = erasureOf(row);
      const won = await this.#write(sql`
        UPDATE convoke_erasure SET due_at = ${again}
        WHERE id = ${idOf(erasure)} AND due_at = ${Number(row['due_at'])} RETURNING id`);
      if (won.length > 0) taken.push(erasure);
    }
    return taken;
  }

  async #write(statement: Statement): Promise<readonly Row[]> {
    const [rows = []] = await this.#database.write([statement]);
    return rows;
  }
}
