/** Who often asks for what is not there is slowed down; nobody else is. */
import { expect, jest, test } from '@jest/globals';
import { ConvokeError } from '../../src/contracts/index.ts';
import { FairQueue, inTurn, Misses } from '../../src/fair/index.ts';

/** Nothing comes back while a test runs, however slowly. */
const LIMITS = { rate: { perSecond: 1 / 3_600, burst: 3 }, waitMs: 60_000, tenants: 2 };
const PENDING = Symbol('it has no answer yet');

/** What it has come to once everything that can be answered at once was. */
async function now<T>(answer: Promise<T>): Promise<T | typeof PENDING> {
  const rounds = async (): Promise<typeof PENDING> => {
    for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
    return PENDING;
  };
  return Promise.race([answer, rounds()]);
}

const missed = [
  ['null', () => Promise.resolve(null)],
  ['false', () => Promise.resolve(false)],
  ['not found', () => Promise.reject<null>(new ConvokeError('session_not_found'))],
] as const;

test.each(missed)('%s is answered at once until there were too many', async (_what, work) => {
  const misses = new Misses(LIMITS);
  const ask = (tenant: string): Promise<unknown> => misses.slow(tenant, work).catch(() => 'refused');
  for (let count = 0; count < LIMITS.rate.burst; count += 1) expect(await now(ask('a'))).not.toBe(PENDING);
  expect(await now(ask('a'))).toBe(PENDING);
  // Neither another tenant nor one who finds something.
  expect(await now(ask('b'))).not.toBe(PENDING);
  expect(await now(misses.slow('a', () => Promise.resolve(7)))).toBe(7);
});

test('behind a queue it holds the places of its tenant only', async () => {
  const queue = new FairQueue({ slots: 2, reserved: 1, waiting: 10 });
  const misses = new Misses({ ...LIMITS, rate: { ...LIMITS.rate, burst: 0 } });
  const found = { a: null, b: 'here' } as const;
  const port = { find: (tenant: 'a' | 'b') => Promise.resolve(found[tenant]) };
  const fair = inTurn(port, { names: ['find'], queue, misses });
  const slow = [fair.find('a'), fair.find('a')];
  expect(await now(fair.find('b'))).toBe('here');
  expect(await now(Promise.race(slow))).toBe(PENDING);
});

test('a tenant that has missed for long is answered at once soon after it stops', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  try {
    const misses = new Misses({ ...LIMITS, rate: { perSecond: 10, burst: 20 } });
    const miss = (): Promise<null> => misses.slow('a', () => Promise.resolve(null));
    for (let count = 0; count < 10_000; count += 1) void miss();
    await now(new Promise(() => undefined));
    // What is owed is as much as could be taken at once.
    await jest.advanceTimersByTimeAsync(2_300);
    expect(await now(miss())).toBeNull();
  } finally {
    jest.useRealTimers();
  }
});
