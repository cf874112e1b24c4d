import { expect, test } from '@jest/globals';
import { ConvokeError, LIMITS } from '../../src/contracts/index.ts';
import type { Message } from '../../src/contracts/index.ts';
import { Arrivals } from '../../src/ingest/index.ts';

const REF = { tenant: 'dev', session: 's' };
const limits = [{ limit: 'messagesPerMinute', most: 1, used: 1, left: 0 }] as const;
const message = (messageId: string): Message => ({ messageId, parts: [], receivedAt: Date.now() });

test('a message that was refused tells, once it is let in, why, since when and how often', () => {
  const arrivals = new Arrivals('1@edge');
  const from = Date.now();
  arrivals.refused(REF, 'm', new ConvokeError('rate_limited', undefined, { limits: [...limits] }));
  arrivals.refused(REF, 'm', new ConvokeError('rate_limited', undefined, { limits: [...limits] }));
  const { by, waits = [], admittedAt } = arrivals.admitted(REF, message('m'));
  expect(by).toBe('1@edge');
  expect(admittedAt).toBeGreaterThanOrEqual(from);
  expect(waits).toMatchObject([
    { reason: 'quota', code: 'rate_limited', limit: 'messagesPerMinute', times: 2 },
  ]);
  expect(waits[0]?.from).toBeGreaterThanOrEqual(from);
  expect(arrivals.admitted({ ...REF, session: 'other' }, message('m'))).not.toHaveProperty('waits');
});

test('what no repeat of the message mends is no wait', () => {
  const arrivals = new Arrivals();
  for (const error of [new ConvokeError('session_closed'), new Error('anything')])
    arrivals.refused(REF, 'm', error);
  expect(arrivals.admitted(REF, message('m'))).not.toHaveProperty('waits');
});

test('only the newest messages are remembered', () => {
  const arrivals = new Arrivals();
  for (let count = 0; count <= LIMITS.arrivalsKept; count += 1) arrivals.accepted(REF, `m${count}`);
  expect(arrivals.acceptedAt(REF, 'm0')).toBeUndefined();
  expect(arrivals.acceptedAt(REF, `m${LIMITS.arrivalsKept}`)).toBeLessThanOrEqual(Date.now());
});
