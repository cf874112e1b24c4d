import { LIMITS, type PlaceHolder } from '../contracts/index.ts';
import { logUnavailable, type Commands } from '../log/index.ts';
import { quotaKey } from './keys.ts';

/** How many turns of a tenant wait for a place, because its limit of running turns is reached. Throws `log_unavailable`. */
export function createWaiting(redis: Commands): (tenant: string) => Promise<number> {
  return async (tenant) => {
    try {
      // Those that have not been heard of since are no more.
      return await redis.zcount(quotaKey(tenant, 'turns', 'due'), Date.now(), '+inf');
    } catch (error) {
      throw logUnavailable(error);
    }
  };
}

/** Turns of a tenant that hold its places, at most `LIMITS.timelineHolders` of them. Throws `log_unavailable`. */
export function createHolders(redis: Commands): (tenant: string) => Promise<readonly PlaceHolder[]> {
  return async (tenant) => {
    try {
      const key = quotaKey(tenant, 'turns');
      const turns = await redis.zrangebyscore(key, Date.now(), '+inf', 'LIMIT', 0, LIMITS.timelineHolders);
      return turns.map((each) => {
        const [session = '', turn = ''] = each.split(':');
        return { session, turn };
      });
    } catch (error) {
      throw logUnavailable(error);
    }
  };
}
