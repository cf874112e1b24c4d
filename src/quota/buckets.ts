/** The buckets of all tenants in Redis: one script for all that a request takes, on the time of Redis. */
import { LIMITS, type LimitUse, type TenantLimits } from '../contracts/index.ts';
import { scriptsBeside, type Commands } from '../log/index.ts';
import { quotaKey } from './keys.ts';
import { msOf, useOf, wantsOf, type Asked, type Operation, type Want } from './wants.ts';

/** `fresh`: it has been counted now. `counted`: it was before. Otherwise: the limits that refuse it. */
export type Taken = 'fresh' | 'counted' | readonly LimitUse[];

/** All calls throw `log_unavailable` while Redis is away. */
export interface Buckets {
  /**
   * Takes a message, or an operation, from all of its buckets, or from none. One that was taken within `LIMITS.countedMs` is not counted again.
   */
  take(limits: TenantLimits, asked: Asked | Operation): Promise<Taken>;
  /** Returns what the message has taken. */
  giveBack(asked: Asked): Promise<void>;
}

function keysOf(asked: Asked | Operation, wants: readonly Want[]): readonly string[] {
  const counted =
    'operation' in asked ? ['operation', asked.operation] : ['counted', asked.session, asked.messageId];
  return [quotaKey(asked.tenant, ...counted), ...wants.map(({ key }) => key)];
}

export function createBuckets(redis: Commands): Buckets {
  const script = scriptsBeside(import.meta.url, redis);
  const [takeMessage, giveBack] = [script('take-message-5'), script('return-message-5')];
  const takeOperation = script('take-operation-3', 'take-message-5');
  return {
    async take(limits, asked) {
      const wants = wantsOf(limits, asked);
      const costs = wants.flatMap(({ cost, burst, perMinute }) =>
        perMinute === undefined ? [0, 0] : [msOf(cost, perMinute), msOf(burst, perMinute)],
      );
      const take = 'operation' in asked ? takeOperation : takeMessage;
      const reply = await take(...keysOf(asked, wants), LIMITS.countedMs, ...costs);
      const [status, ...missing] = reply as string[]; // safety: see the script
      if (status === 'refused') return refusedBy(wants, missing.map(Number));
      return status === 'counted' ? 'counted' : 'fresh';
    },
    async giveBack(message) {
      await giveBack(...keysOf(message, wantsOf({}, message)));
    },
  };
}

/** `missing`: ms until each bucket is full. */
export function refusedBy(wants: readonly Want[], missing: readonly number[]): readonly LimitUse[] {
  return wants.flatMap((want, index) => {
    const { cost, burst, perMinute } = want;
    if (perMinute === undefined || cost === 0) return [];
    const fullInMs = missing[index] ?? 0;
    const backInMs = fullInMs + msOf(cost - Math.max(burst, cost), perMinute);
    return backInMs > 0 ? [useOf(want, fullInMs, backInMs)] : [];
  });
}
