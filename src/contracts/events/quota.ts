/** Limits of the tenant that hold a session up. What they refuse is told by the step, or the request, that it ends. */
import type { LimitName } from '../tenant-limits.ts';

/** How a limit stood when a turn began to wait. */
export interface QuotaWait {
  readonly limit: Extract<LimitName, 'runningTurns'>;
  /** The limit itself; 0 also while the tenant is suspended. */
  readonly most: number;
  readonly used: number;
  /** In the line of the tenant's turns that wait; 1: the first. */
  readonly place: number;
}

export interface QuotaEventData {
  /** The turn waits for a place. Told once for each wait. */
  'quota.waiting': QuotaWait;
  /** It goes on, after so many ms. */
  'quota.cleared': Pick<QuotaWait, 'limit'> & { readonly waitedMs: number };
}
