/** Rows of the registry, and what they stand for. PostgreSQL gives numbers as text. */
import type { Row } from '../archive/index.ts';
import type { JsonObject } from '../contracts/index.ts';
import type { ApiKey, AuditEntry, Revocation, StoredKey, Tenant } from './registry.ts';

const text = (row: Row, name: string): string => String(row[name]);
const number = (row: Row, name: string): number => Number(row[name]);
const textOrNull = (row: Row, name: string): string | null => (row[name] === null ? null : text(row, name));
const numberOrNull = (row: Row, name: string): number | null =>
  row[name] === null ? null : number(row, name);
// safety: only the registry writes these columns
const json = (row: Row, name: string): JsonObject => JSON.parse(text(row, name)) as JsonObject;

export function tenantOf(row: Row): Tenant {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    status: text(row, 'status') as Tenant['status'],
    limits: json(row, 'limits'),
    createdAt: number(row, 'created_at'),
    updatedAt: number(row, 'updated_at'),
  };
}

export function keyOf(row: Row): ApiKey {
  return {
    id: text(row, 'id'),
    tenant: textOrNull(row, 'tenant'),
    name: text(row, 'name'),
    scopes: text(row, 'scopes').split(' ') as ApiKey['scopes'],
    createdAt: number(row, 'created_at'),
    expiresAt: numberOrNull(row, 'expires_at'),
    lastUsedAt: numberOrNull(row, 'last_used_at'),
    revokedAt: numberOrNull(row, 'revoked_at'),
    replacedBy: textOrNull(row, 'replaced_by'),
  };
}

export const storedKeyOf = (row: Row): StoredKey => ({ ...keyOf(row), digest: text(row, 'digest') });

export function revocationOf(row: Row): Revocation {
  return {
    tenant: text(row, 'tenant'),
    kind: text(row, 'kind') as Revocation['kind'],
    value: text(row, 'value'),
    issuedBefore: number(row, 'issued_before'),
    until: number(row, 'until'),
  };
}

export function auditEntryOf(row: Row): AuditEntry {
  return {
    at: number(row, 'at'),
    actor: text(row, 'actor'),
    tenant: textOrNull(row, 'tenant'),
    action: text(row, 'action'),
    target: text(row, 'target'),
    detail: json(row, 'detail'),
  };
}
