/** Waiting and backoff. */
import { ClientError, isRetryable, retryAfterOf } from './errors.ts';

/** The longest pause, ms. (A timer of more than 2^31 ms would fire at once.) */
const MAX_PAUSE_MS = 600_000;

/** First pause after a failed attempt, ms; doubles up to `RETRY_MAX_MS`. */
const RETRY_MS = 350;
const RETRY_MAX_MS = 5_000;

/** The pauses between attempts, ms. */
export interface Pace {
  readonly minMs: number;
  readonly maxMs: number;
}

export const DEFAULT_PACE: Pace = { minMs: RETRY_MS, maxMs: RETRY_MAX_MS };

/** A pause before attempt `attempt` (0, 1, …), ms: doubling, with ±50 % jitter so that clients do not reconnect all at once. */
export function backoff(attempt: number, pace: Pace = DEFAULT_PACE): number {
  return Math.min(pace.maxMs, pace.minMs * 2 ** Math.min(attempt, 20)) * (0.5 + Math.random());
}

/** A pause that the server asked for, ms, made safe for a timer. */
export function clampPause(ms: number): number {
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_PAUSE_MS) : 0;
}

/**
 * How long to wait before the same request may be sent again, ms; null if it must not be repeated. Never sooner than the server asked, and
 * up to a quarter later.
 */
export function retryDelay(error: unknown, attempt: number, pace?: Pace): number | null {
  if (!isRetryable(error)) return null;
  const asked = clampPause(retryAfterOf(error) ?? 0) * (1 + Math.random() / 4);
  return Math.max(asked, backoff(attempt, pace));
}

/** A clock for durations, ms. Nobody sets it back, as people and their phones do with the time of day. */
export function clock(): number {
  return performance.now();
}

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** The result of `work`; throws `timeout` after `ms`. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ClientError('timeout'));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** An id for a message or a session: 128 random bits in 22 characters of `A-Z a-z 0-9 _ -`. */
export function randomId(): string {
  // Not `crypto.randomUUID`: browsers offer it only on https pages.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .slice(0, 22);
}
