/** What is shared by tenants, a few at a time: each waits in a queue of its own. */
import { ConvokeError } from '../contracts/index.ts';

export interface FairLimits {
  /** Works that run at a time. */
  readonly slots: number;
  /** So many of them only for tenants of which nothing runs. */
  readonly reserved: number;
  /** Works of one tenant that wait. */
  readonly waiting: number;
  /** How long one waits, ms; absent: for as long as it takes. */
  readonly waitMs?: number;
}

interface Waiting {
  readonly go: () => void;
  readonly refuse: (error: unknown) => void;
}

interface Lane {
  running: number;
  readonly waiting: Waiting[];
}

/**
 * Round robin over the tenants that wait. A tenant alone gets all slots but the reserved ones, so another one that comes finds a free slot at
 * once, however many requests of the first wait. In order within a tenant.
 */
export class FairQueue {
  readonly #limits: FairLimits;
  readonly #lanes = new Map<string, Lane>();
  /** Tenants that wait, the one whose turn it is first. */
  readonly #turns = new Set<string>();
  #free: number;

  constructor(limits: FairLimits) {
    this.#limits = limits;
    this.#free = limits.slots;
  }

  /** Works that wait. */
  get waiting(): number {
    return [...this.#turns].reduce((sum, tenant) => sum + (this.#lanes.get(tenant)?.waiting.length ?? 0), 0);
  }

  /**
   * Runs `work` when it is its turn; resolves and rejects as it does. Throws `too_many_requests_in_flight` if
   * as many of the tenant wait as may, and `overloaded` if it waited for too long.
   */
  async run<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(tenant) ?? { running: 0, waiting: [] };
    this.#lanes.set(tenant, lane);
    if (lane.waiting.length > 0 || !this.#mayRun(lane)) await this.#wait(tenant, lane);
    else this.#start(lane);
    try {
      return await work();
    } finally {
      this.#free += 1;
      lane.running -= 1;
      if (lane.running === 0 && lane.waiting.length === 0) this.#lanes.delete(tenant);
      this.#next();
    }
  }

  /** Refuses everything that waits. */
  refuse(error: unknown): void {
    for (const tenant of this.#turns)
      for (const each of this.#lanes.get(tenant)?.waiting.splice(0) ?? []) each.refuse(error);
    this.#turns.clear();
  }

  #mayRun({ running }: Lane): boolean {
    return this.#free > (running === 0 ? 0 : this.#limits.reserved);
  }

  #start(lane: Lane): void {
    this.#free -= 1;
    lane.running += 1;
  }

  async #wait(tenant: string, lane: Lane): Promise<void> {
    const { waiting, waitMs } = this.#limits;
    if (lane.waiting.length >= waiting)
      throw new ConvokeError(
        'too_many_requests_in_flight',
        'Wait for answers before you send more requests.',
      );
    const { promise, resolve, reject: refuse } = Promise.withResolvers<null>();
    const each: Waiting = { go: () => resolve(null), refuse };
    lane.waiting.push(each);
    this.#turns.add(tenant);
    const timer =
      waitMs === undefined ? undefined : setTimeout(() => this.#giveUp(tenant, lane, each), waitMs);
    await promise.finally(() => clearTimeout(timer));
  }

  #giveUp(tenant: string, lane: Lane, each: Waiting): void {
    lane.waiting.splice(lane.waiting.indexOf(each), 1);
    if (lane.waiting.length === 0) this.#turns.delete(tenant);
    each.refuse(new ConvokeError('overloaded', 'Much is asked at the moment. Try again.'));
  }

  #next(): void {
    for (const tenant of this.#turns) {
      if (this.#free === 0) return;
      const lane = this.#lanes.get(tenant);
      if (!lane || !this.#mayRun(lane)) continue;
      const [each] = lane.waiting.splice(0, 1);
      this.#turns.delete(tenant);
      // To the end: the others come first.
      if (lane.waiting.length > 0) this.#turns.add(tenant);
      this.#start(lane);
      each?.go();
    }
  }
}
