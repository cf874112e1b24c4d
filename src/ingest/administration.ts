/** What operators do: tenants, keys, revocations, and what was done. Only an operator's key passes. */
import { ConvokeError, LIMITS } from '../contracts/index.ts';
import type { TenantLimits } from '../contracts/index.ts';
import { actorOf, allowOperator, KEY_SCOPES, makeKey } from '../tenants/index.ts';
import type {
  Act,
  ApiKey,
  AuditEntry,
  Erasures,
  Page,
  Principal,
  Registry,
  Revocation,
  Tenant,
} from '../tenants/index.ts';
import {
  auditQuerySchema,
  keysQuerySchema,
  newKeySchema,
  newTenantSchema,
  revocationSchema,
  revocationsQuerySchema,
  rotationSchema,
  tenantChangeSchema,
  tenantsQuerySchema,
} from './schemas/index.ts';
import type { LimitsChange } from './schemas/limits.ts';
import { validate } from './validate.ts';

/** A key, and its text, which is not shown again. */
export type ShownKey = ApiKey & { readonly key: string };

/** Every method throws only `ConvokeError`: `forbidden`, `invalid_request`, `archive_unavailable`, and those of `Registry`. */
export interface Administration {
  createTenant(principal: Principal, body: unknown): Promise<Tenant>;
  changeTenant(principal: Principal, id: string, body: unknown): Promise<Tenant>;
  tenant(principal: Principal, id: string): Promise<Tenant>;
  tenants(principal: Principal, query: unknown): Promise<Page<Tenant>>;
  createKey(principal: Principal, body: unknown): Promise<ShownKey>;
  rotateKey(principal: Principal, id: string, body: unknown): Promise<ShownKey>;
  revokeKey(principal: Principal, id: string): Promise<ApiKey>;
  keys(principal: Principal, query: unknown): Promise<Page<ApiKey>>;
  revoke(principal: Principal, body: unknown): Promise<Revocation>;
  revocations(principal: Principal, query: unknown): Promise<Page<Revocation>>;
  audit(principal: Principal, query: unknown): Promise<Page<AuditEntry>>;
}

export interface AdministrationConfig {
  readonly registry: Registry;
  /** A tenant that is being erased is not resumed, and gets no key. */
  readonly erasures: Pick<Erasures, 'find'>;
  /** Makes this gateway know what has just been written; others learn of it by themselves. */
  readonly refresh: () => Promise<void>;
}

export function createAdministration(config: AdministrationConfig): Administration {
  return { ...tenantsOf(config), ...keysOf(config), ...tokensOf(config) };
}

/** Does what is asked by an operator, and learns of it; what was done is done, whether it was learned or not. */
async function done<T>(
  { refresh }: AdministrationConfig,
  principal: Principal,
  work: (act: Act) => Promise<T>,
): Promise<T> {
  const result = await work({ actor: actorOf(principal), at: Date.now() });
  await refresh().catch(() => undefined);
  return result;
}

/** Throws `tenant_erasing`. */
async function refuseErasing(erasures: AdministrationConfig['erasures'], tenant: string): Promise<void> {
  const erasure = await erasures.find(tenant, null);
  if (erasure && !erasure.isOver)
    throw new ConvokeError(
      'tenant_erasing',
      'The tenant is being erased, which ends some minutes after it was asked for: try again then.',
    );
}

/** The limits that are named change, null takes one away, all others stay. */
function mergeLimits(before: TenantLimits, change: LimitsChange): TenantLimits {
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, limit]) => limit !== null));
}

type Tenants = 'createTenant' | 'changeTenant' | 'tenant' | 'tenants';

function tenantsOf(config: AdministrationConfig): Pick<Administration, Tenants> {
  const { registry, erasures } = config;
  return {
    async createTenant(principal, body) {
      allowOperator(principal);
      const { id, name = id, limits = {} } = validate(newTenantSchema, body);
      return done(config, principal, (act) => registry.createTenant({ id, name, limits }, act));
    },
    async changeTenant(principal, id, body) {
      allowOperator(principal);
      const { limits, ...change } = validate(tenantChangeSchema, body);
      // It would be suspended and erased once more, and what is sealed meanwhile could never be opened.
      if (change.status === 'active') await refuseErasing(erasures, id);
      if (!limits) return done(config, principal, (act) => registry.changeTenant(id, change, act));
      const { limits: limitsBefore } = await registry.tenant(id);
      const merged = { ...change, limits: mergeLimits(limitsBefore, limits), limitsBefore };
      return done(config, principal, (act) => registry.changeTenant(id, merged, act));
    },
    async tenant(principal, id) {
      allowOperator(principal);
      return registry.tenant(id);
    },
    async tenants(principal, query) {
      allowOperator(principal);
      return registry.tenants(validate(tenantsQuerySchema, query));
    },
  };
}

type Keys = 'createKey' | 'rotateKey' | 'revokeKey' | 'keys';

function keysOf(config: AdministrationConfig): Pick<Administration, Keys> {
  const { registry, erasures } = config;
  return {
    async createKey(principal, body) {
      allowOperator(principal);
      const { tenant = null, name, scopes = KEY_SCOPES, ttlMs } = validate(newKeySchema, body);
      // It would be revoked with all others.
      if (tenant !== null) await refuseErasing(erasures, tenant);
      return done(config, principal, async (act) => {
        const { id, secret, digest } = makeKey(act.at);
        const expiresAt = ttlMs === undefined ? null : act.at + ttlMs;
        const given = tenant === null ? (['admin'] as const) : [...new Set(scopes)];
        const key = await registry.createKey({ id, digest, tenant, name, scopes: given, expiresAt }, act);
        return { ...key, key: secret };
      });
    },
    async rotateKey(principal, id, body) {
      allowOperator(principal);
      const { overlapMs = LIMITS.keyOverlapMs, ttlMs } = validate(rotationSchema, body);
      return done(config, principal, async (act) => {
        const { secret, ...made } = makeKey(act.at);
        const ends = {
          otherEndsAt: act.at + overlapMs,
          ...(ttlMs === undefined ? {} : { expiresAt: act.at + ttlMs }),
        };
        return { ...(await registry.rotateKey(id, { ...made, ...ends }, act)), key: secret };
      });
    },
    async revokeKey(principal, id) {
      allowOperator(principal);
      return done(config, principal, (act) => registry.revokeKey(id, act));
    },
    async keys(principal, query) {
      allowOperator(principal);
      const { operator, tenant, ...page } = validate(keysQuerySchema, query);
      const whose = operator === undefined ? tenant : null;
      return registry.keys({ ...page, ...(whose === undefined ? {} : { tenant: whose }) });
    },
  };
}

type OfTokens = 'revoke' | 'revocations' | 'audit';

function tokensOf(config: AdministrationConfig): Pick<Administration, OfTokens> {
  const { registry } = config;
  return {
    async revoke(principal, body) {
      allowOperator(principal);
      const { tenant, kind, value = '', issuedBefore } = validate(revocationSchema, body);
      return done(config, principal, async (act) => {
        const before = issuedBefore ?? act.at;
        const until = act.at + LIMITS.revocationMs;
        const revocation = { tenant, kind, value, issuedBefore: before, until };
        await registry.revoke(revocation, act);
        return revocation;
      });
    },
    async revocations(principal, query) {
      allowOperator(principal);
      return registry.revocations(validate(revocationsQuerySchema, query));
    },
    async audit(principal, query) {
      allowOperator(principal);
      return registry.audit(validate(auditQuerySchema, query));
    },
  };
}
