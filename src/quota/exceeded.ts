import { ConvokeError, type LimitUse } from '../contracts/index.ts';

const minutes = (ms: number): number => Math.ceil(ms / 60_000);

/** The refusal of what is counted. `limits`: at least one; when they come back may not be known. */
export function quotaExceeded(limits: readonly LimitUse[]): ConvokeError {
  const names = limits.map(({ limit, most }) => `${limit} (${most})`).join(', ');
  const known = limits.flatMap(({ backInMs }) => backInMs ?? []);
  const backInMs = known.length > 0 ? Math.max(...known) : undefined;
  const mend = backInMs === undefined ? 'Close some, or wait.' : `It is back in ${minutes(backInMs)} min.`;
  return new ConvokeError('quota_exceeded', `The tenant has reached ${names}. ${mend}`, {
    retryAfterMs: backInMs,
    limits,
  });
}
