import { ConvokeError, type LimitUse } from '../contracts/index.ts';

/** The refusal of what is counted. `limits`: at least one; when they come back may not be known. */
export function quotaExceeded(limits: readonly LimitUse[]): ConvokeError {
  const names = limits.map(({ limit, most }) => `${limit} (${most})`).join(', ');
  const known = limits.flatMap(({ backInMs }) => backInMs ?? []);
  return new ConvokeError('quota_exceeded', `The tenant has reached ${names}.`, {
    retryAfterMs: known.length > 0 ? Math.max(...known) : undefined,
    limits,
  });
}
