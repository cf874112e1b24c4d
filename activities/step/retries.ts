/** When a step that its provider has failed is tried again. */
import { LIMITS, RECOVERY } from '../../src/contracts/index.ts';
import type { RunnerError } from '../agents/runner.ts';

export type Retry =
  | { readonly again: true; readonly pauseMs: number }
  /** `retryAfterMs`: the provider wants to be left alone for longer than a step waits. */
  | { readonly again: false; readonly retryAfterMs?: number };

/**
 * The provider's wish if it has one, within bounds; else seconds, doubled with each failure. The jitter is a fifth up or down, so that the
 * steps that one outage has failed do not come back at the same moment.
 *
 * @param failures How often the provider has failed this step, this time included.
 */
export function retryOf(
  error: Pick<RunnerError, 'code' | 'retryable' | 'retryAfterMs'>,
  failures: number,
  maxAttempts: number,
  random: number,
): Retry {
  if (!error.retryable || failures >= maxAttempts) return { again: false };
  const wish = Number.isNaN(error.retryAfterMs) ? undefined : error.retryAfterMs;
  if (wish !== undefined && wish > LIMITS.retryAfterMostMs) return { again: false, retryAfterMs: wish };
  const first = error.code === 'agent_rate_limited' ? RECOVERY.limitedPauseMs : RECOVERY.providerPauseMs;
  const own = Math.min(first * 2 ** (failures - 1), RECOVERY.providerPauseMostMs) * (0.8 + 0.4 * random);
  return { again: true, pauseMs: Math.round(Math.max(wish ?? own, RECOVERY.retryMs)) };
}
