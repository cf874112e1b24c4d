/** Part of `log.suite.ts`: what waits in a session is bounded before it is signalled. */
import { expect, test } from '@jest/globals';
import { LIMITS, scheduledFact, START, type SessionRef } from '../../src/contracts/index.ts';
import { all, beginning, create, created, INFO, message, of } from '../log/drafts.ts';
import type { Admission } from '../../src/log/index.ts';
import type { LogSubject } from './log.suite.ts';

const OK = { status: 'ok' };
const { inboxMessages: MOST, inboxBytes: MOST_BYTES } = LIMITS;

export function admittingSuite(subject: LogSubject): void {
  const admit = (ref: SessionRef, messageId: string, bytes = 100): Promise<Admission> =>
    subject.log.admit(ref, { messageId, bytes });
  /** Admits so many messages `m<n>`. */
  async function fill(ref: SessionRef, count: number = MOST): Promise<void> {
    for (let n = 1; n <= count; n += 1) expect(await admit(ref, `m${n}`)).toEqual(OK);
  }

  test('so many messages and no more; whoever comes again has room already', async () => {
    const ref = subject.fresh();
    await fill(ref);
    const full = { status: 'full', messages: MOST, bytes: MOST * 100 };
    expect(await admit(ref, 'one-more')).toEqual(full);
    expect(await admit(ref, 'm1')).toEqual(OK);
    expect(await subject.other.admit(ref, { messageId: `m${MOST}`, bytes: 100 })).toEqual(OK);
    expect(await admit(ref, 'one-more')).toEqual(full);
    expect(await admit(subject.fresh(), 'one-more')).toEqual(OK);
    const few = subject.fresh();
    await fill(few, 3);
    const refused = await subject.log.admit(few, { messageId: 'm4', bytes: 100, most: 3 });
    expect(refused).toEqual({ status: 'full', messages: 3, bytes: 300 });
  });

  test('a message is signalled a few times, until the log holds it', async () => {
    const ref = subject.fresh();
    for (let sent = 1; sent <= LIMITS.messageSends; sent += 1) expect(await admit(ref, 'm')).toEqual(OK);
    expect(await admit(ref, 'm')).toEqual({ status: 'again' });
    expect(await admit(ref, 'other')).toEqual(OK);
    await subject.log.append(ref, { known: START, drafts: [created(), message('m')] });
    expect(await admit(ref, 'm')).toEqual({ status: 'held' });
    expect(await subject.log.placeOf(ref, 'message:m')).toBe(2);
    expect(await subject.log.placeOf(ref, 'message:other')).toBeNull();
  });

  test('a message for later that the log tells of has room, as often as any', async () => {
    const ref = subject.fresh();
    const later = {
      messageId: 'm',
      parts: [{ type: 'text', text: 'x' }],
      receivedAt: 1,
      deliverAt: 9e12,
    } as const;
    const drafts = [created(), scheduledFact(later, 1)];
    await subject.log.append(ref, { known: START, drafts, release: ['m'] });
    const told = { status: 'told' };
    for (let sent = 1; sent <= LIMITS.messageSends; sent += 1) expect(await admit(ref, 'm')).toEqual(told);
    expect(await admit(ref, 'm')).toEqual({ status: 'again' });
    expect(await subject.log.admit(ref, { messageId: 'other', bytes: 1 })).toEqual(OK);
  });

  test('one messageId is that of one message, for who knows its digest', async () => {
    const ref = subject.fresh();
    const digests = ['one', '2two'];
    const replies = await Promise.all(
      digests.map((digest, n) =>
        (n ? subject.other : subject.log).admit(ref, { messageId: 'm', bytes: 100, digest }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual(['ok', 'other']);
    const digest = digests[replies.findIndex(({ status }) => status === 'ok')] ?? '';
    expect(await subject.log.admit(ref, { messageId: 'm', bytes: 100, digest })).toEqual(OK);
    expect(await subject.log.admit(ref, { messageId: 'm', bytes: 9, digest: 'three' })).toEqual({
      status: 'other',
    });
    await subject.log.release(ref, ['m']);
    expect(await subject.log.admit(ref, { messageId: 'm', bytes: 100, digest: 'three' })).toEqual(OK);
    const waiting = [{ messageId: 'm', bytes: 100 }];
    const anew = subject.fresh();
    await subject.log.rebuild(anew, { expected: null, epoch: 1, info: INFO, events: [], waiting });
    expect(await subject.log.admit(anew, { messageId: 'm', bytes: 100, digest: 'any' })).toEqual(OK);
  });

  test('signals are bounded over all messages that wait, repeated ones included', async () => {
    const ref = subject.fresh();
    const { messageSends, signalsWaiting } = LIMITS;
    const loud = Math.ceil(signalsWaiting / messageSends);
    let signals = 0;
    for (let n = 0; n < loud; n += 1)
      for (let sent = 0; sent < messageSends; sent += 1)
        signals += (await admit(ref, `m${n}`)).status === 'ok' ? 1 : 0;
    expect(signals).toBe(signalsWaiting);
    expect(await admit(ref, 'm0')).toEqual({ status: 'again' });
    expect(await admit(ref, 'new')).toMatchObject({ status: 'full', messages: loud });
    await subject.log.release(ref, ['m0']);
    expect(await admit(ref, 'new')).toEqual(OK);
  });

  test('what waits counts again in a log that was built anew', async () => {
    const ref = subject.fresh();
    const waiting = Array.from({ length: MOST - 1 }, (_, n) => ({ messageId: `m${n}`, bytes: 100 }));
    await subject.log.rebuild(ref, { expected: null, epoch: 1, info: INFO, events: [], waiting });
    expect(await admit(ref, 'm1')).toEqual(OK);
    expect(await admit(ref, 'last')).toEqual(OK);
    expect(await admit(ref, 'one-more')).toEqual({ status: 'full', messages: MOST, bytes: MOST * 100 });
  });

  test('so many bytes and no more, exactly', async () => {
    const ref = subject.fresh();
    expect(await admit(ref, 'big', MOST_BYTES - 10)).toEqual(OK);
    expect(await admit(ref, 'too-big', 11)).toEqual({ status: 'full', messages: 1, bytes: MOST_BYTES - 10 });
    expect(await admit(ref, 'fits', 10)).toEqual(OK);
    expect(await admit(ref, 'empty', 0)).toEqual(OK);
  });

  test.each([
    ['messages', 100, MOST],
    ['bytes', 10_000, Math.floor(MOST_BYTES / 10_000)],
  ] as const)('200 at once on two connections never exceed the bound of %s', async (_, bytes, most) => {
    const ref = subject.fresh();
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        (n % 2 ? subject.log : subject.other).admit(ref, { messageId: `m${n}`, bytes }),
      ),
    );
    expect(replies.filter(({ status }) => status === 'ok')).toHaveLength(most);
    expect(await admit(ref, 'one-more', bytes)).toEqual({
      status: 'full',
      messages: most,
      bytes: most * bytes,
    });
  });

  test('a message sent by many at once takes room once', async () => {
    const ref = subject.fresh();
    await fill(ref, MOST - 1);
    const again = Array.from({ length: 50 }, (_, n) =>
      (n % 2 ? subject.log : subject.other).admit(ref, { messageId: 'same', bytes: 100 }),
    );
    const statuses = (await Promise.all(again)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 'ok')).toHaveLength(LIMITS.messageSends);
    expect(statuses.filter((status) => status === 'again')).toHaveLength(50 - LIMITS.messageSends);
    expect(await admit(ref, 'one-more')).toMatchObject({ status: 'full', messages: MOST });
  });

  test('room is given back with an append, a begin or alone; twice is once, and a stranger is nobody', async () => {
    const ref = subject.fresh();
    await fill(ref);
    const known = await create(subject.log, ref);
    const steps = [
      () => subject.log.append(ref, { known, drafts: [], release: ['m1', 'never-seen'] }),
      () => subject.log.begin(ref, beginning(known, { release: ['m2'] })),
      () => subject.log.release(ref, ['m3']),
    ];
    for (const [index, give] of steps.entries()) {
      await give();
      await give();
      expect(await admit(ref, `next-${index}`)).toEqual(OK);
      expect(await admit(ref, 'one-more')).toMatchObject({ status: 'full', messages: MOST });
    }
    await subject.log.release(ref, []);
    expect(await admit(ref, 'one-more')).toMatchObject({ status: 'full' });
  });

  test('a write that finds no log gives nothing back: it comes again', async () => {
    const ref = subject.fresh();
    await fill(ref);
    const known = { epoch: 5, seq: 5 };
    of('lost', await subject.log.append(ref, { known, drafts: [], release: ['m1'] }));
    of('lost', await subject.log.begin(ref, beginning(known, { release: ['m1'] })));
    expect(await admit(ref, 'one-more')).toMatchObject({ status: 'full' });
  });

  test('a message that the log holds takes no room, and admission writes nothing to the log', async () => {
    const ref = subject.fresh();
    of('ok', await subject.log.append(ref, { known: START, drafts: [created(), message('accepted')] }));
    await fill(ref);
    expect(await admit(ref, 'accepted')).toEqual({ status: 'held' });
    expect(await admit(ref, 'one-more')).toMatchObject({ status: 'full', messages: MOST });
    expect(await all(subject.log, ref)).toHaveLength(2);
  });

  test('what is lost with the log starts from nothing', async () => {
    const ref = subject.fresh();
    await fill(ref);
    await subject.under.lose(ref);
    await fill(ref);
    expect(await admit(ref, 'one-more')).toMatchObject({ status: 'full', messages: MOST });
  });
}
