/** An operator hears of a server that is away: at once, again with longer pauses, and when it is back. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Outage } from '../../src/main/outage.ts';

const lines: string[] = [];
const write =
  (level: string) =>
  (fields: object, message: string): void =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
const logger = { info: write('info'), warn: write('warn') };
let outage: Outage;

beforeEach(() => {
  jest.useFakeTimers();
  lines.length = 0;
  outage = new Outage({ what: 'Redis', where: { redis: 'h:1' }, meanwhile: 'steps wait', logger });
});
afterEach(() => {
  jest.useRealTimers();
});

test('one line at once, then with pauses that double, however often it fails', () => {
  const seconds: number[] = [];
  for (let second = 0; second <= 400; second += 1) {
    const before = lines.length;
    outage.failing('refused');
    if (lines.length > before) seconds.push(second);
    jest.advanceTimersByTime(1_000);
  }
  expect(seconds).toEqual([0, 10, 30, 70, 150, 310]);
  expect(lines[0]).toBe(
    'warn Redis cannot be used: steps wait {"redis":"h:1","reason":"refused","awayMs":0}',
  );
});

test('one line when it is back; while something still fails it is not', () => {
  outage.failing('refused');
  outage.answered();
  expect(lines).toHaveLength(1);
  jest.advanceTimersByTime(4_000);
  outage.answered();
  outage.answered();
  expect(lines.slice(1)).toEqual(['info Redis is back {"redis":"h:1","awayMs":4000}']);
  outage.failing('refused again');
  expect(lines).toHaveLength(3);
});

test('a server is asked now and then, until the watch ends', async () => {
  let asked = 0;
  let answer: Promise<void> = Promise.resolve();
  const end = outage.watch(() => {
    asked += 1;
    return answer;
  }, 1_000);
  await jest.advanceTimersByTimeAsync(2_500);
  expect([asked, lines.length]).toEqual([3, 0]);
  answer = Promise.reject(
    new Error('It does not answer.', { cause: new Error('connect ECONNREFUSED. Resolution note: ') }),
  );
  await jest.advanceTimersByTimeAsync(1_000);
  expect(lines[0]).toContain('"reason":"It does not answer. connect ECONNREFUSED."');
  await end();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(4);
});

test('a watch has ended once nothing is asked any more: what is asked may be closed then', async () => {
  const answer = Promise.withResolvers<undefined>();
  const end = outage.watch(() => answer.promise);
  let ended = false;
  const ending = end().then(() => (ended = true));
  await jest.advanceTimersByTimeAsync(1_000);
  expect(ended).toBe(false);
  answer.resolve(undefined);
  await ending;
});
