/** Who waits for asking for what is not there, and who does not. */
import { expect, test } from '@jest/globals';
import type { SessionCalls } from '../../src/temporal/index.ts';
import { LIMITS, RECOVERY } from '../../src/contracts/index.ts';
import { Misses } from '../../src/fair/index.ts';
import { fairCalls } from '../../src/main/fair.ts';

const REF = { tenant: 'a', session: 's' };
/** Every miss waits for longer than a test takes. */
const SLOW = { rate: { perSecond: 1 / 3_600, burst: 0 }, waitMs: 60_000, tenants: 1 };

const none = async (): Promise<null> => null;
// safety: nothing else is called
const NOTHING = { receipt: none, interrupted: none, find: none } as unknown as SessionCalls;

/** True if there is an answer once everything that can be answered at once was. */
async function isAnswered(answer: Promise<unknown>): Promise<boolean> {
  const rounds = async (): Promise<boolean> => {
    for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
    return false;
  };
  return Promise.race([answer.then(() => true), rounds()]);
}

test('a message that is sent again is not slowed down because it is not there yet; who asks for one that is not there is', async () => {
  const { calls, receipt } = fairCalls(NOTHING, new Misses(SLOW));
  expect(await isAnswered(calls.receipt(REF, 'm'))).toBe(true);
  expect(await isAnswered(calls.interrupted(REF))).toBe(true);
  expect(await isAnswered(receipt(REF, 'm'))).toBe(false);
  expect(await isAnswered(calls.find(REF))).toBe(false);
});

test('a message that Temporal is too busy to take is refused soon, and does not wait behind the others', async () => {
  const never = async (): Promise<never> => new Promise(() => undefined);
  const { calls } = fairCalls({ ...NOTHING, send: never }, new Misses(SLOW));
  const message = { messageId: 'm', parts: [], receivedAt: 0 };
  const { slots, reserved, waitMs } = LIMITS.fair.calls;
  for (let sent = 0; sent < slots - reserved; sent += 1) void calls.send(REF, message);
  const start = performance.now();
  await expect(calls.send(REF, message)).rejects.toMatchObject({ code: 'overloaded', retryAfterMs: 1_000 });
  expect(performance.now() - start).toBeLessThan(RECOVERY.ingressDeadlineMs + waitMs);
});
