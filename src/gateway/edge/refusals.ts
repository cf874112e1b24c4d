/** Keys that were refused: whoever tries one after the other is answered slowly, and the operator is told. */
import { setTimeout as pause } from 'node:timers/promises';
import { LIMITS } from '../../contracts/index.ts';
import { NO_METRICS, type Logger, type Metrics } from '../../telemetry/index.ts';
import type { Peer } from './peer.ts';

interface Count {
  /** Beginning of the window, ms. */
  readonly since: number;
  refused: number;
}

/** By address. A valid key is never slowed down: behind a proxy many clients have one address. */
export class Refusals {
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #counts = new Map<string, Count>();
  #waiting = 0;

  constructor(logger: Logger, metrics: Metrics = NO_METRICS) {
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /** Resolves when the refusal may be answered. */
  async slow(peer: Peer): Promise<void> {
    this.#metrics.add('convoke_errors_total', { operation: 'authenticate', code: 'unauthorized' });
    const { refused } = this.#count(peer.address);
    if (refused <= LIMITS.refusals) return;
    if (this.#waiting >= LIMITS.refusalsWaiting) {
      peer.cut('too many keys were refused');
      return;
    }
    this.#waiting += 1;
    await pause(LIMITS.refusalMs, undefined, { ref: false });
    this.#waiting -= 1;
  }

  /** Told with the first of a window, and how many it was when the next begins. */
  #count(address: string): Count {
    const now = performance.now();
    const found = this.#counts.get(address);
    if (found && now - found.since < LIMITS.refusalWindowMs) {
      found.refused += 1;
      return found;
    }
    this.#logger.warn({ address, refusedBefore: found?.refused ?? 0 }, 'A key was refused');
    const count = { since: now, refused: 1 };
    this.#counts.delete(address);
    this.#counts.set(address, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > LIMITS.refusalAddresses && oldest !== undefined) this.#counts.delete(oldest);
    return count;
  }
}
