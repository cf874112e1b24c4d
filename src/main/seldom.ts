/** What is wrong again and again is logged at most this often, ms. */
const TOLD_MS = 60_000;

export function seldom(tell: (error: unknown) => void): (error: unknown) => void {
  let toldAt = -Infinity;
  return (error) => {
    if (performance.now() - toldAt < TOLD_MS) return;
    toldAt = performance.now();
    tell(error);
  };
}
