/** What a gateway knows of the registry, in memory: who a request is costs two look-ups in maps, and no query. */
import { ConvokeError, LIMITS, sessionKey } from '../contracts/index.ts';
import type { SessionRef, TenantLimits } from '../contracts/index.ts';
import { OPERATOR } from './principal.ts';
import type { Principal } from './principal.ts';
import type { Changes, Revocation, StoredKey, Tenant } from './registry.ts';

type Known = Omit<StoredKey, 'lastUsedAt'>;

function isLive({ expiresAt, revokedAt }: Known, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}

/** The key of a revocation: ids hold no colon, and kinds neither. */
const placeOf = ({ tenant, kind, value }: Pick<Revocation, 'tenant' | 'kind' | 'value'>): string =>
  `${tenant}:${kind}:${value}`;

export class Directory {
  readonly #tenants = new Map<string, Tenant>();
  /** By digest. */
  readonly #keys = new Map<string, Known>();
  readonly #byId = new Map<string, Known>();
  /** Moment of issue before which tokens do not count. */
  readonly #revoked = new Map<string, Revocation>();
  /** By key, since this process began; and those that nobody has written yet. */
  readonly #usedAt = new Map<string, number>();
  readonly #used = new Set<string>();
  #erasing: ReadonlySet<string> = new Set();
  #isLoaded = false;
  /** When the next key expires. */
  #nextEnd = Number.POSITIVE_INFINITY;

  /** Null: nothing has changed. Returns true if somebody may be refused now who was not before. */
  learn(changes: Changes | null, now = Date.now()): boolean {
    this.#isLoaded = true;
    if (changes === null) return this.#haveEnded(now);
    if (changes.all) for (const map of [this.#tenants, this.#keys, this.#byId, this.#revoked]) map.clear();
    for (const tenant of changes.tenants) this.#tenants.set(tenant.id, tenant);
    for (const { lastUsedAt: _lastUsedAt, ...key } of changes.keys) {
      this.#keys.set(key.digest, key);
      this.#byId.set(key.id, key);
    }
    for (const revocation of changes.revocations) this.#revoked.set(placeOf(revocation), revocation);
    this.#erasing = new Set(changes.erasing.map(sessionKey));
    this.#forget(now);
    return true;
  }

  /** The first time after a key has expired. */
  #haveEnded(now: number): boolean {
    if (now < this.#nextEnd) return false;
    this.#forget(now);
    return true;
  }

  /** Of keys that have ended and revocations that no token is left for. */
  #forget(now: number): void {
    this.#nextEnd = Number.POSITIVE_INFINITY;
    for (const key of this.#keys.values()) {
      if (isLive(key, now)) this.#nextEnd = Math.min(this.#nextEnd, key.expiresAt ?? this.#nextEnd);
      else {
        this.#keys.delete(key.digest);
        this.#byId.delete(key.id);
        this.#usedAt.delete(key.id);
      }
    }
    for (const [place, { until }] of this.#revoked) if (until < now) this.#revoked.delete(place);
  }

  /**
   * The holder of a key with this digest, which may be refused by now. Throws `registry_unavailable` before the registry has been read once: what
   * is unknown then is not wrong.
   */
  holder(digest: string, now = Date.now()): Principal | undefined {
    if (!this.#isLoaded) throw new ConvokeError('registry_unavailable');
    const key = this.#keys.get(digest);
    if (!key) return undefined;
    const { id, tenant, scopes } = key;
    if (isLive(key, now) && now - (this.#usedAt.get(id) ?? 0) >= LIMITS.keyUseMs) {
      this.#usedAt.set(id, now);
      this.#used.add(id);
    }
    return { tenant: tenant ?? OPERATOR, key: { id, scopes } };
  }

  /** Keys that were used, and whose last use is to be written; each is told once. */
  takeUsed(): readonly string[] {
    const taken = [...this.#used].slice(0, LIMITS.keyUsesWritten);
    for (const id of taken) this.#used.delete(id);
    return taken;
  }

  /** True if the principal's key has ended, its token was revoked, or its tenant is suspended. */
  refuses({ tenant, key, grant }: Principal, now = Date.now()): boolean {
    if (this.#tenants.get(tenant)?.status === 'suspended') return true;
    if (key) return this.#isGone(key.id, now);
    if (!grant) return false;
    const { id, subject, issuedAt } = grant;
    const places = [
      placeOf({ tenant, kind: 'token', value: id }),
      placeOf({ tenant, kind: 'subject', value: subject }),
      placeOf({ tenant, kind: 'tenant', value: '' }),
    ];
    return places.some((place) => issuedAt <= (this.#revoked.get(place)?.issuedBefore ?? -1));
  }

  #isGone(id: string, now: number): boolean {
    const key = this.#byId.get(id);
    return !key || !isLive(key, now);
  }

  /** True for a session of which nothing may be served any more, although something of it may still be there. */
  isErasing(ref: SessionRef): boolean {
    return this.#erasing.has(sessionKey(ref));
  }

  /** Undefined: the tenant is not in the registry. */
  limitsOf(tenant: string): TenantLimits | undefined {
    return this.#tenants.get(tenant)?.limits;
  }

  /** True if there is neither a tenant nor an operator's key that works. */
  get isEmpty(): boolean {
    return this.#tenants.size === 0 && ![...this.#keys.values()].some(({ tenant }) => tenant === null);
  }
}
