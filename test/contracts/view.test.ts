import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  applyEvent,
  emptyView,
  fitting,
  fittingOpen,
  LIMITS,
  openSteps,
  receiptOf,
  takeDelta,
  withOpenStep,
} from '../../src/contracts/index.ts';
import type { Delta, EventData, EventType, SessionEvent, SessionView } from '../../src/contracts/index.ts';

const EPOCH = 7;

function event<T extends EventType>(
  seq: number,
  type: T,
  data: EventData[T],
  extra: Partial<SessionEvent> = {},
): SessionEvent {
  const place = { v: 1, tenant: 'acme', session: 's1', epoch: EPOCH, seq, id: `e${seq}`, at: seq };
  // safety: `type` and `data` belong together by the signature.
  return { ...place, type, ...extra, data } as unknown as SessionEvent;
}

function fold(events: readonly SessionEvent[], from?: SessionView): SessionView {
  const info = { team: { name: 'sequence' }, agents: [], metadata: {}, createdAt: 1 } as const;
  return events.reduce(applyEvent, from ?? emptyView('acme', 's1', info, { epoch: EPOCH, seq: 0 }));
}

const [turn, step] = ['t1', 't1.1'];
const accepted = event(
  1,
  'message.accepted',
  { messageId: 'm1', parts: [{ type: 'text', text: 'hi' }], queued: false },
  { turn },
);
const started = event(2, 'turn.started', { messageIds: ['m1'] }, { turn });
const stepStarted = event(3, 'step.started', {}, { turn, step, agent: 'ann', attempt: 1 });
const running = fold([accepted, started, stepStarted]);

function delta(attempt: number, offset: number, text: string): Delta {
  return { session: 's1', step, attempt, offset, text };
}

describe('events', () => {
  test('each counts once and in order; others change nothing', () => {
    const all = [accepted, started, stepStarted];
    const anyOrder = fc.array(fc.constantFrom(...all), { maxLength: 20 });
    fc.assert(
      fc.property(anyOrder, (sent) => {
        const view = fold(sent);
        expect(view).toEqual(fold(all.slice(0, view.position.seq)));
      }),
    );
    const foreign = { ...stepStarted, epoch: EPOCH + 1, seq: 4 };
    expect(applyEvent(running, foreign)).toBe(running);
  });

  test('an unknown type moves the position and nothing else', () => {
    const unknown = { ...stepStarted, seq: 4, type: 'weather.changed' } as unknown as SessionEvent;
    expect(fold([unknown], running)).toEqual({ ...running, position: { epoch: EPOCH, seq: 4 } });
  });

  test('a turn waits for a place until it has one, or has ended', () => {
    const data = { limit: 'runningTurns', most: 2, used: 2, place: 3 } as const;
    const waiting = fold([accepted, started, event(3, 'quota.waiting', data, { turn })]);
    expect(waiting.turns).toMatchObject([{ turn, status: 'running', waiting: data }]);
    const cleared = event(4, 'quota.cleared', { limit: 'runningTurns', waitedMs: 5 }, { turn });
    const cancelled = event(4, 'turn.cancelled', { reason: 'asked' }, { turn });
    for (const end of [cleared, cancelled])
      expect(fold([end], waiting).turns[0]).not.toHaveProperty('waiting');
    expect(fold([cleared], fold([accepted, started, stepStarted])).turns).toEqual(running.turns);
  });

  test('a message goes from accepted to the end of its turn', () => {
    const ended = event(4, 'turn.failed', { code: 'agent_failed', message: 'no' }, { turn });
    const statuses = [fold([accepted]), running, fold([ended], running)].map((view) => {
      const receipt = receiptOf(view, 'm1')!;
      return [receipt.status, receipt.turnStatus];
    });
    expect(statuses).toEqual([
      ['accepted', undefined],
      ['consumed', 'running'],
      ['consumed', 'failed'],
    ]);
    expect(receiptOf(running, 'm2')).toBeNull();
  });

  test('a turn that ends before it starts rejects its messages', () => {
    const cancelled = fold([accepted, event(2, 'turn.cancelled', { reason: 'asked' }, { turn })]);
    expect(receiptOf(cancelled, 'm1')).toMatchObject({ status: 'rejected', code: 'turn_cancelled', turn });
    const reason = { code: 'unspecified', message: 'asked' };
    expect(cancelled.turns).toEqual([{ turn, messageIds: [], status: 'cancelled', reason }]);
  });

  test('a message that was refused for want of room, and then accepted, is there once', () => {
    const refused = event(1, 'message.rejected', { messageId: 'm1', code: 'inbox_full' });
    expect(receiptOf(fold([refused]), 'm1')).toMatchObject({ status: 'rejected', code: 'inbox_full' });
    const taken = fold([refused, { ...accepted, seq: 2 }]);
    expect(taken.entries).toHaveLength(1);
    expect(receiptOf(taken, 'm1')).toEqual({
      session: taken.session,
      messageId: 'm1',
      status: 'accepted',
      turn,
    });
  });

  test('old entries are dropped, and the view says so', () => {
    const count = LIMITS.snapshotEntries + 1;
    const many = Array.from({ length: count }, (_, at) =>
      event(at + 1, 'message.accepted', { messageId: `m${at}`, parts: [], queued: true }, { turn: `t${at}` }),
    );
    const full = fold(many.slice(0, -1));
    expect([full.entries.length, full.truncated]).toEqual([LIMITS.snapshotEntries, false]);
    const over = fold(many);
    expect([over.entries.length, over.truncated]).toEqual([LIMITS.snapshotEntries, true]);
    expect(receiptOf(over, 'm0')).toBeNull();
  });
});

