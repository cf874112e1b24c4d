/** One clock for every process of this machine. */

/** µs on the monotonic clock, which all processes share: a token can carry when it was said. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** ms, with a fraction, since `us` of `nowUs`. */
export function msSince(us: number): number {
  return (nowUs() - us) / 1000;
}
