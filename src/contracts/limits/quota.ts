/** What limits of tenants may be, and how they are kept. */
import { KIB, MINUTE, SECOND } from './units.ts';

export const QUOTA = {
  /** What any limit of a tenant may be at most: sums of it stay exact. */
  tenantLimitMost: 1e12,
  tenantWeightMost: 1_000,
  /** Of a rate a tenant may have so much at once if its limits do not say it. */
  burstMs: 10 * SECOND,
  /** A file with limits of tenants; how often it is looked at. */
  limitsFileBytes: KIB * KIB,
  limitsLookMs: 1 * SECOND,
  /** A message that is sent again within this time counts once. */
  countedMs: 2 * MINUTE,
  /** Buckets that a gateway keeps itself while Redis is away; beyond, the least recently used is forgotten. */
  awayBuckets: 10_000,
  /** A gateway tells the others of itself this often, and is forgotten after so long. */
  fleetEveryMs: 5 * SECOND,
  fleetTtlMs: 20 * SECOND,
} as const;
