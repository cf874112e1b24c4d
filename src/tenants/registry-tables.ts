/** The tables of the registry. `convoke_registry` has one row: whoever changes something counts its version up first, and so waits for others. */
import type { Tables } from '../archive/index.ts';

const NAMES = ['convoke_registry', 'convoke_tenant', 'convoke_key', 'convoke_revocation', 'convoke_audit'];

/** `number`, `row`: the types of a count or a moment, and of a row number that is given by the database. */
function statements({ number, row, strict }: Readonly<Record<'number' | 'row' | 'strict', string>>): string {
  return `
    CREATE TABLE IF NOT EXISTS convoke_registry (
      one ${number} PRIMARY KEY CHECK (one = 1),
      version ${number} NOT NULL
    )${strict};
    INSERT INTO convoke_registry (one, version) VALUES (1, 0) ON CONFLICT DO NOTHING;
    CREATE TABLE IF NOT EXISTS convoke_tenant (
      id text PRIMARY KEY,
      name text NOT NULL,
      status text NOT NULL,
      limits text NOT NULL,
      created_at ${number} NOT NULL,
      updated_at ${number} NOT NULL,
      version ${number} NOT NULL
    )${strict};
    CREATE INDEX IF NOT EXISTS convoke_tenant_version ON convoke_tenant (version);
    CREATE TABLE IF NOT EXISTS convoke_key (
      id text PRIMARY KEY,
      tenant text,
      digest text NOT NULL UNIQUE,
      name text NOT NULL,
      scopes text NOT NULL,
      created_at ${number} NOT NULL,
      expires_at ${number},
      last_used_at ${number},
      revoked_at ${number},
      replaced_by text,
      version ${number} NOT NULL
    )${strict};
    CREATE INDEX IF NOT EXISTS convoke_key_version ON convoke_key (version);
    CREATE INDEX IF NOT EXISTS convoke_key_tenant ON convoke_key (tenant);
    CREATE TABLE IF NOT EXISTS convoke_revocation (
      id text PRIMARY KEY,
      tenant text NOT NULL,
      kind text NOT NULL,
      value text NOT NULL,
      issued_before ${number} NOT NULL,
      until ${number} NOT NULL,
      version ${number} NOT NULL
    )${strict};
    CREATE INDEX IF NOT EXISTS convoke_revocation_version ON convoke_revocation (version);
    CREATE INDEX IF NOT EXISTS convoke_revocation_tenant ON convoke_revocation (tenant);
    CREATE TABLE IF NOT EXISTS convoke_audit (
      seq ${row},
      id text NOT NULL UNIQUE,
      at ${number} NOT NULL,
      actor text NOT NULL,
      tenant text,
      action text NOT NULL,
      target text NOT NULL,
      detail text NOT NULL
    )${strict};
    CREATE INDEX IF NOT EXISTS convoke_audit_tenant ON convoke_audit (tenant, seq);
    CREATE INDEX IF NOT EXISTS convoke_audit_at ON convoke_audit (at);
  `;
}

export const TABLES: Tables = {
  names: NAMES,
  sqlite: statements({
    number: 'INTEGER',
    row: 'INTEGER PRIMARY KEY AUTOINCREMENT',
    strict: ' STRICT',
  }),
  postgres: statements({
    number: 'bigint',
    row: 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
    strict: '',
  }),
};
