/** What a gateway lets in while Redis is away: its share of each limit, counted by itself. */
import { LIMITS, type TenantLimits } from '../contracts/index.ts';
import { refusedBy, type Taken } from './buckets.ts';
import { msOf, wantsOf, type Asked, type Operation, type Want } from './wants.ts';

export class LocalBuckets {
  /**
   * When each bucket will be full again, ms of `now`. Beyond `LIMITS.awayBuckets` the one that is full first is forgotten, which gives away least: by
   * using many buckets nobody has one of theirs refilled that is empty.
   */
  readonly #fullAt = new Map<string, number>();

  /** What is sent again counts again. `gateways`: among which limits are shared. `now`: ms of a clock that is never set back. */
  take(limits: TenantLimits, asked: Asked | Operation, gateways: number, now: number): Taken {
    const wants = wantsOf(limits, asked).map((want) => shareOf(want, gateways));
    const missing = wants.map(({ key }) => Math.max(0, (this.#fullAt.get(key) ?? now) - now));
    const refused = refusedBy(wants, missing);
    if (refused.length > 0) return refused;
    for (const [index, { key, cost, perMinute }] of wants.entries())
      if (perMinute !== undefined && cost > 0)
        this.#set(key, now + (missing[index] ?? 0) + msOf(cost, perMinute));
    return 'fresh';
  }

  /** Redis is back. */
  clear(): void {
    this.#fullAt.clear();
  }

  #set(key: string, fullAt: number): void {
    this.#fullAt.set(key, fullAt);
    if (this.#fullAt.size <= LIMITS.awayBuckets) return;
    let first: readonly [string, number] = [key, fullAt];
    for (const each of this.#fullAt) if (each[1] < first[1]) first = each;
    this.#fullAt.delete(first[0]);
  }
}

function shareOf(want: Want, gateways: number): Want {
  if (want.perMinute === undefined) return want;
  return { ...want, perMinute: want.perMinute / gateways, burst: Math.max(1, want.burst / gateways) };
}
