/** Part of `log.suite.ts`: attempts of a step, and who may make them. */
import { expect, test } from '@jest/globals';
import { eventId, START } from '../../src/contracts/index.ts';
import {
  all,
  beginning,
  CANCEL,
  cancelled,
  completed,
  create,
  created,
  everything,
  INFO,
  message,
  of,
  speaking,
  STEP,
  stepStarted,
  TURN,
  turnCancelled,
  turnCompleted,
} from '../log/drafts.ts';
import type { LogSubject } from './log.suite.ts';

export function beginningSuite(subject: LogSubject): void {
  test('appends the lead, opens attempt 1 and tells what is new since a position', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const lead = [message('a'), stepStarted()];
    const begun = of('begun', await subject.log.begin(ref, beginning(known, { lead, since: known })));
    expect(begun).toEqual({
      status: 'begun',
      position: { epoch: known.epoch, seq: 3 },
      attempt: 1,
      placed: [
        { id: lead[0]!.id, seq: 2 },
        { id: lead[1]!.id, seq: 3 },
      ],
      restarted: null,
      info: null,
      fresh: lead.map((draft, index) => ({ ...draft, seq: index + 2 })),
    });
    expect((await subject.log.read(ref, { limit: 1 }))?.open).toEqual([
      { step: STEP, turn: TURN, agent: 'writer', attempt: 1, text: '' },
    ]);
  });

  test('with a position of another epoch, all events and the info are told', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    for (const since of [START, { epoch: known.epoch - 1, seq: 1 }]) {
      const begun = of('begun', await subject.log.begin(ref, beginning(known, { since })));
      expect(begun.info).toEqual(INFO);
      expect(begun.fresh.map(({ seq }) => seq)).toEqual([1, 2]);
    }
  });

  test('the first step creates the log of its session', async () => {
    const ref = subject.fresh();
    const begun = await subject.log.begin(ref, beginning(START, { lead: [created(), stepStarted()] }));
    expect(of('begun', begun)).toMatchObject({ attempt: 1, position: { seq: 2 }, info: INFO });
    expect(await subject.log.begin(subject.fresh(), beginning(START))).toEqual({ status: 'lost' });
  });

  test('repeated by the same owner, it keeps its attempt and text, and gives the same answer', async () => {
    const ref = subject.fresh();
    const input = beginning(await create(subject.log, ref));
    const first = await subject.log.begin(ref, input);
    await subject.log.delta(ref, { step: STEP, attempt: 1, offset: 0, text: 'Hel' });
    const after = await everything(subject.log, ref);
    expect(await subject.other.begin(ref, input)).toEqual(first);
    expect(await everything(subject.log, ref)).toEqual(after);
    of('ok', await subject.log.delta(ref, { step: STEP, attempt: 1, offset: 3, text: 'lo' }));
  });

  test('another owner supersedes: step.restarted, no text, the old attempt is fenced', async () => {
    const ref = subject.fresh();
    const known = await speaking(subject.log, ref, 'Hello');
    const input = beginning(known, { owner: 'second', since: known });
    const begun = of('begun', await subject.other.begin(ref, input));
    const restarted = {
      id: eventId.stepRestarted(STEP, 2),
      type: 'step.restarted',
      at: input.at,
      turn: input.turn,
      step: STEP,
      attempt: 2,
      agent: 'writer',
      data: { reason: input.reason },
      seq: known.seq + 1,
    };
    expect(begun).toMatchObject({
      attempt: 2,
      restarted,
      fresh: [restarted],
      position: { seq: restarted.seq },
    });
    expect((await subject.log.read(ref, { limit: 1 }))?.open).toMatchObject([
      { step: STEP, attempt: 2, text: '' },
    ]);
    expect(await subject.log.delta(ref, { step: STEP, attempt: 1, offset: 5, text: '!' })).toEqual({
      status: 'fenced',
      attempt: 2,
    });
    const commit = { known, step: STEP, attempt: 1, ends: [completed('Hello')] };
    expect(await subject.log.commit(ref, commit)).toEqual({ status: 'fenced', attempt: 2 });
    expect(await subject.log.begin(ref, input)).toEqual(begun);
    expect(await all(subject.log, ref)).toHaveLength(restarted.seq);
  });

  test('each further owner gets the next attempt, and each restart is told once', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      const input = beginning(known, { owner: `owner ${attempt}` });
      expect(of('begun', await subject.log.begin(ref, input)).attempt).toBe(attempt);
    }
    const restarts = (await all(subject.log, ref)).filter(({ type }) => type === 'step.restarted');
    expect(restarts.map(({ id, attempt }) => [id, attempt])).toEqual(
      Array.from({ length: 11 }, (_, index) => [eventId.stepRestarted(STEP, index + 2), index + 2]),
    );
  });

  test.each([
    ['signs of patterns', 't1-2.%1', 'a%b^$', 'why: %1 %0 [x] (y) - . *'],
    ['its own marks in the texts', STEP, '"attempt":0', `step:${STEP}:restart:0 "attempt":0,"id":""`],
    ['a step that is called turn', 'turn', 'turn', 'turn'],
    ['quotes, backslashes and other scripts', 'q"\\é👩', 'é"\\', 'line\n\u2028\u0000"\\'],
    ['digits at the end', 't10.10', 'agent0', '0'],
  ])('a restart keeps %s', async (_, step, agent, reason) => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const change = { step, agent, reason, lead: [] };
    await subject.log.begin(ref, beginning(known, change));
    const again = { ...change, owner: 'second' };
    const { restarted } = of('begun', await subject.log.begin(ref, beginning(known, again)));
    expect(restarted).toMatchObject({
      id: eventId.stepRestarted(step, 2),
      step,
      agent,
      attempt: 2,
      data: { reason },
    });
    expect(of('begun', await subject.log.begin(ref, beginning(known, again))).restarted).toEqual(restarted);
    expect((await all(subject.log, ref)).at(-1)).toEqual(restarted);
    const end = await subject.log.append(ref, { known, drafts: [completed('x', step)] });
    expect(of('ok', end).events).toHaveLength(1);
    expect((await subject.log.read(ref, { limit: 1 }))?.open).toEqual([]);
  });

  test('a lower order than the newest attempt has is fenced and writes nothing', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const begin = (owner: string, order: number, lead = [stepStarted()]) =>
      subject.log.begin(ref, beginning(known, { owner, order, lead }));
    expect(of('begun', await begin('first', 1)).attempt).toBe(1);
    expect(of('begun', await begin('third', 3)).attempt).toBe(2);
    const before = await everything(subject.log, ref);
    expect(await begin('second', 2, [message('late')])).toEqual({ status: 'fenced', attempt: 2 });
    expect(await begin('first', 1)).toEqual({ status: 'fenced', attempt: 2 });
    expect(await everything(subject.log, ref)).toEqual(before);
    expect(of('begun', await begin('fourth', 4)).attempt).toBe(3);
  });

  test('an order may be as large as a clock: it fences exactly and does not enter the attempt', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const begin = (owner: string, order: number) =>
      subject.log.begin(ref, beginning(known, { owner, order }));
    expect(of('begun', await begin('first', Number.MAX_SAFE_INTEGER - 1)).attempt).toBe(1);
    expect(of('begun', await begin('second', Number.MAX_SAFE_INTEGER)).attempt).toBe(2);
    expect(await begin('first', Number.MAX_SAFE_INTEGER - 1)).toEqual({ status: 'fenced', attempt: 2 });
  });

  test('an owner that had an attempt before the log was built anew keeps at least its number', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const begin = (owner: string, atLeast: number) =>
      subject.log.begin(ref, beginning(known, { owner, atLeast }));
    expect(of('begun', await begin('second', 2))).toMatchObject({ attempt: 2, restarted: null });
    expect(of('begun', await begin('third', 0)).attempt).toBe(3);
    expect(of('begun', await begin('seventh', 7))).toMatchObject({ attempt: 7, restarted: { attempt: 7 } });
  });

  test('a step that has ended answers its stored end, and that of its turn, to whoever begins', async () => {
    const ref = subject.fresh();
    const known = await speaking(subject.log, ref, 'Hello');
    const ends = [completed('Hello'), turnCompleted()];
    const done = of('ended', await subject.log.commit(ref, { known, step: STEP, attempt: 1, ends }));
    for (const change of [{}, { owner: 'second', order: 9, atLeast: 9 }]) {
      const again = of('ended', await subject.log.begin(ref, beginning(known, change)));
      expect(again).toEqual({ ...done, placed: [{ id: stepStarted().id, seq: 2 }] });
    }
    expect((await subject.log.read(ref, { limit: 1 }))?.open).toEqual([]);
  });

  test('in a turn that has ended no step begins: its end is the answer, the rest of the lead is taken', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    await subject.log.append(ref, { known, drafts: [turnCancelled()] });
    const input = beginning(known, { lead: [message('a'), stepStarted()] });
    const reply = of('ended', await subject.log.begin(ref, input));
    expect(reply).toEqual({
      status: 'ended',
      position: { epoch: known.epoch, seq: 3 },
      placed: [{ id: message('a').id, seq: 3 }],
      events: [{ ...turnCancelled(), seq: 2 }],
    });
    expect(await subject.other.begin(ref, input)).toEqual(reply);
    expect(await all(subject.log, ref)).toHaveLength(3);
    const closes = { turn: TURN, end: CANCEL };
    expect(of('ok', await subject.log.append(ref, { known, drafts: [], closes })).events).toEqual([]);
  });

  test('a step that was ended before it began still takes the lead to the log', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    await subject.log.append(ref, { known, drafts: [cancelled()] });
    const reply = of('ended', await subject.log.begin(ref, beginning(known, { lead: [message('a')] })));
    expect(reply).toMatchObject({ placed: [{ seq: 3 }], position: { seq: 3 } });
    expect(reply.events).toMatchObject([{ type: 'step.cancelled', seq: 2, data: { text: '' } }]);
  });

  test('a writer that has seen more than the log holds is told so, and nothing is written', async () => {
    const ref = subject.fresh();
    const { epoch, seq } = await create(subject.log, ref);
    const before = await everything(subject.log, ref);
    const ahead = { epoch, seq: seq + 1 };
    expect(await subject.log.begin(ref, beginning(ahead))).toEqual({ status: 'behind' });
    expect(await everything(subject.log, ref)).toEqual(before);
  });

  test('the bytes of a log are bounded when only steps write to it', async () => {
    const ref = subject.fresh();
    const small = subject.under.bounded(4_000);
    const known = await create(small, ref);
    for (let index = 0; index < 40; index += 1) {
      const lead = [message(`m${index}`, 'x'.repeat(300))];
      await small.begin(ref, beginning(known, { owner: `owner ${index}`, lead }));
    }
    await small.append(ref, { known, drafts: [cancelled()] });
    await small.begin(ref, beginning(known, { lead: [message('last', 'x'.repeat(3_000))] }));
    const slice = (await small.read(ref, { after: 0, limit: 1_000 }))!;
    expect(Buffer.byteLength(JSON.stringify(slice.events))).toBeLessThan(6_000);
    expect(slice.events[0]?.seq).toBe(slice.first);
  });
}
