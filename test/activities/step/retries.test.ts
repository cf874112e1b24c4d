/** When a step that its provider has failed is tried again. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { retryOf, type Retry } from '../../../activities/step/retries.ts';
import { LIMITS, RECOVERY, type ErrorCode } from '../../../src/contracts/index.ts';

const MOST = LIMITS.retryAfterMostMs;
const LEAST = RECOVERY.retryMs;

const after = (
  retryAfterMs: number | undefined,
  more: Partial<{
    code: ErrorCode;
    failures: number;
    maxAttempts: number;
    random: number;
    retryable: boolean;
  }> = {},
): Retry => {
  const { code = 'agent_failed', failures = 1, maxAttempts = 5, random = 0.5, retryable = true } = more;
  return retryOf({ code, retryable, retryAfterMs }, failures, maxAttempts, random);
};

describe('the provider’s wish', () => {
  test.each<[string, number, Retry]>([
    ['at once', 0, { again: true, pauseMs: LEAST }],
    ['in the past', -1, { again: true, pauseMs: LEAST }],
    ['long ago', -Infinity, { again: true, pauseMs: LEAST }],
    ['minus zero', -0, { again: true, pauseMs: LEAST }],
    ['less than the least', LEAST - 1, { again: true, pauseMs: LEAST }],
    ['a part of a ms', 1_234.5, { again: true, pauseMs: 1_235 }],
    ['five seconds', 5_000, { again: true, pauseMs: 5_000 }],
    ['the most that is waited for', MOST, { again: true, pauseMs: MOST }],
    ['more than that', MOST + 1, { again: false, retryAfterMs: MOST + 1 }],
    ['a day', 86_400_000, { again: false, retryAfterMs: 86_400_000 }],
    ['the year 2319', 1e13, { again: false, retryAfterMs: 1e13 }],
    ['never', Infinity, { again: false, retryAfterMs: Infinity }],
    ['not a number', NaN, { again: true, pauseMs: RECOVERY.providerPauseMs }],
  ])('%s (%p ms)', (_, wish, expected) => {
    for (const code of ['agent_failed', 'agent_rate_limited'] as const) {
      if (Number.isNaN(wish) && code === 'agent_rate_limited') continue;
      expect(after(wish, { code })).toEqual(expected);
    }
  });
});

describe('without a wish the pause', () => {
  test.each([
    [1, 'agent_failed', 500],
    [2, 'agent_failed', 1_000],
    [3, 'agent_failed', 2_000],
    [4, 'agent_stalled', 4_000],
    [7, 'agent_failed', 30_000],
    [1, 'agent_rate_limited', 2_000],
    [2, 'agent_rate_limited', 4_000],
    [5, 'agent_rate_limited', 30_000],
    [19, 'agent_rate_limited', 30_000],
  ] as const)('after failure %i with %s is about %i ms', (failures, code, pauseMs) => {
    expect(after(undefined, { code, failures, maxAttempts: 20 })).toEqual({ again: true, pauseMs });
  });

  test('is up to a fifth shorter or longer, so that steps do not come back together', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 19 }),
        fc.constantFrom<ErrorCode>('agent_failed', 'agent_rate_limited', 'agent_timeout'),
        (random, failures, code) => {
          const middle = after(undefined, { code, failures, maxAttempts: 20 });
          const retry = after(undefined, { code, failures, maxAttempts: 20, random });
          if (!middle.again || !retry.again) throw new Error('there are attempts left');
          expect(retry.pauseMs).toBeGreaterThanOrEqual(Math.floor(middle.pauseMs * 0.8));
          expect(retry.pauseMs).toBeLessThanOrEqual(Math.ceil(middle.pauseMs * 1.2));
        },
      ),
    );
    expect(after(undefined, { random: 0 })).not.toEqual(after(undefined, { random: 0.99 }));
  });
});

describe('there is no next attempt', () => {
  test.each([
    ['of a failure that is final', { retryable: false }],
    ['when all are used up', { failures: 5 }],
    ['when the agent wants only one', { maxAttempts: 1 }],
  ])('%s', (_, more) => {
    expect(after(undefined, more)).toEqual({ again: false });
    expect(after(0, more)).toEqual({ again: false });
  });
});
