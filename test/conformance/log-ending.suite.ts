/** Part of `log.suite.ts`: a step ends once. */
import { expect, test } from '@jest/globals';
import { eventId, type EventDraft } from '../../src/contracts/index.ts';
import {
  all,
  AT,
  beginning,
  CANCEL,
  cancelled,
  completed,
  create,
  everything,
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

export function endingSuite(subject: LogSubject): void {
  test('a commit ends the step, and its turn with it', async () => {
    const ref = subject.fresh();
    const known = await speaking(subject.log, ref, 'Hel');
    const ends = [completed('Hello'), turnCompleted()];
    const reply = await subject.log.commit(ref, { known, step: STEP, attempt: 1, ends });
    expect(reply).toEqual({
      status: 'ended',
      position: { epoch: known.epoch, seq: 4 },
      placed: [],
      events: ends.map((draft, index) => ({ ...draft, seq: index + 3 })),
    });
    expect((await subject.log.read(ref, { limit: 2 }))?.open).toEqual([]);
  });

  test('a commit that ends the turn ends what else is open in it, and nothing of other turns', async () => {
    const ref = subject.fresh();
    const known = await speaking(subject.log, ref, 'Hel');
    of('ok', await subject.log.append(ref, { known, drafts: [stepStarted('t1.2')] }));
    of('begun', await subject.log.begin(ref, beginning(known, { turn: 't2', step: 't2.1', lead: [] })));
    const ends = [completed('Hello'), turnCompleted()];
    const closes = { turn: TURN, end: CANCEL };
    const reply = of('ended', await subject.log.commit(ref, { known, step: STEP, attempt: 1, ends, closes }));
    expect(reply.events).toMatchObject([
      { type: 'step.completed', step: STEP, seq: 4 },
      { type: 'step.cancelled', step: 't1.2', seq: 5 },
      { type: 'turn.completed', turn: TURN, seq: 6 },
    ]);
    expect((await subject.log.read(ref, { limit: 0 }))?.open).toMatchObject([{ step: 't2.1' }]);
  });

  test('repeating a commit changes nothing and gives the same answer', async () => {
    const ref = subject.fresh();
    const known = await speaking(subject.log, ref, 'Hello');
    const input = { known, step: STEP, attempt: 1, ends: [completed('Hello'), turnCompleted()] };
    const first = await subject.log.commit(ref, input);
    const after = await everything(subject.log, ref);
    expect(await subject.other.commit(ref, input)).toEqual(first);
    expect(await everything(subject.log, ref)).toEqual(after);
  });

  test('of many who commit at once, one is first, and all get its end', async () => {
    const ref = subject.fresh();
    const known = await speaking(subject.log, ref, 'Hello');
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, writer) =>
        (writer % 2 ? subject.log : subject.other).commit(ref, {
          known,
          step: STEP,
          attempt: 1,
          ends: [completed(`answer ${writer}`), turnCompleted()],
        }),
      ),
    );
    for (const reply of replies) expect(reply).toEqual(replies[0]);
    expect((await all(subject.log, ref)).filter(({ id }) => id === eventId.stepEnded(STEP))).toHaveLength(1);
  });

  test('a cancel that was first is the end that a commit gets', async () => {
    const ref = subject.fresh();
    const known = await speaking(subject.log, ref, 'Hel');
    const drafts = [cancelled(), turnCancelled()];
    const first = of('ok', await subject.log.append(ref, { known, drafts }));
    expect(first.events).toMatchObject([
      { data: { reason: 'asked', text: 'Hel' } },
      { type: 'turn.cancelled' },
    ]);
    const ends = [completed('Hello'), turnCompleted()];
    const reply = of('ended', await subject.log.commit(ref, { known, step: STEP, attempt: 1, ends }));
    expect(reply.events).toEqual(first.events);
    expect(await all(subject.log, ref)).toHaveLength(4);
  });

  test('a commit that was first is the end that a cancel gets', async () => {
    const ref = subject.fresh();
    const known = await speaking(subject.log, ref, 'Hello');
    const ends = [completed('Hello'), turnCompleted()];
    const first = of('ended', await subject.log.commit(ref, { known, step: STEP, attempt: 1, ends }));
    const drafts = [message('a'), cancelled(), turnCancelled()];
    const reply = of('ok', await subject.log.append(ref, { known, drafts }));
    expect(reply.events).toEqual(first.events);
    expect(reply.placed.map(({ seq }) => seq)).toEqual([5, 3, 4]);
  });

  test('a cancel takes the text of the newest attempt only', async () => {
    const ref = subject.fresh();
    const known = await speaking(subject.log, ref, 'old text');
    await subject.log.begin(ref, beginning(known, { owner: 'second' }));
    await subject.log.delta(ref, { step: STEP, attempt: 2, offset: 0, text: 'new' });
    const reply = of('ok', await subject.log.append(ref, { known, drafts: [cancelled()] }));
    expect(reply.events).toMatchObject([{ data: { text: 'new' } }]);
  });

  test('a failure that tells nothing of its own gets what the step has said; one that does keeps it', async () => {
    for (const [said, expected] of [
      [{ text: '' }, { text: 'Hello', reasoning: 'hm' }],
      [{ text: 'Hi' }, { text: 'Hi' }],
      [
        { text: '', reasoning: 'hm, no' },
        { text: '', reasoning: 'hm, no' },
      ],
    ] as const) {
      const ref = subject.fresh();
      const known = await speaking(subject.log, ref, 'Hello');
      const thought = { step: STEP, attempt: 1, offset: 0, text: 'hm', part: 'reasoning' as const };
      of('ok', await subject.log.delta(ref, thought));
      const id = eventId.stepEnded(STEP);
      const usage = { inputTokens: 1, outputTokens: 2 };
      const data = { code: 'agent_failed', message: 'why', usage, ...said };
      const failed: EventDraft = { id, type: 'step.failed', at: AT, turn: TURN, step: STEP, data };
      const reply = await subject.log.commit(ref, { known, step: STEP, attempt: 1, ends: [failed] });
      const { code, message: why } = data;
      expect(of('ended', reply).events[0]?.data).toEqual({ code, message: why, usage, ...expected });
    }
  });

  test('an end that names no step is kept as it is', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const { step: _step, ...lost } = cancelled();
    await subject.log.append(ref, { known, drafts: [lost] });
    expect((await all(subject.log, ref))[1]).toEqual({ ...lost, seq: 2 });
  });

  test('a step that is not open, and an attempt that has not begun, cannot be committed', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const input = { known, step: STEP, attempt: 1, ends: [completed('Hello')] };
    expect(await subject.log.commit(ref, input)).toEqual({ status: 'closed' });
    await subject.log.begin(ref, beginning(known));
    expect(await subject.log.commit(ref, { ...input, attempt: 2 })).toEqual({ status: 'closed' });
    expect(await all(subject.log, ref)).toHaveLength(2);
    expect(await subject.log.commit(subject.fresh(), input)).toEqual({ status: 'lost' });
  });

  test('a writer that has seen more than the log holds is told so, and nothing is written', async () => {
    const ref = subject.fresh();
    const { epoch, seq } = await speaking(subject.log, ref, 'Hello');
    const before = await everything(subject.log, ref);
    const input = { known: { epoch, seq: seq + 1 }, step: STEP, attempt: 1, ends: [completed('Hello')] };
    expect(await subject.log.commit(ref, input)).toEqual({ status: 'behind' });
    expect(await everything(subject.log, ref)).toEqual(before);
  });

  test('the bytes of a log are bounded when a commit is the last to write', async () => {
    const ref = subject.fresh();
    const small = subject.under.bounded(2_000);
    const known = await speaking(small, ref, '');
    await small.append(ref, { known, drafts: [message('a', 'x'.repeat(1_500))] });
    const ends = [completed('y'.repeat(1_500))];
    of('ended', await small.commit(ref, { known, step: STEP, attempt: 1, ends }));
    expect(await small.read(ref, { limit: 10 })).toMatchObject({ first: 4, events: [{ seq: 4 }] });
  });

  test('128 Ki of the widest characters are kept, also by a cancel', async () => {
    const ref = subject.fresh();
    const text = 'ä"\u0001🙂'.repeat(131_072 / 5);
    const known = await speaking(subject.log, ref, text);
    const reply = of('ok', await subject.log.append(ref, { known, drafts: [cancelled()] }));
    expect(reply.events).toMatchObject([{ data: { text } }]);
  });
}
