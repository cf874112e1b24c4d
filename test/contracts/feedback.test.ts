/** Feedback: what a view has of it, who is told, how it becomes a fact, and which turns are scored. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isMessage } from '../../src/contracts/engine/incoming.ts';
import { Ledger } from '../../src/contracts/engine/ledger.ts';
import {
  applyEvent,
  disclosedTo,
  emptyView,
  envelope,
  INSIDER,
  isSampled,
  LIMITS,
  publishedFact,
  STRANGER,
} from '../../src/contracts/index.ts';
import type { Feedback, GivenFeedback, SessionEvent, SessionView } from '../../src/contracts/index.ts';

const ref = { tenant: 'acme', session: 's' };
const INFO = { team: { name: 'sequence' }, agents: [], metadata: {}, createdAt: 1 } as const;

const message = (feedback: Feedback, messageId = 'fb_1') => ({
  ...{ messageId, parts: [], channel: 'feedback', feedback, receivedAt: 1 },
});
const event = (feedback: Feedback, seq: number): SessionEvent =>
  envelope(ref, 7, { ...publishedFact(message(feedback, `fb_${seq}`), seq), seq });

function fold(given: readonly Feedback[], reader = INSIDER): SessionView {
  const events = given.map((feedback, index) => disclosedTo(reader, event(feedback, index + 1)));
  return events.reduce(applyEvent, emptyView('acme', 's', INFO, { epoch: 7, seq: 0 }));
}

const place = (each: Feedback): string => JSON.stringify([each.turn, each.step, each.by]);
/** By their places: in whatever order they came. */
const standing = (view: SessionView): Readonly<Record<string, GivenFeedback>> =>
  Object.fromEntries((view.feedback ?? []).map((each) => [place(each), each]));

const anyFeedback = fc.record(
  {
    turn: fc.constantFrom('t1', 't2'),
    step: fc.constantFrom('t1.1', 't2.1'),
    by: fc.constantFrom('Ada', 'Bob', 'scorer:judge'),
    thumb: fc.constantFrom('up', 'down'),
    score: fc.constantFrom(0, 0.5, 1),
    retracted: fc.constant(true),
    private: fc.constant(true),
  },
  { requiredKeys: ['turn', 'by'] },
) as fc.Arbitrary<Feedback>;

describe('a view', () => {
  test('has the last word of each giver on a turn or step, of what all are told, whoever folds it', () => {
    fc.assert(
      fc.property(fc.array(anyFeedback, { maxLength: 30 }), (given) => {
        const open = given.filter((each) => !each.private);
        const last = new Map(open.map((each) => [place(each), each]));
        const expected = [...last].filter(([, { retracted }]) => !retracted);
        const view = fold(given);
        expect(Object.keys(standing(view)).sort()).toEqual(expected.map(([key]) => key).sort());
        for (const [key, each] of expected) expect(standing(view)[key]).toMatchObject(each);
        // What is withheld from strangers leaves them the same view.
        expect(fold(given, STRANGER)).toEqual(view);
      }),
    );
  });

  test('comes out the same in any order of different givers', () => {
    const given: readonly Feedback[] = ['Ada', 'Bob', 'Cy', 'Di'].map((by) => ({
      turn: 't1',
      by,
      thumb: 'up',
    }));
    const strip = (view: SessionView): unknown => Object.keys(standing(view)).sort();
    fc.assert(
      fc.property(fc.shuffledSubarray([...given], { minLength: 4 }), (shuffled) => {
        expect(strip(fold(shuffled))).toEqual(strip(fold(given)));
      }),
    );
  });

  test('holds the newest only', () => {
    const given = Array.from({ length: LIMITS.snapshotEntries + 5 }, (_, index) => ({
      turn: 't1',
      by: `p${index}`,
    }));
    const { feedback = [] } = fold(given);
    expect(feedback).toHaveLength(LIMITS.snapshotEntries);
    expect(feedback[0]!.by).toBe('p5');
  });
});

test('private feedback is told to its giver and to insiders; to others its place alone', () => {
  const told = event({ turn: 't1', by: 'Ada', comment: 'SECRET', private: true }, 4);
  expect(disclosedTo(INSIDER, told)).toBe(told);
  expect(disclosedTo({ subject: 'Ada' }, told)).toBe(told);
  for (const reader of [STRANGER, { subject: 'Bob' }]) {
    const seen = disclosedTo(reader, told);
    expect(seen).toMatchObject({
      type: 'feedback.given',
      seq: 4,
      id: 'withheld:4',
      data: { withheld: true },
    });
    expect(JSON.stringify(seen)).not.toMatch(/SECRET|Ada|t1/);
  }
});

test('what is no feedback is no message', () => {
  const good: Feedback = { turn: 't1', by: 'Ada', score: 0.5, label: 'ok', comment: 'Fine.' };
  expect(isMessage(message(good))).toBe(true);
  const bad: readonly object[] = [
    { ...good, turn: 'x' },
    { ...good, step: '../..' },
    { ...good, by: '' },
    { ...good, thumb: 'sideways' },
    { ...good, score: '1' },
    { ...good, label: 'two words' },
    { ...good, comment: 'x'.repeat(LIMITS.commentChars + 1) },
  ];
  for (const each of bad) expect(isMessage(message(each as Feedback))).toBe(false);
  const { channel: _, ...lone } = message(good);
  expect(isMessage(lone)).toBe(false);
});

test('feedback that an interrupted session had taken counts once', () => {
  const ledger = new Ledger('s', { receipts: [], inbox: [], turns: 1, open: [] });
  ledger.note(publishedFact(message({ turn: 't1', by: 'Ada', thumb: 'up' }), 5));
  expect(ledger.isOrdered('fb_1')).toBe(true);
  expect(ledger.state()).toMatchObject({ turns: 1, inbox: [], receipts: [{ status: 'published' }] });
});

test('the same turns are sampled every time, as many as the rate says', () => {
  const turns = Array.from({ length: 2_000 }, (_, index) => `t${index + 1}`);
  const sampled = (rate: number): readonly string[] => turns.filter((turn) => isSampled(ref, turn, rate));
  expect(sampled(0)).toEqual([]);
  expect(sampled(1)).toEqual(turns);
  const [some, more] = [sampled(0.1), sampled(0.3)];
  expect(some).toEqual(sampled(0.1));
  expect(some.every((turn) => more.includes(turn))).toBe(true);
  expect(Math.abs(some.length - 200)).toBeLessThan(60);
});
