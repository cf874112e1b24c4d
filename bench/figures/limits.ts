/** What it costs to decide whether a tenant may send a message: one script in Redis, beside a PING. */
import { createBuckets } from '../../src/quota/index.ts';
import { msSince, nowUs } from '../clock.ts';
import { stated, type NamedFigure } from '../figure.ts';
import { percentile } from '../sample.ts';
import type { Stage } from '../stage.ts';

/** All buckets that a message may take from, and room for every message. */
const LIMITS = {
  ...{ messagesPerMinute: 1e9, messageBytesPerMinute: 1e12 },
  ...{ sessionMessagesPerMinute: 1e9, subjectMessagesPerMinute: 1e9 },
};

/** One after the other; ms of each. */
async function times(count: number, call: (n: number) => Promise<unknown>): Promise<readonly number[]> {
  const took: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const start = nowUs();
    await call(n);
    took.push(msSince(start));
  }
  return took;
}

export async function measureLimits({ redis }: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const buckets = createBuckets(redis);
  const count = short ? 500 : 5_000;
  const message = { tenant: 'bench', session: 's', from: 'ana', bytes: 100 };
  const decide = (n: number): Promise<unknown> => buckets.take(LIMITS, { ...message, messageId: `m${n}` });
  const ping = (): Promise<unknown> => redis.ping();
  // The script has to be sent once, and code to become warm.
  await times(200, (n) => decide(-1 - n));
  await times(200, ping);
  const [pings, decisions] = [await times(count, ping), await times(count, decide)];
  const of = (share: number): [number, number] => [percentile(decisions, share), percentile(pings, share)];
  return [
    stated('limits', 'limits of a message are decided after, p50, ms', ...of(0.5)),
    stated('limitsP99', 'the same, p99, ms', ...of(0.99)),
  ];
}
