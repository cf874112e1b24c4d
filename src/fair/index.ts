/** What tenants share, shared fairly: turns, rates, and what asking for nothing costs. */
export { Bucket } from './bucket.ts';
export { FairQueue } from './fair-queue.ts';
export type { FairLimits } from './fair-queue.ts';
export { inTurn } from './in-turn.ts';
export { Misses } from './misses.ts';
