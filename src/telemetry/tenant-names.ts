/** Which tenants have series of their own: those with the most traffic. The others are `other` together. */
import { LIMITS } from '../contracts/index.ts';

export const OTHER = 'other';

/** A tenant takes the place of another one only if it has had this many times its traffic. */
const CLEARLY = 2;

export class TenantNames {
  readonly #forget: (tenant: string) => void;
  readonly #most: number;
  /** Traffic; half of it is forgotten at each ranking. */
  readonly #seen = new Map<string, number>();
  readonly #named = new Set<string>();

  /** `forget` is told of each tenant that has no series of its own any more. */
  constructor(forget: (tenant: string) => void, most: number = LIMITS.metricTenants) {
    this.#forget = forget;
    this.#most = most;
  }

  /** The value of the label, for one thing that the tenant has done. */
  nameOf(tenant: string): string {
    const count = this.#seen.get(tenant);
    if (count !== undefined) this.#seen.set(tenant, count + 1);
    else if (this.#seen.size < LIMITS.metricTenantsSeen) this.#seen.set(tenant, 1);
    if (this.#named.has(tenant)) return tenant;
    if (this.#named.size >= this.#most || !this.#seen.has(tenant)) return OTHER;
    this.#named.add(tenant);
    return tenant;
  }

  /** Chooses anew. Call it every `LIMITS.metricRankMs`. */
  rank(): void {
    const rest = [...this.#seen].filter(([tenant]) => !this.#named.has(tenant)).sort(([, a], [, b]) => b - a);
    const named = [...this.#named].sort((a, b) => this.#trafficOf(a) - this.#trafficOf(b));
    for (const [index, [tenant, count]] of rest.entries()) {
      const least = named[index];
      if (least === undefined || this.#named.size < this.#most) break;
      if (count <= CLEARLY * this.#trafficOf(least)) break;
      this.#named.delete(least);
      this.#forget(least);
      this.#named.add(tenant);
    }
    for (const [tenant, count] of this.#seen) {
      const left = Math.floor(count / 2);
      if (left > 0 || this.#named.has(tenant)) this.#seen.set(tenant, left);
      else this.#seen.delete(tenant);
    }
  }

  #trafficOf(tenant: string): number {
    return this.#seen.get(tenant) ?? 0;
  }
}
