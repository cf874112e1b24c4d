/** What tenants that have limits may send and do: taken in Redis for all gateways together, or, while it is away, from the share of this one. */
import { randomUUID } from 'node:crypto';
import { ConvokeError, isConvokeError, RECOVERY } from '../contracts/index.ts';
import type { TenantLimits } from '../contracts/index.ts';
import { hasOperationRates, LocalBuckets, rateLimited } from '../quota/index.ts';
import type { Asked, Buckets, Fleet, LimitsOf, Operation, Taken } from '../quota/index.ts';
import type { Principal } from '../tenants/index.ts';
import { inTime } from '../log/index.ts';

export interface RatesDeps {
  readonly limitsOf: LimitsOf;
  readonly buckets: Buckets;
  readonly fleet: Pick<Fleet, 'gateways'>;
  /** Longest wait for Redis before the gateway's own share decides; default `RECOVERY.admitDeadlineMs`. */
  readonly deadlineMs?: number;
}

export class Rates {
  readonly limitsOf: LimitsOf;
  readonly #deps: RatesDeps;
  readonly #local = new LocalBuckets();

  constructor(deps: RatesDeps) {
    this.limitsOf = deps.limitsOf;
    this.#deps = deps;
  }

  async take(limits: TenantLimits, asked: Asked | Operation): Promise<Taken> {
    const { buckets, fleet, deadlineMs = RECOVERY.admitDeadlineMs } = this.#deps;
    const { gateways } = fleet;
    const late = (): Error => new ConvokeError('log_unavailable');
    try {
      const taken = await inTime(buckets.take(limits, asked), deadlineMs, late);
      this.#local.clear();
      return taken;
    } catch (error) {
      if (!isConvokeError(error) || error.code !== 'log_unavailable') throw error;
      return this.#local.take(limits, asked, gateways, performance.now());
    }
  }

  /**
   * Counts a request that starts or changes something in Temporal and is no message, each time it is made: a repeat asks Temporal again. Throws
   * `rate_limited`. A tenant without the limits costs no call.
   */
  async takeOperation({ tenant, grant }: Principal): Promise<void> {
    const limits = this.limitsOf(tenant);
    const by = grant ? { subject: grant.subject } : {};
    if (!hasOperationRates(limits, by)) return;
    const taken = await this.take(limits, { tenant, ...by, operation: randomUUID() });
    if (typeof taken !== 'string') throw rateLimited(taken);
  }

  /** What cannot be given back comes back with time. */
  async giveBack(asked: Asked): Promise<void> {
    await this.#deps.buckets.giveBack(asked).catch(() => undefined);
  }
}
