/**
 * What else lives in the database of the archive: tables that belong to another folder, read and written over the same connections. Its statements
 * are written so that SQLite and PostgreSQL understand them alike: parameters are `$1`, `$2`, …, of which a `SELECT` list needs a `CAST`.
 */

export type Value = string | number | null;

export interface Statement {
  readonly sql: string;
  readonly values?: readonly Value[];
}

/** PostgreSQL gives a `bigint` as text. */
export type Row = Readonly<Record<string, Value>>;

export interface Tables {
  readonly names: readonly string[];
  /** Statements that create them if they are missing. */
  readonly sqlite: string;
  readonly postgres: string;
}

/** Every method rejects with what the database says; a rejected call has changed nothing, unless its answer was lost. */
export interface Database {
  /** Creates the tables that are missing; harmless if several processes do it at once. */
  create(tables: Tables): Promise<void>;
  /** The rows of one statement, which changes nothing. */
  read(statement: Statement): Promise<readonly Row[]>;
  /** All statements in their order, or none of them; the rows that each returns. Those who write the same rows wait for each other. */
  write(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]>;
}
