/** Feedback counts as a message of its giver, on a real Redis. */
import { expect, test } from '@jest/globals';
import type { Message, TenantLimits } from '../../src/contracts/index.ts';
import { limited, Rates } from '../../src/ingest/index.ts';
import { createBuckets } from '../../src/quota/index.ts';
import { useRedis } from '../support/commands.ts';

const used = useRedis();

const feedback = (messageId: string, by: string): Message => ({
  ...{ messageId, parts: [], receivedAt: 1, channel: 'feedback' },
  feedback: { turn: 't1', comment: 'x'.repeat(100), by },
});

test.each<[string, TenantLimits, string]>([
  ['giver, and nobody if its application gives it', { subjectMessagesPerMinute: 1e-6 }, 'fulfilled'],
  ['bytes', { messageBytesPerMinute: 1e-6 }, 'rejected'],
])('it counts by its %s', async (_, limits, application) => {
  const buckets = createBuckets(used.commands);
  const rates = new Rates({
    ...{ limitsOf: () => limits, buckets, fleet: { gateways: 1 }, deadlineMs: 10_000 },
  });
  const admission = limited({ admit: async () => 'ok', giveBack: async () => undefined }, rates);
  const ref = { tenant: `tenant-${application}`, session: 's' };
  await admission.admit(ref, feedback('f1', 'ana'));
  const again = admission.admit(ref, feedback('f2', 'ana'));
  await expect(again).rejects.toMatchObject({ code: 'rate_limited' });
  await admission.giveBack(ref, feedback('f1', 'ana'));
  expect(await admission.admit(ref, feedback('f3', 'ana'))).toBe('ok');
  const others = ['f4', 'f5'].map(async (id) => admission.admit(ref, feedback(id, 'application')));
  const statuses = (await Promise.allSettled(others)).map(({ status }) => status);
  expect(statuses).toEqual([application, application]);
});