describe('the text of a step', () => {
  test('any chunks, any of them repeated, give the text; a hole gives nothing', () => {
    const chunks = fc.array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.boolean()));
    fc.assert(
      fc.property(chunks, (all) => {
        let view = running;
        let text = '';
        for (const [chunk, twice] of all) {
          const piece = delta(1, text.length, chunk);
          text += chunk;
          const taken = takeDelta(view, piece);
          expect(taken).toMatchObject({ fit: 'new', delta: piece });
          if (taken.fit === 'new') view = taken.view;
          if (twice) expect(takeDelta(view, piece)).toEqual({ fit: 'old' });
          expect(takeDelta(view, delta(1, text.length + 1, 'x'))).toEqual({ fit: 'hole' });
        }
        expect(openSteps(view)).toEqual([{ step, attempt: 1, text }]);
        const whole = takeDelta(view, delta(1, 0, `${text}!`));
        expect(whole).toMatchObject({ fit: 'new', delta: { offset: text.length, text: '!' } });
      }),
    );
  });

  test('a higher attempt withdraws it, a lower one is ignored', () => {
    const open = withOpenStep(running, { step, attempt: 2, text: 'old' });
    expect(takeDelta(open, delta(1, 3, 'late'))).toEqual({ fit: 'old' });
    const anew = takeDelta(open, delta(3, 0, 'new'));
    expect(anew.fit === 'new' && openSteps(anew.view)).toEqual([{ step, attempt: 3, text: 'new' }]);
    expect(takeDelta(open, delta(3, 3, 'hole'))).toEqual({ fit: 'hole' });
    expect(takeDelta(open, { ...delta(1, 0, 'x'), step: 't9.1' })).toEqual({ fit: 'stranger' });
  });

  test('a restart withdraws the attempts before, but not text of its own that was faster than it', () => {
    const restarted = event(4, 'step.restarted', { reason: 'worker lost' }, { turn, step, attempt: 2 });
    const old = withOpenStep(running, { step, attempt: 1, text: 'old' });
    expect(openSteps(fold([restarted], old))).toEqual([{ step, attempt: 2, text: '' }]);
    const ahead = withOpenStep(running, { step, attempt: 2, text: 'new' });
    expect(openSteps(fold([restarted], ahead))).toEqual([{ step, attempt: 2, text: 'new' }]);
  });

  test('its end has the last word, and nothing is open after it', () => {
    const heard = withOpenStep(running, { step, attempt: 1, text: 'part of i' });
    const usage = { inputTokens: 1, outputTokens: 2 };
    const done = event(4, 'step.completed', { text: 'part of it', usage }, { turn, step, attempt: 1 });
    const view = fold([done], heard);
    expect(view.entries.at(-1)).toMatchObject({ status: 'completed', text: 'part of it', usage });
    expect(openSteps(view)).toEqual([]);
  });
});

