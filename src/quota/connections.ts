/** Connections of tenants, over all gateways. Each says how many it has, for a time: one that has crashed is forgotten. */
import { isConvokeError, LIMITS } from '../contracts/index.ts';
import { scriptsBeside, type Commands } from '../log/index.ts';
import { quotaExceeded } from './exceeded.ts';
import type { Fleet } from './fleet.ts';
import { quotaKey } from './keys.ts';
import type { LimitsOf } from './limits-of.ts';

/** Ends a count; called again, nothing happens. */
export type Release = () => void;

/** Releases that go to Redis together, ms: a gateway may lose thousands of connections at once. */
const RELEASE_MS = 100;

export class TenantConnections {
  readonly #limitsOf: LimitsOf;
  readonly #fleet: Pick<Fleet, 'id' | 'gateways'>;
  readonly #hold: (tenant: string, count: number, most: number) => Promise<readonly number[]>;
  readonly #counts = new Map<string, number>();
  /** Tenants of which Redis has been told. */
  readonly #told = new Set<string>();
  readonly #releasing = new Map<string, NodeJS.Timeout>();
  readonly #timer: NodeJS.Timeout;

  /** `ttlMs`: how long what Redis was told counts. */
  constructor(
    redis: Commands,
    limitsOf: LimitsOf,
    fleet: Pick<Fleet, 'id' | 'gateways'>,
    ttlMs: number = LIMITS.connectionsTtlMs,
  ) {
    const hold = scriptsBeside(import.meta.url, redis)('hold-connections-1');
    this.#limitsOf = limitsOf;
    this.#fleet = fleet;
    this.#hold = async (tenant, count, most) => {
      const key = quotaKey(tenant, 'connections');
      return (await hold(key, fleet.id, count, most, ttlMs)) as number[]; // safety: see the script
    };
    this.#timer = setInterval(() => this.#renew(), LIMITS.connectionsEveryMs).unref();
  }

  /** Counts a connection until it is released. Throws `quota_exceeded`. A tenant without a limit costs no call. */
  async open(tenant: string): Promise<Release> {
    const count = (this.#counts.get(tenant) ?? 0) + 1;
    this.#counts.set(tenant, count);
    let isOpen = true;
    const release = (): void => {
      if (isOpen) this.#release(tenant);
      isOpen = false;
    };
    const { connections: most } = this.#limitsOf(tenant);
    if (most === undefined) return release;
    try {
      const used = await this.#used(tenant, count, most);
      if (used === null) return release;
      throw quotaExceeded([{ limit: 'connections', most, used, left: 0 }]);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Of a gateway that has no connections any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const timer of this.#releasing.values()) clearTimeout(timer);
    await Promise.all([...this.#told].map((tenant) => this.#tell(tenant, 0)));
  }

  /** Null: there is room. Otherwise how many there are. */
  async #used(tenant: string, count: number, most: number): Promise<number | null> {
    const { gateways } = this.#fleet;
    try {
      const [allowed, others = 0] = await this.#hold(tenant, count, most);
      if (allowed === 1) this.#told.add(tenant);
      return allowed === 1 ? null : others + count - 1;
    } catch (error) {
      if (!isConvokeError(error) || error.code !== 'log_unavailable') throw error;
      const share = Math.max(1, Math.floor(most / gateways));
      return count <= share ? null : count - 1;
    }
  }

  #release(tenant: string): void {
    const count = (this.#counts.get(tenant) ?? 1) - 1;
    if (count > 0) this.#counts.set(tenant, count);
    else this.#counts.delete(tenant);
    if (!this.#told.has(tenant) || this.#releasing.has(tenant)) return;
    const tell = (): void => {
      this.#releasing.delete(tenant);
      void this.#tell(tenant, this.#counts.get(tenant) ?? 0);
    };
    this.#releasing.set(tenant, setTimeout(tell, RELEASE_MS).unref());
  }

  /** Also of tenants that have got a limit since. */
  #renew(): void {
    for (const [tenant, count] of this.#counts)
      if (this.#limitsOf(tenant).connections !== undefined) void this.#tell(tenant, count);
  }

  /** What Redis is not told it is told with the next renewal; a count of 0 ends by itself. */
  async #tell(tenant: string, count: number): Promise<void> {
    if (count > 0) this.#told.add(tenant);
    else this.#told.delete(tenant);
    await this.#hold(tenant, count, -1).catch(() => undefined);
  }
}
