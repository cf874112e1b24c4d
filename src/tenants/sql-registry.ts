/** The registry in the database of the archive, SQLite or PostgreSQL alike. */
import { withTables } from '../archive/index.ts';
import type { Database, Row, Statement } from '../archive/index.ts';
import { ConvokeError, LIMITS } from '../contracts/index.ts';
import { ERASURE_TABLES } from './erasures.ts';
import * as acts from './registry-acts.ts';
import { auditEntryOf, keyOf, revocationOf, storedKeyOf, tenantOf } from './registry-rows.ts';
import { TABLES } from './registry-tables.ts';
import type { Changes, Page, PageQuery, Registry } from './registry.ts';
import { sql, where } from './sql.ts';

/** Its tables are created before the first call that succeeds. */
export function createRegistry(shared: Database): Registry {
  const database = [TABLES, ERASURE_TABLES].reduce(withTables, shared);
  return { ...readsOf(database), ...actsOf(database), ...upkeepOf(database) };
}

type Acts =
  'storeFirstKey' | 'createTenant' | 'changeTenant' | 'createKey' | 'rotateKey' | 'revokeKey' | 'revoke';

function actsOf(database: Database): Pick<Registry, Acts> {
  const isThere = async (statement: Statement): Promise<boolean> =>
    (await database.read(statement)).length > 0;
  const isTenant = (id: string): Promise<boolean> =>
    isThere(sql`SELECT 1 AS one FROM convoke_tenant WHERE id = ${id}`);
  /** What the act returns; absent: it was not done. */
  const done = async (statements: readonly Statement[]): Promise<Row | undefined> =>
    (await database.write(statements))[1]?.[0];
  return {
    storeFirstKey: async (key, act) => (await done(acts.firstKeyStored(key, act))) !== undefined,
    async createTenant(tenant, act) {
      const row = await done(acts.tenantCreated(tenant, act));
      if (row) return tenantOf(row);
      throw new ConvokeError((await isTenant(tenant.id)) ? 'tenant_exists' : 'too_many_tenants');
    },
    async changeTenant(id, change, act) {
      const row = await done(acts.tenantChanged(id, change, act));
      if (row) return tenantOf(row);
      if (change.limitsBefore && (await isTenant(id)))
        throw new ConvokeError('overloaded', 'Somebody else has just changed its limits. Try again.');
      throw new ConvokeError('tenant_not_found');
    },
    async createKey(key, act) {
      const row = await done(acts.keyCreated(key, act));
      if (row) return keyOf(row);
      const isKnown = key.tenant === null || (await isTenant(key.tenant));
      throw isKnown ? tooManyKeys() : new ConvokeError('tenant_not_found');
    },
    async rotateKey(id, replacement, act) {
      const row = await done(acts.keyRotated(id, replacement, act));
      if (row) return keyOf(row);
      const [found] = await database.read(sql`SELECT * FROM convoke_key WHERE id = ${id}`);
      if (!found) throw new ConvokeError('key_not_found');
      const { replacedBy, revokedAt, expiresAt } = keyOf(found);
      if (replacedBy !== null)
        throw new ConvokeError('key_ended', `The key was replaced by ${replacedBy}: rotate that one.`);
      const hasEnded = revokedAt !== null || (expiresAt !== null && expiresAt <= act.at);
      throw hasEnded
        ? new ConvokeError('key_ended', 'The key has ended: create another one.')
        : tooManyKeys();
    },
    async revokeKey(id, act) {
      const row = await done(acts.keyRevoked(id, act));
      if (row) return keyOf(row);
      throw new ConvokeError('key_not_found');
    },
    async revoke(revocation, act) {
      if (await done(acts.revoked(revocation, act))) return;
      throw new ConvokeError(
        'too_many_revocations',
        `The tenant has ${LIMITS.tenantRevocations} that still count: revoke all of its tokens instead.`,
      );
    },
  };
}

const tooManyKeys = (): ConvokeError =>
  new ConvokeError('too_many_keys', `There are ${LIMITS.tenantKeys} that have not ended: revoke some first.`);

/** One row more than a page has tells whether there is another one. */
function pageOf<T>(rows: readonly Row[], limit: number, by: string, decode: (row: Row) => T): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(decode),
    next: rows.length > limit && last ? String(last[by]) : null,
  };
}

const sizeOf = ({ limit = LIMITS.pageSessions }: PageQuery): number => limit;

