/** Exporting and erasing sessions and tenants, and how long closed sessions are kept. */
import { DAY, HOUR, SECOND } from './units.ts';

export const ERASE = {
  /** Whoever erases has so long before another process goes on with it. */
  eraseLeaseMs: 60 * SECOND,
  /** After so long all is looked for once more, until nothing was left: no call of a gateway goes on for longer. */
  eraseAgainMs: 60 * SECOND,
  /** How often a gateway looks for what others have left, and how many it takes at a time. */
  eraseLookMs: 10 * SECOND,
  erasuresAtOnce: 4,
  /** Sessions that are being erased that a gateway knows, and serves nothing of; more wait only while Temporal or Redis are away. */
  erasingKnown: 10_000,
  /** Sessions of a tenant that are erased in one pass. */
  erasedAtOnce: 20,
  /** How often sessions that were closed too long ago are looked for, and how many of a tenant are erased then. */
  retainEveryMs: 1 * HOUR,
  retainedAtOnce: 200,
  retentionDaysMost: 36_500,
  dayMs: 1 * DAY,
  /** Events that an export reads at a time. */
  exportPage: 200,
} as const;
