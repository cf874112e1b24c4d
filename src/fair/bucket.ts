/** A token bucket: `perSecond` for long, `burst` at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export class Bucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: number;

  /** `now`: ms of a clock that is never set back, here and below. */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Takes what has come already, whether there is enough or not. Answers for how long there is not, ms. */
  take(cost: number, now: number): number {
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) * perSecond) / 1_000) - cost;
    this.#at = now;
    return this.#tokens >= 0 ? 0 : (-this.#tokens * 1_000) / perSecond;
  }

  /** As much is owed as could be taken at once. */
  get isOverdrawn(): boolean {
    return this.#tokens < -this.#rate.burst;
  }
}