async function changesAfter(database: Database, known: number): Promise<Changes | null> {
  const [row] = await database.read(sql`SELECT version FROM convoke_registry`);
  const version = Number(row?.['version'] ?? 0);
  if (version === known) return null;
  // Lower than before: somebody has put an older database in its place.
  const all = known === 0 || version < known;
  const news = where(sql`version > ${all ? -1 : known}`);
  const [tenants, keys, revocations, erasing] = await Promise.all([
    database.read(sql`SELECT * FROM convoke_tenant ${news}`),
    database.read(sql`SELECT * FROM convoke_key ${news}`),
    database.read(sql`SELECT * FROM convoke_revocation ${news}`),
    database.read(sql`
      SELECT tenant, session FROM convoke_erasure WHERE due_at IS NOT NULL AND passes = 0 AND session IS NOT NULL
      ORDER BY due_at DESC LIMIT ${LIMITS.erasingKnown}`),
  ]);
  return {
    ...{ version, all },
    tenants: tenants.map(tenantOf),
    keys: keys.map(storedKeyOf),
    revocations: revocations.map(revocationOf),
    erasing: erasing.map((row) => ({ tenant: String(row['tenant']), session: String(row['session']) })),
  };
}

type Reads = 'changesAfter' | 'tenant' | 'tenants' | 'keys' | 'revocations' | 'audit';

function readsOf(database: Database): Pick<Registry, Reads> {
  const after = ({ cursor }: PageQuery): Statement | undefined =>
    cursor === undefined ? undefined : sql`id > ${cursor}`;
  return {
    changesAfter: (known) => changesAfter(database, known),
    async tenant(id) {
      const [row] = await database.read(sql`SELECT * FROM convoke_tenant WHERE id = ${id}`);
      if (!row) throw new ConvokeError('tenant_not_found');
      return tenantOf(row);
    },
    async tenants(query) {
      const limit = sizeOf(query);
      const rows = await database.read(
        sql`SELECT * FROM convoke_tenant ${where(after(query))} ORDER BY id LIMIT ${limit + 1}`,
      );
      return pageOf(rows, limit, 'id', tenantOf);
    },
    async keys(query) {
      const { tenant } = query;
      const limit = sizeOf(query);
      const of =
        tenant === undefined ? undefined : tenant === null ? sql`tenant IS NULL` : sql`tenant = ${tenant}`;
      const rows = await database.read(
        sql`SELECT * FROM convoke_key ${where(of, after(query))} ORDER BY id LIMIT ${limit + 1}`,
      );
      return pageOf(rows, limit, 'id', keyOf);
    },
    async revocations(query) {
      const { tenant } = query;
      const limit = sizeOf(query);
      const of = tenant === undefined ? undefined : sql`tenant = ${tenant}`;
      const rows = await database.read(
        sql`SELECT * FROM convoke_revocation ${where(of, after(query))} ORDER BY id LIMIT ${limit + 1}`,
      );
      return pageOf(rows, limit, 'id', revocationOf);
    },
    async audit(query) {
      const { tenant, actor, action, cursor } = query;
      const limit = sizeOf(query);
      const rows = await database.read(sql`
        SELECT * FROM convoke_audit ${where(
          tenant === undefined ? undefined : sql`tenant = ${tenant}`,
          actor === undefined ? undefined : sql`actor = ${actor}`,
          action === undefined ? undefined : sql`action = ${action}`,
          cursor === undefined ? undefined : sql`seq < ${Number(cursor)}`,
        )} ORDER BY seq DESC LIMIT ${limit + 1}`);
      return pageOf(rows, limit, 'seq', auditEntryOf);
    },
  };
}

function listed(statements: readonly Statement[]): Statement {
  return statements.reduce((before, each) => sql`${before}, ${each}`);
}

function upkeepOf(database: Database): Pick<Registry, 'touch' | 'note' | 'sweep'> {
  return {
    async touch(keys, at) {
      if (keys.length === 0) return;
      const ids = listed(keys.map((key) => sql`${key}`));
      await database.write([
        sql`UPDATE convoke_key SET last_used_at = CAST(${at} AS bigint)
          WHERE id IN (${ids}) AND (last_used_at IS NULL OR last_used_at < ${at - LIMITS.keyUseMs})`,
      ]);
    },
    async note(entries) {
      if (entries.length === 0) return;
      const rows = entries.map(
        ({ id, at, actor, tenant, action, target, detail }) =>
          sql`(${id}, ${at}, ${actor}, ${tenant}, ${action}, ${target}, ${JSON.stringify(detail)})`,
      );
      await database.write([
        sql`INSERT INTO convoke_audit (id, at, actor, tenant, action, target, detail) VALUES ${listed(rows)}
          ON CONFLICT DO NOTHING`,
      ]);
    },
    async sweep(now) {
      const ended = now - LIMITS.endedKeysMs;
      await database.write([
        sql`DELETE FROM convoke_revocation WHERE until < ${now}`,
        sql`DELETE FROM convoke_key WHERE revoked_at < ${ended} OR expires_at < ${ended}`,
        sql`DELETE FROM convoke_audit WHERE at < ${now - LIMITS.auditMs}
          OR (at < ${now - LIMITS.auditMintsMs} AND action IN ('token.mint', 'payload.decode', 'request.refuse'))`,
      ]);
    },
  };
}
