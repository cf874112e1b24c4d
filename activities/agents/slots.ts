/** How many calls run at a time at an endpoint. Those that wait are served by turns over their tenants, in order within a tenant. */
import type { RunPiece } from './runner.ts';

/** Who waits shows this often that it lives, ms. */
const ALIVE_EVERY_MS = 250;

export type Release = () => void;

/** `weight`: the share of its tenant where others wait too; default 1. */
export interface Caller {
  readonly tenant: string;
  readonly weight?: number;
}

interface Waiting {
  readonly go: () => void;
  readonly weight: number;
}

/** Calls of one tenant that wait, and the moment from which on its first one may be served. */
interface Lane {
  at: number;
  readonly waiting: Waiting[];
}

/**
 * Start-time fair queueing (Goyal, Vin and Cheng, 1996), each call costing the same: time goes on from one served call to the next, and a tenant's
 * next call comes 1 / weight after its last one. A tenant that has not waited begins at the present, whatever others have waiting.
 */
export class Slots {
  #free: number;
  #now = 0;
  /** Also of tenants without a call that waits, as long as their next one may not be served at once. */
  readonly #lanes = new Map<string, Lane>();

  constructor(slots: number) {
    this.#free = slots;
  }

  /** Who waits. */
  get waiting(): number {
    return [...this.#lanes.values()].reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  /** A slot that is free right now. */
  takeFree(): Release | undefined {
    if (this.#free === 0) return undefined;
    this.#free -= 1;
    return this.#release();
  }

  /** Waits for one. Rejects with the reason of `signal`, and leaves the queue. */
  async take(signal: AbortSignal, caller: Caller): Promise<Release> {
    signal.throwIfAborted();
    const free = this.takeFree();
    if (free) return free;
    await this.#turn(signal, caller);
    return this.#release();
  }

  /** Gives a slot back, once however often it is called. */
  #release(): Release {
    let held = true;
    return () => {
      if (held) this.#next();
      held = false;
    };
  }

  #turn(signal: AbortSignal, { tenant, weight = 1 }: Caller): Promise<void> {
    const lane = this.#lanes.get(tenant) ?? { at: this.#now, waiting: [] };
    this.#lanes.set(tenant, lane);
    if (lane.waiting.length === 0) lane.at = Math.max(lane.at, this.#now);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        lane.waiting.splice(lane.waiting.indexOf(each), 1);
        reject(signal.reason as Error);
      };
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const each: Waiting = { go, weight };
      lane.waiting.push(each);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Hands the slot to the next in the queue, or keeps it free. */
  #next(): void {
    const lane = this.#first();
    const next = lane?.waiting.shift();
    if (lane && next) {
      this.#now = Math.max(this.#now, lane.at);
      lane.at = this.#now + 1 / next.weight;
      next.go();
      return;
    }
    this.#lanes.clear();
    this.#free += 1;
  }

  /** The lane whose call is the next; undefined: none waits. Forgets lanes that are as if they were new. */
  #first(): Lane | undefined {
    let first: Lane | undefined;
    for (const [tenant, lane] of this.#lanes) {
      if (lane.waiting.length > 0) first = first && first.at <= lane.at ? first : lane;
      else if (lane.at <= this.#now) this.#lanes.delete(tenant);
    }
    return first;
  }
}

/**
 * A slot, as soon as there is one. Waiting is told as life, and so is its end: from there on the model's own first token is waited for.
 * Throws the reason of `signal`.
 */
export async function* waitForSlot(
  slots: Slots,
  signal: AbortSignal,
  caller: Caller,
): AsyncGenerator<RunPiece, Release, undefined> {
  const free = slots.takeFree();
  if (free) return free;
  const from = Date.now();
  let answer: { release: Release } | { error: unknown } | undefined;
  let wake = (): void => undefined;
  const taken = slots
    .take(signal, caller)
    .then(
      (release) => (answer = { release }),
      (error: unknown) => (answer = { error }),
    )
    .then((settled) => {
      wake();
      return settled;
    });
  let isHanded = false;
  try {
    while (!answer) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ALIVE_EVERY_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      yield { type: 'alive' };
    }
    if ('error' in answer) throw answer.error;
    yield { type: 'waited', wait: { reason: 'slot', from, until: Date.now() } };
    isHanded = true;
    return answer.release;
  } finally {
    // Nobody reads any more: the slot, or the place in the queue that the abort gives up, is for the next.
    if (!isHanded) void taken.then((settled) => 'release' in settled && settled.release());
  }
}
