/** Part of `log.suite.ts`: a turn that ends takes its open steps with it. */
import { expect, test } from '@jest/globals';
import {
  eventId,
  LIMITS,
  type EventDraft,
  type LoggedEvent,
  type SessionRef,
} from '../../src/contracts/index.ts';
import type { AppendInput } from '../../src/log/index.ts';
import {
  all,
  AT,
  beginning,
  CANCEL,
  completed,
  create,
  everything,
  INFO,
  message,
  of,
  speaking,
  stepStarted,
  TURN,
  turnCancelled,
  turnCompleted,
} from '../log/drafts.ts';
import type { LogSubject } from './log.suite.ts';

const closes = { turn: TURN, end: CANCEL };

function cancelledEnd(seq: number, step: string, said: { text: string; reasoning?: string }): LoggedEvent {
  const place = { turn: TURN, step, agent: 'writer', attempt: 1 };
  return { ...CANCEL, id: eventId.stepEnded(step), ...place, data: { ...CANCEL.data, ...said }, seq };
}

export function closingSuite(subject: LogSubject): void {
  /** Steps of one turn that speak at the same time; answers the position. */
  async function branches(ref: SessionRef, steps: readonly string[]) {
    const known = await create(subject.log, ref);
    for (const step of steps) {
      of('begun', await subject.log.begin(ref, beginning(known, { step, agent: 'writer' })));
      of('ok', await subject.log.delta(ref, { step, attempt: 1, offset: 0, text: `text of ${step}` }));
    }
    return { epoch: known.epoch, seq: 1 + steps.length };
  }

  test('one step alone ends with what it has said; one that has ended is told, one that never began is not', async () => {
    const ref = subject.fresh();
    const known = await branches(ref, ['t1.1', 't1.2']);
    const only = (step: string): AppendInput => ({ known, drafts: [], closes: { ...closes, step } });
    const end = cancelledEnd(4, 't1.1', { text: 'text of t1.1' });
    for (const _time of ['first', 'again']) {
      expect(of('ok', await subject.log.append(ref, only('t1.1'))).events).toEqual([end]);
    }
    expect(of('ok', await subject.log.append(ref, only('t1.3'))).events).toEqual([]);
    const slice = await subject.log.read(ref, { limit: 0 });
    expect(slice?.open.map(({ step }) => step)).toEqual(['t1.2']);
  });

  test('each open step of the turn ends with what it has said, in the order of opening, then the turn', async () => {
    const ref = subject.fresh();
    const known = await branches(ref, ['t1.10', 't1.9', 't1.1']);
    of('begun', await subject.log.begin(ref, beginning(known, { turn: 't2', step: 't2.1' })));
    const thought = { step: 't1.9', attempt: 1, offset: 0, text: 'hm', part: 'reasoning' as const };
    of('ok', await subject.log.delta(ref, thought));
    const input: AppendInput = { known, drafts: [message('m'), turnCancelled(), message('n')], closes };
    const reply = of('ok', await subject.log.append(ref, input));
    expect(reply.events).toEqual([
      cancelledEnd(7, 't1.10', { text: 'text of t1.10' }),
      cancelledEnd(8, 't1.9', { text: 'text of t1.9', reasoning: 'hm' }),
      cancelledEnd(9, 't1.1', { text: 'text of t1.1' }),
      { ...turnCancelled(), seq: 10 },
    ]);
    expect(reply.placed.map(({ seq }) => seq)).toEqual([6, 10, 11]);
    const slice = await subject.other.read(ref, { after: 5, limit: 9 });
    expect(slice?.events).toHaveLength(6);
    expect(slice?.open).toEqual([{ step: 't2.1', turn: 't2', agent: 'writer', attempt: 1, text: '' }]);
  });

  test('what steps have said that speak side by side is cut to what a report can carry', async () => {
    const ref = subject.fresh();
    const steps = Array.from({ length: 8 }, (_, index) => `t1.${index + 1}`);
    const known = await branches(ref, steps);
    const long = '\u0001\u{1f600}é"'.repeat(20_000);
    for (const step of steps.slice(1)) {
      const { length: offset } = `text of ${step}`;
      of('ok', await subject.log.delta(ref, { step, attempt: 1, offset, text: long }));
    }
    const reply = of('ok', await subject.log.append(ref, { known, drafts: [turnCancelled()], closes }));
    const texts = reply.events.flatMap(({ type, data }) => (type === 'step.cancelled' ? [data.text] : []));
    expect(texts).toHaveLength(steps.length);
    const [short, ...cut] = texts;
    expect(short).toBe('text of t1.1');
    for (const [index, text] of cut.entries()) {
      expect(`text of ${steps[index + 1]}${long}`.startsWith(text)).toBe(true);
      expect(text.isWellFormed()).toBe(true);
    }
    const bytes = Buffer.byteLength(JSON.stringify(texts));
    expect(bytes).toBeLessThanOrEqual(LIMITS.closesBytes);
    expect(bytes).toBeGreaterThan(0.8 * LIMITS.closesBytes);
  });

  test('repeated, also when others wrote meanwhile, it changes nothing and reports the same ends', async () => {
    const ref = subject.fresh();
    const known = await branches(ref, ['t1.1', 't1.2']);
    const input = { known, drafts: [turnCancelled()], closes };
    const first = await subject.log.append(ref, input);
    const before = await everything(subject.log, ref);
    expect(await subject.other.append(ref, input)).toEqual(first);
    expect(await everything(subject.log, ref)).toEqual(before);
    await subject.log.append(ref, { known, drafts: [turnCompleted('t2'), message('m')] });
    expect(of('ok', await subject.log.append(ref, input)).events).toEqual(of('ok', first).events);
  });

  test('a failure ends them with its code; a turn that somebody else has ended keeps its end', async () => {
    const ref = subject.fresh();
    const known = await branches(ref, ['t1.1']);
    await subject.log.append(ref, { known, drafts: [turnCompleted()] });
    const data = { code: 'worker_lost', message: 'The worker was lost.' };
    const failed: EventDraft = { id: eventId.turnEnded(TURN), type: 'turn.failed', at: AT, turn: TURN, data };
    const input = {
      known,
      drafts: [failed],
      closes: { turn: TURN, end: { type: 'step.failed', at: AT, data } as const },
    };
    expect(of('ok', await subject.log.append(ref, input)).events).toMatchObject([
      { type: 'step.failed', seq: 4, attempt: 1, data: { ...data, text: 'text of t1.1' } },
      { type: 'turn.completed', seq: 3 },
    ]);
  });

  test('steps that have ended, of this or another way, are not ended again; without open ones it is an append', async () => {
    const ref = subject.fresh();
    const known = await branches(ref, ['t1.1', 't1.2']);
    const ends = [completed('all', 't1.1')];
    of('ended', await subject.log.commit(ref, { known, step: 't1.1', attempt: 1, ends }));
    const reply = of('ok', await subject.log.append(ref, { known, drafts: [], closes }));
    expect(reply.events).toEqual([cancelledEnd(5, 't1.2', { text: 'text of t1.2' })]);
    const other = of(
      'ok',
      await subject.log.append(ref, { known, drafts: [], closes: { ...closes, turn: 't9' } }),
    );
    expect(other).toMatchObject({ placed: [], events: [], position: { seq: 5 } });
  });

  test('a step that started and was never begun ends too: after a loss, or because its attempt never came', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const started = stepStarted('t1.7');
    await subject.log.append(ref, { known, drafts: [started] });
    const expected = { epoch: known.epoch, seq: 2 };
    const end = { id: eventId.stepEnded('t1.7'), step: 't1.7', agent: 'writer', data: { text: '' } };
    expect((await subject.log.read(ref, { limit: 1 }))?.open).toEqual([]);

    // The newest event alone fits: the start of the step was trimmed.
    const events = [{ ...message('m9'), seq: 9 }];
    const at = await subject.log.rebuild(ref, { expected, epoch: 1, info: INFO, events, started: [started] });
    expect((await subject.log.read(ref, { limit: 1 }))?.open).toEqual([]);
    const piece = { step: 't1.7', attempt: 1, offset: 0, text: 'x' };
    expect(await subject.log.delta(ref, piece)).toEqual({ status: 'closed' });
    const reply = of('ok', await subject.log.append(ref, { known: at, drafts: [turnCancelled()], closes }));
    expect(reply.events).toMatchObject([{ ...end, seq: 10 }, { type: 'turn.cancelled' }]);
    expect(reply.events[0]).not.toHaveProperty('attempt');
    expect(of('ended', await subject.log.begin(ref, beginning(at, { step: 't1.7' }))).events).toEqual(
      reply.events,
    );
  });

  test('a step that started before it is begun is attempt 1, without a restart', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    await subject.log.append(ref, { known, drafts: [stepStarted()] });
    const begun = of('begun', await subject.log.begin(ref, beginning(known)));
    expect(begun).toMatchObject({ attempt: 1, restarted: null, position: { seq: 2 } });
  });

  test('what was closed is forgotten with its events: nothing grows', async () => {
    const ref = subject.fresh();
    const small = subject.under.bounded(2_000);
    const known = await speaking(small, ref, 'Hello');
    const input = { known, drafts: [turnCancelled()], closes };
    expect(of('ok', await small.append(ref, input)).events).toHaveLength(2);
    await small.append(ref, { known, drafts: [message('big', 'x'.repeat(3_000))] });
    // The turn's end is unknown again, as every id that was trimmed; the step's end is not told twice.
    expect(of('ok', await small.append(ref, input)).events).toMatchObject([
      { type: 'turn.cancelled', seq: 6 },
    ]);
    expect((await all(small, ref)).map(({ seq }) => seq)).toEqual([6]);
  });
}
