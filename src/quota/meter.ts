/** Tokens and cost of tenants, a day: reserved before a model call, settled after it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { LIMITS, type LimitUse, type TenantLimits } from '../contracts/index.ts';
import { scriptsBeside, type Commands } from '../log/index.ts';
import { quotaExceeded } from './exceeded.ts';
import { quotaKey } from './keys.ts';

/** `costMicros`: in millionths of the currency. Whole numbers. */
export interface Spending {
  readonly tokens: number;
  readonly costMicros: number;
}

/** Counts what the call has used; called again, nothing happens. Throws `log_unavailable` if Redis stays away. */
export type Settle = (used: Spending) => Promise<void>;

/** What a tenant had used, as Redis last said. */
interface Known extends Spending {
  readonly day: number;
}

/** A call that has reserved something. */
interface Call {
  readonly tenant: string;
  readonly call: string;
  /** When its reservation ends, ms of a clock that is never set back. */
  readonly until: number;
}

const DAY_MS = 86_400_000;
const NOTHING: Known = { day: -1, tokens: 0, costMicros: 0 };

export class Meter {
  readonly #reserve;
  readonly #settle;
  /** A Redis that has lost its data is told again what it has said. */
  readonly #known = new Map<string, Known>();

  constructor(redis: Commands) {
    const script = scriptsBeside(import.meta.url, redis);
    this.#reserve = script('reserve-usage-2');
    this.#settle = script('settle-usage-3');
  }

  /**
   * Reserves what a call may use. `ttlMs`: the longest that it may take; after that the reservation ends by itself, as its worker may have died.
   * Throws `quota_exceeded` with the time until the next day (UTC), and `log_unavailable`.
   */
  async reserve(tenant: string, limits: TenantLimits, wanted: Spending, ttlMs: number): Promise<Settle> {
    const { tokensPerDay, costMicrosPerDay } = limits;
    const call = randomUUID();
    const known = this.#known.get(tenant) ?? NOTHING;
    const reply = await this.#reserve(
      ...keysOf(tenant),
      ...[call, wanted.tokens, wanted.costMicros, ttlMs, tokensPerDay ?? -1, costMicrosPerDay ?? -1],
      ...[known.day, known.tokens, known.costMicros],
    );
    const [allowed, day, tokens, costMicros, moreTokens, moreMicros, backInMs] = reply as Reserved; // safety: see the script
    this.#learn(tenant, { day, tokens, costMicros });
    if (allowed === 0) {
      const used = { tokens: tokens + moreTokens, costMicros: costMicros + moreMicros };
      throw quotaExceeded(
        dayUse(limits, used, backInMs).filter(({ left, limit }) => left < wantOf(wanted, limit)),
      );
    }
    let isSettled = false;
    return async (used) => {
      if (isSettled) return;
      isSettled = true;
      await this.#settled({ tenant, call, until: performance.now() + ttlMs }, used);
    };
  }

  /** While Redis is away it is tried again, for as long as the reservation counts. */
  async #settled({ tenant, call, until }: Call, { tokens, costMicros }: Spending): Promise<void> {
    const keys = [...keysOf(tenant), quotaKey(tenant, 'settled', call)];
    for (;;) {
      try {
        const reply = await this.#settle(...keys, call, tokens, costMicros, LIMITS.settledMs);
        const [day, all, micros] = reply as unknown as [number, number, number]; // safety: see the script
        this.#learn(tenant, { day, tokens: all, costMicros: micros });
        return;
      } catch (error) {
        if (performance.now() > until) throw error;
        await pause(LIMITS.reserveAgainMs, undefined, { ref: false });
      }
    }
  }

  #learn(tenant: string, known: Known): void {
    this.#known.delete(tenant);
    this.#known.set(tenant, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > LIMITS.quotaTenants && oldest !== undefined) this.#known.delete(oldest);
  }
}

/** True if the tenant's model calls have to be metered. */
export function isMetered({ tokensPerDay, costMicrosPerDay }: TenantLimits): boolean {
  return tokensPerDay !== undefined || costMicrosPerDay !== undefined;
}

type Reserved = [number, number, number, number, number, number, number];

function keysOf(tenant: string): readonly [string, string] {
  return [quotaKey(tenant, 'day'), quotaKey(tenant, 'reserved')];
}

function wantOf({ tokens, costMicros }: Spending, limit: LimitUse['limit']): number {
  return Math.max(1, limit === 'tokensPerDay' ? tokens : costMicros);
}

/** How the limits of a day stand. */
export function dayUse(
  { tokensPerDay, costMicrosPerDay }: TenantLimits,
  { tokens, costMicros }: Spending,
  backInMs: number,
): readonly LimitUse[] {
  const use = (limit: LimitUse['limit'], most: number | undefined, used: number): readonly LimitUse[] =>
    most === undefined
      ? []
      : [{ limit, most, windowMs: DAY_MS, used, left: Math.max(0, most - used), backInMs }];
  return [
    ...use('tokensPerDay', tokensPerDay, tokens),
    ...use('costMicrosPerDay', costMicrosPerDay, costMicros),
  ];
}
