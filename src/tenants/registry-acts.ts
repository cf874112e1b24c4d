/** The statements of each administrative act. Their order matters: the first one counts the version up, and so waits for other writers. */
import { randomUUID } from 'node:crypto';
import type { Statement } from '../archive/index.ts';
import { LIMITS } from '../contracts/index.ts';
import type { JsonObject } from '../contracts/index.ts';
import type { Act, NewKey, Replacement, Revocation, Tenant, TenantChange } from './registry.ts';
import { sql } from './sql.ts';

export const COUNT_UP = sql`UPDATE convoke_registry SET version = version + 1`;
const VERSION = sql`(SELECT version FROM convoke_registry)`;

/** What an act is told as, if it has changed the row `id` of a table. */
interface Told {
  readonly table: 'convoke_tenant' | 'convoke_key' | 'convoke_revocation';
  readonly id: string;
  readonly action: string;
  readonly target: string;
  readonly detail?: JsonObject;
  /** Absent: that of the row. */
  readonly tenant?: string;
}

function told({ actor, at }: Act, { table, id, action, target, detail = {}, tenant }: Told): Statement {
  const of = tenant === undefined ? sql`tenant` : sql`CAST(${tenant} AS text)`;
  return sql`
    INSERT INTO convoke_audit (id, at, actor, tenant, action, target, detail)
    SELECT CAST(${randomUUID()} AS text), CAST(${at} AS bigint), CAST(${actor} AS text), ${of}, CAST(${action} AS text),
      CAST(${target} AS text), CAST(${JSON.stringify(detail)} AS text)
    FROM ${{ sql: table }} WHERE id = ${id} AND version = ${VERSION}`;
}

type NewTenant = Omit<Tenant, 'createdAt' | 'updatedAt' | 'status'>;

/** The second statement returns the tenant, if there was room and none of this id. */
export function tenantCreated({ id, name, limits }: NewTenant, act: Act): readonly Statement[] {
  return [
    COUNT_UP,
    sql`
      INSERT INTO convoke_tenant (id, name, status, limits, created_at, updated_at, version)
      SELECT CAST(${id} AS text), CAST(${name} AS text), 'active', CAST(${JSON.stringify(limits)} AS text),
        CAST(${act.at} AS bigint), CAST(${act.at} AS bigint), ${VERSION}
      WHERE (SELECT count(*) FROM convoke_tenant) < ${LIMITS.tenants}
      ON CONFLICT DO NOTHING RETURNING *`,
    told(act, {
      ...{ table: 'convoke_tenant', id, action: 'tenant.create', target: id, tenant: id },
      detail: { name, limits: { ...limits } },
    }),
  ];
}

/** The second statement returns the tenant, if there is one. */
export function tenantChanged(id: string, change: TenantChange, act: Act): readonly Statement[] {
  const { limits, limitsBefore, ...others } = change;
  const before = limitsBefore ? JSON.stringify(limitsBefore) : null;
  const { name, status } = others;
  return [
    COUNT_UP,
    sql`
      UPDATE convoke_tenant SET name = coalesce(CAST(${name ?? null} AS text), name),
        status = coalesce(CAST(${status ?? null} AS text), status),
        limits = coalesce(CAST(${limits ? JSON.stringify(limits) : null} AS text), limits),
        updated_at = CAST(${act.at} AS bigint), version = ${VERSION}
      WHERE id = ${id} AND (CAST(${before} AS text) IS NULL OR limits = CAST(${before} AS text)) RETURNING *`,
    told(act, {
      ...{ table: 'convoke_tenant', id, action: 'tenant.change', target: id, tenant: id },
      detail: { ...others, ...(limits && { limits: { ...limits } }) },
    }),
  ];
}

const live = (at: number): Statement =>
  sql`revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${at})`;

const hasRoom = (tenant: Statement, at: number): Statement => sql`
  (SELECT count(*) FROM convoke_key WHERE coalesce(tenant, '') = ${tenant} AND ${live(at)}) < ${LIMITS.tenantKeys}`;

function insertKey({ id, tenant, digest, name, scopes, expiresAt }: NewKey, at: number, if_: Statement) {
  return sql`
    INSERT INTO convoke_key (id, tenant, digest, name, scopes, created_at, expires_at, version)
    SELECT CAST(${id} AS text), CAST(${tenant} AS text), CAST(${digest} AS text), CAST(${name} AS text),
      CAST(${scopes.join(' ')} AS text), CAST(${at} AS bigint), CAST(${expiresAt} AS bigint), ${VERSION}
    WHERE ${if_} RETURNING *`;
}

