/** The keys of this tab, by what they open: one for each tenant and one of operators. The one that was used last is the first of its kind. */
import type { UsageReply } from '../../../src/contracts/public.ts';
import { ApiError, apiOf } from './api.ts';

export interface Key {
  /** The key itself, or a session token. */
  readonly secret: string;
  /** `tenant`: sessions of one tenant. `operator`: `/v1/admin` and nothing else. */
  readonly kind: 'tenant' | 'operator';
  /** Empty of an operator's key, and while the gateway cannot tell. */
  readonly tenant: string;
}

/** What a page asks for. */
export interface Wanted {
  /** `any`: each key opens it. Null: there is no such page. */
  readonly needs: Key['kind'] | 'any' | null;
  /** That its address names. */
  readonly tenant: string | null;
}

/** What a key opens. Throws `ApiError` if it opens nothing. */
export async function keyOf(secret: string): Promise<Key> {
  const api = apiOf(secret);
  try {
    // A gateway of an earlier version does not tell the tenant.
    const { tenant = '' } = await api<Partial<UsageReply>>('/v1/usage');
    return { secret, kind: 'tenant', tenant };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 'forbidden') {
      await api('/v1/admin/tenants');
      return { secret, kind: 'operator', tenant: '' };
    }
    // The key is right; that something is away is told where it is needed.
    if (error.status === 0 || error.status === 401) throw error;
    return { secret, kind: 'tenant', tenant: '' };
  }
}

/** Of a session token, who it is for. Gateways check it; here it is only shown. Null: it is a key. */
export function subjectOf(token: string): string | null {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
    const { sub } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly sub?: unknown };
    return typeof sub === 'string' ? sub : null;
  } catch {
    return null;
  }
}

/** With this key as the first of its kind, in the place of the one that opens the same. */
export function withKey(keys: readonly Key[], key: Key): readonly Key[] {
  return [key, ...keys.filter(({ kind, tenant }) => kind !== key.kind || tenant !== key.tenant)];
}

/** The key for a page; undefined: there is none. */
export function fitting(keys: readonly Key[], { needs, tenant }: Wanted): Key | undefined {
  if (needs === null || needs === 'any') return keys[0];
  return keys.find(
    (key) => key.kind === needs && (needs === 'operator' || tenant === null || key.tenant === tenant),
  );
}

/**
 * Whether the page that is open is one for `key`, which is used from now on. `before`: of the tenant that was used up to now, whose sessions
 * no other tenant has.
 */
export function staysAt({ needs, tenant }: Wanted, key: Key, before: Key | undefined): boolean {
  if (needs === 'any') return true;
  if (needs !== key.kind) return false;
  if (key.kind === 'operator') return true;
  return tenant === null ? before === undefined || before.tenant === key.tenant : tenant === key.tenant;
}

/** The path of the first page that a key opens. */
export function homeOf(key: Key | undefined): string {
  return key?.kind === 'operator' ? '/system' : '/sessions';
}

export function titleOf({ kind, tenant }: Key): string {
  return kind === 'operator' ? 'operator' : tenant || 'tenant';
}
