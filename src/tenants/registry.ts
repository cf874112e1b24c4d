/**
 * The port of the registry: tenants, their keys, what was revoked, and the audit log, in the database of the archive.
 *
 * Invariants that every registry keeps (proved by test/conformance/registry.suite.ts)
 * 1. Each change has a version; whoever asks what came after one misses no change, whatever others write meanwhile.
 * 2. An administrative act and its audit entry are written together, or neither.
 * 3. No key is in it, only digests.
 *
 * A rejected call has changed nothing, unless its answer was lost. Errors of the database are `archive_unavailable`.
 */
import type { JsonObject, SessionRef, TenantLimits } from '../contracts/index.ts';
import type { KeyScope } from './principal.ts';

export const TENANT_STATUSES = ['active', 'suspended'] as const;

/** All times are ms since the Unix epoch. */
export interface Tenant {
  readonly id: string;
  readonly name: string;
  /** Whoever acts for a suspended tenant is refused. */
  readonly status: (typeof TENANT_STATUSES)[number];
  readonly limits: TenantLimits;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface TenantChange extends Partial<Pick<Tenant, 'name' | 'status' | 'limits'>> {
  /** What `limits` were made of: if others have changed them since, nothing is changed. */
  readonly limitsBefore?: TenantLimits;
}

export interface ApiKey {
  readonly id: string;
  /** Null: an operator's, which belongs to no tenant. */
  readonly tenant: string | null;
  readonly name: string;
  readonly scopes: readonly (KeyScope | 'admin')[];
  readonly createdAt: number;
  /** Null: it does not expire. */
  readonly expiresAt: number | null;
  /** To the minute; null: never. */
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
  /** The id of the key that was made in its place. */
  readonly replacedBy: string | null;
}

export type StoredKey = ApiKey & { readonly digest: string };

export interface NewKey extends Pick<ApiKey, 'id' | 'tenant' | 'name' | 'scopes' | 'expiresAt'> {
  readonly digest: string;
}

/** A key in the place of another one, with its tenant, name and scopes. */
export interface Replacement {
  readonly id: string;
  readonly digest: string;
  /** Absent: as long a life as the other one was given. */
  readonly expiresAt?: number;
  /** When the other one ends, unless it ends before. */
  readonly otherEndsAt: number;
}

export const REVOCABLE = ['token', 'subject', 'tenant'] as const;

/** Session tokens of a tenant that were issued before a moment: one (by its id), those of a subject, or all. */
export interface Revocation {
  readonly tenant: string;
  readonly kind: (typeof REVOCABLE)[number];
  /** The id of a token or the subject; empty: all. */
  readonly value: string;
  readonly issuedBefore: number;
  /** No token that it is about can be valid any more. */
  readonly until: number;
}

export interface AuditEntry {
  readonly at: number;
  /** The id of a key, the subject of a token, or `environment`. */
  readonly actor: string;
  /** Null: it is about no tenant. */
  readonly tenant: string | null;
  /** Like `key.revoke`. */
  readonly action: string;
  readonly target: string;
  readonly detail: JsonObject;
}

/** By whom an administrative act is done, and when. */
export type Act = Pick<AuditEntry, 'actor' | 'at'>;

export interface Changes {
  readonly version: number;
  /** True: everything there is, instead of what has changed. */
  readonly all: boolean;
  readonly tenants: readonly Tenant[];
  readonly keys: readonly StoredKey[];
  readonly revocations: readonly Revocation[];
  /** All sessions that are being erased and of which something may be left, the newest `LIMITS.erasingKnown`. */
  readonly erasing: readonly SessionRef[];
}

export interface PageQuery {
  readonly cursor?: string;
  readonly limit?: number;
}

export interface KeysQuery extends PageQuery {
  /** Null: keys of operators. Absent: all. */
  readonly tenant?: string | null;
}

export interface AuditQuery extends PageQuery {
  readonly tenant?: string;
  readonly actor?: string;
  readonly action?: string;
}

export interface Page<T> {
  readonly data: readonly T[];
  /** The cursor of the next page; null: this is the last. */
  readonly next: string | null;
}

export interface Registry {
  /** Null: nothing has changed after this version. 0: before the first one. One small query if nothing has changed. */
  changesAfter(version: number): Promise<Changes | null>;
  /** Stores an operator's key if there is neither a tenant nor an operator's key yet; false: there is. */
  storeFirstKey(key: NewKey, act: Act): Promise<boolean>;
  /** Throws `tenant_exists`, `too_many_tenants`. */
  createTenant(tenant: Omit<Tenant, 'createdAt' | 'updatedAt' | 'status'>, act: Act): Promise<Tenant>;
  /** Throws `tenant_not_found`, and `overloaded` if others have changed the limits since they were read. */
  changeTenant(id: string, change: TenantChange, act: Act): Promise<Tenant>;
  /** Throws `tenant_not_found`, `too_many_keys`. */
  createKey(key: NewKey, act: Act): Promise<ApiKey>;
  /** Throws `key_not_found`, `key_ended`, `too_many_keys`. */
  rotateKey(id: string, replacement: Replacement, act: Act): Promise<ApiKey>;
  /** May be repeated. Throws `key_not_found`. */
  revokeKey(id: string, act: Act): Promise<ApiKey>;
  /** Throws `too_many_revocations`. */
  revoke(revocation: Revocation, act: Act): Promise<void>;
  /** Throws `tenant_not_found`. */
  tenant(id: string): Promise<Tenant>;
  tenants(query: PageQuery): Promise<Page<Tenant>>;
  /** Oldest first. */
  keys(query: KeysQuery): Promise<Page<ApiKey>>;
  revocations(query: PageQuery & { readonly tenant?: string }): Promise<Page<Revocation>>;
  /** Newest first. */
  audit(query: AuditQuery): Promise<Page<AuditEntry>>;
  /** These keys were used; no change that anybody is told of. */
  touch(keys: readonly string[], at: number): Promise<void>;
  /** Repeated with the same ids it writes nothing twice. */
  note(entries: readonly (AuditEntry & { readonly id: string })[]): Promise<void>;
  /** Deletes what cannot matter any more. */
  sweep(now: number): Promise<void>;
}