/** The second statement returns the key, if its tenant is there and has room for it. */
export function keyCreated(key: NewKey, act: Act): readonly Statement[] {
  const { id, tenant, name, scopes, expiresAt } = key;
  const room = hasRoom(sql`CAST(${tenant ?? ''} AS text)`, act.at);
  const known =
    tenant === null ? sql`1 = 1` : sql`EXISTS (SELECT 1 FROM convoke_tenant WHERE id = ${tenant})`;
  return [
    COUNT_UP,
    insertKey(key, act.at, sql`${known} AND ${room}`),
    told(act, {
      ...{ table: 'convoke_key', id, action: 'key.create', target: id },
      detail: { name, scopes, expiresAt },
    }),
  ];
}

/** The second statement returns the key, if there is neither a tenant nor an operator's key. */
export function firstKeyStored(key: NewKey, act: Act): readonly Statement[] {
  const empty = sql`
    NOT EXISTS (SELECT 1 FROM convoke_tenant) AND NOT EXISTS (SELECT 1 FROM convoke_key WHERE tenant IS NULL)`;
  return [
    COUNT_UP,
    insertKey(key, act.at, empty),
    told(act, { table: 'convoke_key', id: key.id, action: 'key.create', target: key.id }),
  ];
}

/** The second statement returns the new key, if the other one is live, was not replaced before, and there is room. */
export function keyRotated(other: string, replacement: Replacement, act: Act): readonly Statement[] {
  const { id, digest, expiresAt = null, otherEndsAt } = replacement;
  const sameLife = sql`CAST(${act.at} AS bigint) + k.expires_at - k.created_at`;
  return [
    COUNT_UP,
    sql`
      INSERT INTO convoke_key (id, tenant, digest, name, scopes, created_at, expires_at, version)
      SELECT CAST(${id} AS text), k.tenant, CAST(${digest} AS text), k.name, k.scopes, CAST(${act.at} AS bigint),
        coalesce(CAST(${expiresAt} AS bigint), ${sameLife}), ${VERSION}
      FROM convoke_key k
      WHERE k.id = ${other} AND k.replaced_by IS NULL AND ${live(act.at)} AND ${hasRoom(sql`coalesce(k.tenant, '')`, act.at)}
      RETURNING *`,
    sql`
      UPDATE convoke_key SET replaced_by = CAST(${id} AS text), version = ${VERSION},
        expires_at = CASE WHEN expires_at < ${otherEndsAt} THEN expires_at ELSE CAST(${otherEndsAt} AS bigint) END
      WHERE id = ${other} AND EXISTS (SELECT 1 FROM convoke_key WHERE id = ${id})`,
    told(act, {
      ...{ table: 'convoke_key', id, action: 'key.rotate', target: other },
      detail: { replacedBy: id, endsAt: otherEndsAt },
    }),
  ];
}

/** The second statement returns the key, if there is one; once revoked it stays as it is. */
export function keyRevoked(id: string, act: Act): readonly Statement[] {
  return [
    COUNT_UP,
    sql`
      UPDATE convoke_key SET revoked_at = coalesce(revoked_at, CAST(${act.at} AS bigint)), version = ${VERSION}
      WHERE id = ${id} RETURNING *`,
    told(act, { table: 'convoke_key', id, action: 'key.revoke', target: id }),
  ];
}

/** The second statement returns something, if there is room. What is revoked twice counts from the later moment. */
export function revoked(revocation: Revocation, act: Act): readonly Statement[] {
  const { tenant, kind, value, issuedBefore, until } = revocation;
  const id = `${tenant}:${kind}:${value}`;
  return [
    COUNT_UP,
    sql`
      INSERT INTO convoke_revocation (id, tenant, kind, value, issued_before, until, version)
      SELECT CAST(${id} AS text), CAST(${tenant} AS text), CAST(${kind} AS text), CAST(${value} AS text),
        CAST(${issuedBefore} AS bigint), CAST(${until} AS bigint), ${VERSION}
      WHERE (SELECT count(*) FROM convoke_revocation WHERE tenant = ${tenant} AND until > ${act.at} AND id <> ${id})
        < ${LIMITS.tenantRevocations}
      ON CONFLICT (id) DO UPDATE SET version = excluded.version,
        issued_before = CASE WHEN excluded.issued_before > convoke_revocation.issued_before
          THEN excluded.issued_before ELSE convoke_revocation.issued_before END,
        until = CASE WHEN excluded.until > convoke_revocation.until THEN excluded.until ELSE convoke_revocation.until END
      RETURNING id`,
    told(act, {
      ...{ table: 'convoke_revocation', id, action: `${kind}.revoke`, target: value === '' ? tenant : value },
      detail: { issuedBefore },
    }),
  ];
}
