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
