/** Which sessions were erased. Whoever keeps something of sessions in the same database looks there, and may be the first to need the table. */
import type { Tables } from './database.ts';

const statement = (strict: string): string => `
  CREATE TABLE IF NOT EXISTS convoke_erased (
    tenant text NOT NULL,
    session text NOT NULL,
    PRIMARY KEY (tenant, session)
  )${strict};
`;

export const ERASED_TABLES: Tables = {
  names: ['convoke_erased'],
  sqlite: statement(' STRICT, WITHOUT ROWID'),
  postgres: statement(''),
};
