/** The events that the console reads: the newest, without gaps, and how many are left out. */
import { expect, test } from '@jest/globals';
import { EventLog, type ReadPage } from '../../console/src/pages/session/event-log.ts';
import { FakeLog } from '../client/fake-log.ts';

function filled(events: number): FakeLog {
  const log = new FakeLog();
  while (log.events.length < events) log.message(`m${log.events.length}`, `t${log.events.length}`);
  return log;
}

/** Pages as a gateway gives them: never more than `most`, which stands for its bound in bytes. */
const reads =
  (log: FakeLog, most: number): ReadPage =>
  async (after, limit) => {
    const data = log.events.slice(after, after + Math.min(limit, most));
    return { data, next: null, head: log.position };
  };

const seqs = ({ events }: EventLog): readonly number[] => events.map(({ seq }) => seq);
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('are all there if they are few, whatever a page holds', async () => {
  const log = filled(1_201);
  const head = log.events.length;
  const events = new EventLog(reads(log, 70), head);
  await events.load(() => undefined);
  expect(seqs(events)).toEqual(range(1, head));
  expect(events.leftOut).toBe(0);
});

test('of many are the newest; these are there first, and the others are counted', async () => {
  const log = filled(3_001);
  const head = log.events.length;
  const events = new EventLog(reads(log, 500), head, 1_200);
  const newest: (number | undefined)[] = [];
  await events.load(() => newest.push(events.events.at(-1)?.seq));
  expect(newest).toEqual([head, head, head]);
  expect(seqs(events)).toEqual(range(head - 1_199, head));
  expect(events.leftOut).toBe(head - 1_200);
});

test('that come are taken as they are; those that were missed meanwhile are read', async () => {
  const log = filled(21);
  let pages = 0;
  const read: ReadPage = (...asked) => {
    pages += 1;
    return reads(log, 500)(...asked);
  };
  const events = new EventLog(read, log.events.length, 20);
  const loading = events.load(() => undefined);
  // While the first page is on its way.
  log.message('late', 'tl');
  await events.reach(log.events[21]!.seq, log.events[21]);
  await loading;
  expect(pages).toBe(1);
  expect(seqs(events).at(-1)).toBe(22);
  // The connection was away: only the last of these is heard of.
  log.message('missed', 'tm');
  await events.reach(log.events.length, log.events.at(-1));
  expect(seqs(events)).toEqual(range(log.events.length - 19, log.events.length));
  expect(events.leftOut).toBe(log.events.length - 20);
  // Heard of again, or late.
  await events.reach(3, log.events[2]);
  expect(seqs(events).at(-1)).toBe(log.events.length);
});

test('that could not be read are read with the next one', async () => {
  const log = filled(5);
  let isAway = true;
  const read: ReadPage = (...asked) =>
    isAway ? Promise.reject(new Error('The gateway is away.')) : reads(log, 500)(...asked);
  const events = new EventLog(read, 2);
  await expect(events.reach(4, log.events[3])).rejects.toThrow('away');
  isAway = false;
  await events.reach(5, log.events[4]);
  expect(seqs(events)).toEqual([3, 4, 5]);
  expect(events.leftOut).toBe(2);
});