describe('reasoning', () => {
  const thought = (attempt: number, offset: number, text: string): Delta => ({
    ...delta(attempt, offset, text),
    part: 'reasoning',
  });
  const take = (view: SessionView, piece: Delta): SessionView => {
    const taken = takeDelta(view, piece);
    return taken.fit === 'new' ? taken.view : view;
  };

  test('has offsets of its own, beside those of the text', () => {
    const pieces = [thought(1, 0, 'let me '), delta(1, 0, 'It '), thought(1, 7, 'see'), delta(1, 3, 'is')];
    const view = pieces.reduce(take, running);
    expect(openSteps(view)).toEqual([{ step, attempt: 1, text: 'It is', reasoning: 'let me see' }]);
    expect(takeDelta(view, thought(1, 7, 'see'))).toEqual({ fit: 'old' });
    expect(takeDelta(view, thought(1, 11, 'x'))).toEqual({ fit: 'hole' });
    expect(takeDelta(view, thought(1, 7, 'see!'))).toMatchObject({ delta: { ...thought(1, 10, '!') } });
  });

  test('is withdrawn with the text by a higher attempt, whichever of the two comes first', () => {
    const open = withOpenStep(running, { step, attempt: 1, text: 'a', reasoning: 'b' });
    expect(openSteps(take(open, delta(2, 0, 'c')))).toEqual([{ step, attempt: 2, text: 'c' }]);
    expect(openSteps(take(open, thought(2, 0, 'd')))).toEqual([
      { step, attempt: 2, text: '', reasoning: 'd' },
    ]);
    const restarted = event(4, 'step.restarted', { reason: 'worker lost' }, { turn, step, attempt: 2 });
    expect(openSteps(fold([restarted], open))).toEqual([{ step, attempt: 2, text: '' }]);
  });

  test('a snapshot of the step replaces it, also with none', () => {
    const open = withOpenStep(running, { step, attempt: 1, text: 'a', reasoning: 'b' });
    expect(withOpenStep(open, { step, attempt: 1, text: 'ab' }).entries.at(-1)).not.toHaveProperty(
      'reasoning',
    );
  });

  test.each([
    ['step.completed', { text: 'x', reasoning: 'all of it' }],
    ['step.failed', { text: 'x', reasoning: 'all of it', code: 'agent_failed', message: 'no' }],
    ['step.cancelled', { text: 'x', reasoning: 'all of it', reason: 'asked' }],
  ] as const)('%s has the last word on it', (type, data) => {
    const open = withOpenStep(running, { step, attempt: 1, text: 'a', reasoning: 'all' });
    expect(fold([event(4, type, data, { turn, step })], open).entries.at(-1)).toMatchObject({
      text: 'x',
      reasoning: 'all of it',
    });
    const { reasoning: _none, ...without } = data;
    expect(fold([event(4, type, without, { turn, step })], open).entries.at(-1)).not.toHaveProperty(
      'reasoning',
    );
  });

  test('counts against the bound of a view', () => {
    const open = withOpenStep(running, { step, attempt: 1, text: 'a', reasoning: 'b'.repeat(10) });
    expect(fitting(open, 11).entries).toHaveLength(1);
    expect(fitting(open, 13).entries).toHaveLength(2);
    const later = event(4, 'message.accepted', { messageId: 'm2', parts: [], queued: true }, { turn: 't2' });
    expect(fitting(fold([later], open), 0).entries).toHaveLength(1);
    expect(fittingOpen(fold([later], open), 0)).toMatchObject({ truncated: true, entries: [{ step }, {}] });
  });
});

describe('a pause, and what attempts cost', () => {
  const waiting = { code: 'agent_rate_limited', message: 'Later.', until: 99 };
  const paused = fold([event(4, 'step.waiting', waiting, { turn, step, attempt: 1 })], running);
  const at = { turn, step, attempt: 2 };

  test('a pause is shown until the next sign of life', () => {
    expect(paused.entries.at(-1)).toMatchObject({ status: 'running', waiting });
    const restarted = fold([event(5, 'step.restarted', { reason: 'again' }, at)], paused);
    const ended = fold([event(5, 'step.completed', { text: 'x' }, at)], paused);
    const heard = takeDelta(paused, delta(2, 0, 'x'));
    expect(heard.fit).toBe('new');
    for (const view of [restarted, ended, ...(heard.fit === 'new' ? [heard.view] : [])])
      expect(view.entries.at(-1)).not.toHaveProperty('waiting');
  });

  test('a pause that is heard after a delta of the next attempt is over', () => {
    const ahead = withOpenStep(running, { step, attempt: 2, text: 'x' });
    const late = fold([event(4, 'step.waiting', waiting, { turn, step, attempt: 1 })], ahead);
    expect(late.entries.at(-1)).not.toHaveProperty('waiting');
  });

  test('usage is the sum over all attempts; a count that nobody gave is absent', () => {
    const first = { inputTokens: 10, outputTokens: 1, cachedTokens: 4 };
    const last = { inputTokens: 10, outputTokens: 5, reasoningTokens: 3 };
    const again = event(4, 'step.restarted', { reason: 'again', usage: first }, at);
    const done = event(5, 'step.completed', { text: 'x', usage: last, finish: 'length' }, at);
    expect(fold([again, done], running).entries.at(-1)).toMatchObject({
      usage: { inputTokens: 20, outputTokens: 6, cachedTokens: 4, reasoningTokens: 3 },
      finish: 'length',
    });
    const unknown = event(5, 'step.cancelled', { text: 'x', reason: 'asked' }, at);
    expect(fold([again, unknown], running).entries.at(-1)).toMatchObject({ usage: first });
  });

  test('a failure says when to come back, and nothing that belongs elsewhere', () => {
    const why = { code: 'agent_rate_limited', message: 'Later.', retryAt: 99 };
    const failed = event(
      4,
      'step.failed',
      { ...why, text: '', usage: { inputTokens: 1, outputTokens: 0 } },
      at,
    );
    const entry = fold([failed], running).entries.at(-1);
    expect(entry).toHaveProperty('failure', why);
  });
});

test('an interrupted session keeps what runs until it is ended, and is open again once reopened', () => {
  const interrupted = fold([event(4, 'session.interrupted', { reason: 'terminated' })], running);
  expect(interrupted.status).toBe('interrupted');
  expect(interrupted.turns).toMatchObject([{ turn, status: 'running' }]);
  const lost = { code: 'session_interrupted', message: 'The workflow ended.' };
  const ended = fold(
    [
      event(5, 'step.failed', { ...lost, text: '' }, { turn, step }),
      event(6, 'turn.failed', lost, { turn }),
      event(7, 'session.reopened', {}),
    ],
    interrupted,
  );
  expect(ended).toMatchObject({ status: 'open', turns: [{ turn, status: 'failed', failure: lost }] });
});
