/**
 * When a provider wants to be asked again, ms from `now`: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date. Finite and 0 or
 * more, not capped; undefined when absent or unreadable.
 *
 * @param headers Names in lower case.
 */
export function readRetryAfter(
  headers: Readonly<Record<string, unknown>> | undefined,
  now: number,
): number | undefined {
  return (
    waitOf(numberOf(headers?.['retry-after-ms'])) ??
    waitOf(secondsOf(headers?.['retry-after'])) ??
    waitOf(dateOf(headers?.['retry-after'], now))
  );
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

function secondsOf(value: unknown): number | undefined {
  const seconds = numberOf(value);
  return seconds === undefined ? undefined : seconds * 1000;
}

function dateOf(value: unknown, now: number): number | undefined {
  const date = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? undefined : date - now;
}

function waitOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.min(Math.max(0, Math.ceil(ms)), Number.MAX_SAFE_INTEGER);
}
