/** Many lost logs at once: one session's trouble is its own. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ConvokeError, LIMITS, RECOVERY, START } from '../../src/contracts/index.ts';
import type { ErrorCode, KnownEvents, SessionRef } from '../../src/contracts/index.ts';
import { Recoveries } from '../../src/deliver/read/recoveries.ts';
import type { SessionLog } from '../../src/log/index.ts';

const KNOWN: KnownEvents = {
  info: { team: { name: 'sequence' }, agents: [], metadata: {}, createdAt: 1 },
  known: START,
  archivedTo: 0,
  events: [],
  pending: [],
};

/** As many sessions as are built at a time, which are asked and do not answer, and one more. */
function crowd() {
  const asked: ((code: ErrorCode | null) => void)[] = [];
  const known = (): Promise<KnownEvents> =>
    new Promise((resolve, reject) => {
      asked.push((code) => (code === null ? resolve(KNOWN) : reject(new ConvokeError(code))));
    });
  const log = { rebuild: async () => ({ epoch: 1, seq: 0 }) } as unknown as SessionLog;
  const recoveries = new Recoveries(log, { known, archived: async () => [], session: async () => null });
  const recover = (session: string): Promise<string> => {
    const ref: SessionRef = { tenant: 'acme', session };
    return recoveries.recover(ref, START).then(
      () => 'built',
      (error: unknown) => (error as ConvokeError).code,
    );
  };
  const first = Array.from(
    { length: LIMITS.fair.recoveries.slots - LIMITS.fair.recoveries.reserved },
    (_, index) => recover(`s${index}`),
  );
  return { asked, first, last: recover('last') };
}

describe('whoever waits', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test.each(['log_unavailable', 'temporal_unavailable', 'overloaded'] as const)(
    'is refused with what fails for all: %s',
    async (code) => {
      const { asked, last } = crowd();
      asked[0]!(code);
      expect(await last).toBe(code);
    },
  );

  test.each(['worker_unavailable', 'internal', 'session_not_found'] as const)(
    'goes on after what fails for one: %s',
    async (code) => {
      const { asked, first, last } = crowd();
      asked[0]!(code);
      expect(await first[0]).toBe(code);
      asked.at(-1)!(null);
      expect(await last).toBe('built');
    },
  );

  test('waits no longer than an answer may take', async () => {
    const { asked, last } = crowd();
    await jest.advanceTimersByTimeAsync(RECOVERY.answerDeadlineMs);
    expect(await last).toBe('overloaded');
    for (const answer of asked) answer(null);
  });
});
