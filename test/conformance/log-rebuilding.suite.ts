/** Part of `log.suite.ts`: a lost log is replaced once. */
import { expect, test } from '@jest/globals';
import type { EventData } from '../../src/contracts/index.ts';
import type { RebuildInput } from '../../src/log/index.ts';
import {
  all,
  beginning,
  create,
  everything,
  INFO,
  joined,
  logged,
  message,
  of,
  speaking,
  STEP,
} from '../log/drafts.ts';
import type { LogSubject } from './log.suite.ts';

const EPOCH = Date.now() + 1_000_000;
const building = (change: Partial<RebuildInput> = {}): RebuildInput => ({
  expected: null,
  epoch: EPOCH,
  info: INFO,
  events: logged(1, 3),
  ...change,
});

export function rebuildingSuite(subject: LogSubject): void {
  test('a lost log is what it is built from, and goes on from there', async () => {
    const ref = subject.fresh();
    expect(await subject.log.rebuild(ref, building())).toEqual({ epoch: EPOCH, seq: 3 });
    expect(await everything(subject.other, ref)).toEqual({
      position: { epoch: EPOCH, seq: 3 },
      first: 1,
      info: INFO,
      events: logged(1, 3),
      open: [],
    });
    const known = { epoch: EPOCH, seq: 3 };
    const reply = of('ok', await subject.log.append(ref, { known, drafts: [message('m2'), message('m4')] }));
    expect(reply.placed.map(({ seq }) => seq)).toEqual([2, 4]);
  });

  test('a reader is told the newest members, also once the event is trimmed, and a log that is built anew knows them', async () => {
    const ref = subject.fresh();
    const created = await create(subject.log, ref);
    const rosterOf = async (): Promise<unknown> => (await subject.other.read(ref, { limit: 0 }))?.info.roster;
    expect(await rosterOf()).toBeUndefined();
    const drafts = [joined(1), joined(2)];
    const { position } = of('ok', await subject.log.append(ref, { known: created, drafts }));
    of('ok', await subject.log.append(ref, { known: position, drafts: [joined(1)] }));
    expect(await rosterOf()).toMatchObject({ revision: 2, members: [{ name: 'p1' }, { name: 'p2' }] });
    const { revision, members, agents } = joined(3).data as EventData['session.members'];
    const info = { ...INFO, roster: { revision, members, agents } };
    const built = await subject.log.rebuild(ref, building({ expected: position, info }));
    expect(await rosterOf()).toEqual(info.roster);
    of('ok', await subject.log.append(ref, { known: built, drafts: [joined(2)] }));
    expect(await rosterOf()).toEqual(info.roster);
    const before = (await subject.log.heads([ref]))[0]!;
    of('ok', await subject.log.append(ref, { known: before, drafts: [joined(4)] }));
    expect(await rosterOf()).toMatchObject({ revision: 4 });
  });

  test('positions stay what they were, whatever the first is; the newest epochs and positions are exact', async () => {
    const ref = subject.fresh();
    const epoch = 999_999_999_999_999;
    const events = logged(123_456_789_012, 123_456_789_014);
    expect(await subject.log.rebuild(ref, building({ epoch, events }))).toEqual({
      epoch,
      seq: 123_456_789_014,
    });
    expect(await subject.log.read(ref, { limit: 10 })).toMatchObject({ first: 123_456_789_012, events });
    const known = { epoch, seq: 123_456_789_014 };
    const reply = of('ok', await subject.log.append(ref, { known, drafts: [message('next')] }));
    expect(reply.position).toEqual({ epoch, seq: 123_456_789_015 });
    const begun = of('begun', await subject.log.begin(ref, beginning(reply.position, { since: known })));
    expect(begun.fresh.map(({ seq }) => seq)).toEqual([123_456_789_015, 123_456_789_016]);
  });

  test('a log without events starts at seq 1', async () => {
    const ref = subject.fresh();
    expect(await subject.log.rebuild(ref, building({ events: [] }))).toEqual({ epoch: EPOCH, seq: 0 });
    expect(await subject.log.read(ref, { limit: 10 })).toMatchObject({ first: 1, events: [] });
    const known = { epoch: EPOCH, seq: 0 };
    of('ok', await subject.log.append(ref, { known, drafts: [message('a')] }));
    expect((await all(subject.log, ref)).map(({ seq }) => seq)).toEqual([1]);
  });

  test('of callers at the same time one wins, and all get its position', async () => {
    const ref = subject.fresh();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 ? subject.log : subject.other).rebuild(
          ref,
          building({ epoch: EPOCH + index, events: logged(1, index + 1) }),
        ),
      ),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect((await subject.log.read(ref, { limit: 1 }))?.position).toEqual(answers[0]);
  });

  test('repeating changes nothing and gives the same answer', async () => {
    const ref = subject.fresh();
    const expected = await create(subject.log, ref);
    const input = building({ expected });
    const first = await subject.log.rebuild(ref, input);
    const after = await everything(subject.log, ref);
    expect(await subject.other.rebuild(ref, input)).toEqual(first);
    expect(await everything(subject.log, ref)).toEqual(after);
  });

  test('a log that is further than expected, or newer, is left alone', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const { position } = of('ok', await subject.log.append(ref, { known, drafts: [message('a')] }));
    for (const expected of [null, known, { epoch: known.epoch - 1, seq: 99 }]) {
      expect(await subject.log.rebuild(ref, building({ expected }))).toEqual(position);
    }
    expect(await all(subject.log, ref)).toHaveLength(2);
  });

  test('a log that is behind is replaced, also one that fell back to an older epoch', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    for (const expected of [
      { epoch: known.epoch, seq: 5 },
      { epoch: EPOCH + 7, seq: 0 },
    ]) {
      const position = await subject.log.rebuild(ref, building({ expected }));
      expect(position.epoch).toBeGreaterThan(expected.epoch);
      expect(position.seq).toBe(3);
    }
  });

  test('the epoch grows, whatever the caller says and whether or not the log is there', async () => {
    const ref = subject.fresh();
    let expected = await create(subject.log, ref);
    for (let round = 0; round < 3; round += 1) {
      const next = await subject.log.rebuild(ref, building({ expected, epoch: 1 }));
      expect(next.epoch).toBeGreaterThan(expected.epoch);
      expected = next;
    }
    await subject.under.lose(ref);
    const next = await subject.log.rebuild(ref, building({ expected, epoch: 1 }));
    expect(next.epoch).toBeGreaterThan(expected.epoch);
  });

  test('open steps are closed; their attempts begin again and keep their numbers', async () => {
    const ref = subject.fresh();
    const expected = await speaking(subject.log, ref, 'Hello');
    const known = await subject.log.rebuild(ref, building({ expected }));
    expect((await subject.log.read(ref, { limit: 1 }))?.open).toEqual([]);
    const piece = { step: STEP, attempt: 1, offset: 5, text: '!' };
    expect(await subject.log.delta(ref, piece)).toEqual({ status: 'closed' });
    const begun = of('begun', await subject.log.begin(ref, beginning(expected, { atLeast: 1 })));
    expect(begun).toMatchObject({ attempt: 1, restarted: null, position: { epoch: known.epoch, seq: 4 } });
    expect(await subject.log.delta(ref, piece)).toEqual({ status: 'offset', offset: 0 });
  });

  test('a zombie of a lost epoch does not write into the attempt that came after it', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    of('begun', await subject.log.begin(ref, beginning(known, { owner: 'zombie', order: 1 })));
    await subject.under.lose(ref);
    await subject.log.rebuild(ref, building({ expected: known }));
    const second = beginning(known, { owner: 'second', order: 2, atLeast: 2 });
    of('begun', await subject.log.begin(ref, second));
    const piece = { step: STEP, attempt: 1, offset: 0, text: 'zombie' };
    expect(await subject.log.delta(ref, piece)).toEqual({ status: 'fenced', attempt: 2 });
  });

  test('more events than the log keeps: the newest', async () => {
    const ref = subject.fresh();
    const small = subject.under.bounded(4_000);
    expect(await small.rebuild(ref, building({ events: logged(1, 200) }))).toEqual({
      epoch: EPOCH,
      seq: 200,
    });
    const slice = (await small.read(ref, { after: 0, limit: 1_000 }))!;
    expect(slice.events).toEqual(logged(slice.first, 200));
    expect(Buffer.byteLength(JSON.stringify(slice.events))).toBeLessThan(6_000);
  });
}
