/** Asking for what is not there costs as much as asking for what is, and no cache can answer it: each time it may be something else. */
import { setTimeout as pause } from 'node:timers/promises';
import { isConvokeError } from '../contracts/index.ts';
import { Bucket } from './bucket.ts';
import type { Rate } from './bucket.ts';

export interface MissLimits {
  /** Misses of a tenant that are answered at once. */
  readonly rate: Rate;
  /** The longest that a further one takes, ms. */
  readonly waitMs: number;
  /** Tenants that are counted; beyond, the one counted first is forgotten. */
  readonly tenants: number;
}

function isMiss(error: unknown): boolean {
  return isConvokeError(error) && ['session_not_found', 'message_not_found'].includes(error.code);
}

/** Counts for each tenant what it asked for in vain. Behind a queue, whoever waits here keeps a place of its own tenant meanwhile. */
export class Misses {
  readonly #limits: MissLimits;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: MissLimits) {
    this.#limits = limits;
  }

  /** Resolves and rejects as `work` does; later if it finds nothing (null, false, or an error that says so) and its tenant has often found nothing. */
  async slow<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    try {
      const found = await work();
      if (found === null || found === false) await this.#wait(tenant);
      return found;
    } catch (error) {
      if (isMiss(error)) await this.#wait(tenant);
      throw error;
    }
  }

  async #wait(tenant: string): Promise<void> {
    const bucket = this.#bucket(tenant);
    // Beyond that nothing more is owed: whoever has asked for an hour is answered at once again soon after.
    const ms = bucket.take(bucket.isOverdrawn ? 0 : 1, performance.now());
    if (ms > 0) await pause(Math.min(ms, this.#limits.waitMs), undefined, { ref: false });
  }

  #bucket(tenant: string): Bucket {
    const found = this.#buckets.get(tenant);
    if (found) return found;
    const bucket = new Bucket(this.#limits.rate, performance.now());
    this.#buckets.set(tenant, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.#limits.tenants && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }
}
