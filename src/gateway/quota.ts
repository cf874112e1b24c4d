/** What a gateway asks of the limits of tenants, besides what its intake asks. */
import type { LimitUse, PlaceHolder } from '../contracts/index.ts';

export interface Quota {
  /** Counts a connection until the function that it returns is called. Throws `quota_exceeded`. */
  connect(tenant: string): Promise<() => void>;
  /** How the limits of a tenant stand. Throws `log_unavailable`. */
  usage(tenant: string): Promise<readonly LimitUse[]>;
  /** Turns of a tenant that wait for a place. Throws `log_unavailable`. */
  waiting(tenant: string): Promise<number>;
  /** Turns of a tenant that hold its places, some of them if there are many. Throws `log_unavailable`. */
  holders(tenant: string): Promise<readonly PlaceHolder[]>;
}

/** Nobody has any. */
export const NO_LIMITS: Quota = {
  connect: async () => () => undefined,
  usage: async () => [],
  waiting: async () => 0,
  holders: async () => [],
};
