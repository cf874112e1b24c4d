/**
 * Open sessions of tenants: those that have a workflow, so neither closed nor hibernated ones. Temporal counts them, so Redis may be lost; a count is
 * used for 1 s, with the sessions that this gateway has opened since. Through several gateways a tenant may so get as many more as the
 * others open in that time.
 */
import { LIMITS } from '../contracts/index.ts';
import { quotaExceeded } from './exceeded.ts';
import type { LimitsOf } from './limits-of.ts';

interface Counted {
  readonly base: Promise<number>;
  /** ms, like all moments here. */
  readonly at: number;
  /** Sessions that were opened here since, and when the last one was. */
  opened: number;
  openedAt: number;
}

export class OpenSessions {
  readonly #count: (tenant: string) => Promise<number>;
  readonly #limitsOf: LimitsOf;
  readonly #counted = new Map<string, Counted>();

  /** `count`: asks Temporal. */
  constructor(count: (tenant: string) => Promise<number>, limitsOf: LimitsOf) {
    this.#count = count;
    this.#limitsOf = limitsOf;
  }

  /** Counts one that is about to be opened. Throws `quota_exceeded`, and what Temporal answers. A tenant without a limit costs no call. */
  async open(tenant: string): Promise<void> {
    const { openSessions: most } = this.#limitsOf(tenant);
    if (most === undefined) return;
    const counted = this.#of(tenant);
    const used = (await counted.base) + counted.opened;
    if (used >= most) throw quotaExceeded([{ limit: 'openSessions', most, used, left: 0 }]);
    counted.opened += 1;
    counted.openedAt = performance.now();
  }

  /** How many there are. */
  async used(tenant: string): Promise<number> {
    const counted = this.#of(tenant);
    return (await counted.base) + counted.opened;
  }

  #of(tenant: string): Counted {
    const now = performance.now();
    const found = this.#counted.get(tenant);
    if (found && now - found.at < LIMITS.openSessionsCachedMs) return found;
    // Temporal may not know yet of what was opened a moment ago.
    const isLate = found && now - found.openedAt < LIMITS.openSessionsLateMs;
    const least = isLate ? found.base.then((base) => base + found.opened) : 0;
    const base = Promise.all([this.#count(tenant), least]).then((counts) => Math.max(...counts));
    const counted = { base, at: now, opened: 0, openedAt: found?.openedAt ?? -Infinity };
    // The next one asks again.
    base.catch(() => this.#counted.delete(tenant));
    this.#counted.delete(tenant);
    this.#counted.set(tenant, counted);
    const [oldest] = this.#counted.keys();
    if (this.#counted.size > LIMITS.quotaTenants && oldest !== undefined) this.#counted.delete(oldest);
    return counted;
  }
}
