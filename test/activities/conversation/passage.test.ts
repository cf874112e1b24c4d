/** What a summary is to stand for next: read forwards, piece by piece, wherever it lies. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { passageOf, type Passage } from '../../../activities/conversation/passage.ts';
import {
  accepted,
  completed,
  REF,
  ScriptedSession,
  stepStarted,
  summarised,
  turnCancelled,
  turnEnded,
  turnStarted,
} from './scripted.ts';

const textsOf = (passage: Passage | null): readonly string[] => passage?.said.map(({ text }) => text) ?? [];

function turn(session: ScriptedSession, n: number, chars = 10): void {
  const id = `t${n}`;
  session.put(accepted(id, `${n}?`.padEnd(chars, '.')), turnStarted(id), stepStarted(`${id}.1`));
  session.put(completed(`${id}.1`, `${n}.`.padEnd(chars, '.')), turnEnded(id));
}

const whole = (
  session: ScriptedSession,
  more: Partial<Parameters<typeof passageOf>[2]> = {},
): Promise<Passage | null> =>
  passageOf(session.access, REF, { after: 0, seq: 0, upTo: 100, budgetChars: 1e6, ...more });

test('it ends before a turn that runs, whatever has ended after it', async () => {
  const session = new ScriptedSession();
  turn(session, 1);
  session.put(accepted('t2', 'two?'), accepted('t3', 'three?'), turnStarted('t2'), turnStarted('t3'));
  session.put(completed('t3.1', 'three.'), turnEnded('t3'));
  expect(await whole(session)).toMatchObject({ upTo: 1, seq: 5 });
  session.put(completed('t2.1', 'two.'), turnEnded('t2'));
  expect(await whole(session, { after: 1, seq: 5 })).toMatchObject({ upTo: 3 });
  expect(textsOf(await whole(session, { after: 1, seq: 5 }))).toEqual(['two?', 'two.', 'three?', 'three.']);
});

test('it has nothing of a turn that was withdrawn, or never began, nor a summary', async () => {
  const session = new ScriptedSession();
  turn(session, 1);
  session.put(
    accepted('t2', 'secret'),
    turnStarted('t2'),
    summarised('t2', 1, 'sum'),
    completed('t2.1', 'secret'),
  );
  const cancelled = turnCancelled('t2');
  if (cancelled.type !== 'turn.cancelled') throw new Error('it is one');
  session.put({ ...cancelled, data: { ...cancelled.data, rolledBack: true } });
  session.put(accepted('t3', 'never'), turnCancelled('t3'));
  turn(session, 4);
  expect(textsOf(await whole(session))).toEqual(
    ['1?........', '1.........', '4?........', '4.........'].map((text) => text.slice(0, 10)),
  );
});

test('a message that joins a later turn is read with that one', async () => {
  const session = new ScriptedSession();
  session.put(accepted('t1', 'one?'), turnStarted('t1'), accepted('t2', 'two?'), accepted('t3', 'three?'));
  session.put(completed('t1.1', 'one.'), turnEnded('t1'));
  const merged = { id: 'turn:t2:end', type: 'turn.merged', at: 1, turn: 't2', cause: 'm-t2' } as const;
  const reason = { code: 'merged', message: '' } as const;
  session.put({ ...merged, data: { into: 't3', messageIds: ['m-t2'], reason } });
  session.put(turnStarted('t3', ['m-t2', 'm-t3']), completed('t3.1', 'three.'), turnEnded('t3'));
  const first = await whole(session, { upTo: 2 });
  expect(textsOf(first)).toEqual(['one?', 'one.']);
  const next = await whole(session, { after: 2, seq: first?.seq ?? 0 });
  expect(textsOf(next)).toEqual(['two?', 'three?', 'three.']);
});

test('a turn that is longer than the budget loses its beginning', async () => {
  const session = new ScriptedSession();
  turn(session, 1, 100);
  turn(session, 2, 100);
  const passage = await whole(session, { budgetChars: 150 });
  expect(passage).toMatchObject({ upTo: 1 });
  expect(textsOf(passage)).toEqual(['1.'.padEnd(100, '.')]);
});

test('one after the other they have all that was said, each at most what fits', async () => {
  const budget = 2_000;
  const sizes = fc.array(fc.integer({ min: 5, max: 400 }), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.double({ min: 0, max: 1, noNaN: true }), async (chars, share) => {
      const session = new ScriptedSession();
      chars.forEach((each, index) => turn(session, index + 1, each));
      session.archivedTo = Math.floor(share * session.events.length);
      session.first = session.archivedTo + 1;
      const read: string[] = [];
      for (let [after, seq] = [0, 0]; after < chars.length;) {
        const passage = await passageOf(session.access, REF, {
          after,
          seq,
          upTo: chars.length,
          budgetChars: budget,
        });
        if (!passage) throw new Error('there is more');
        const texts = textsOf(passage);
        expect(texts.reduce((sum, text) => sum + text.length, 0)).toBeLessThanOrEqual(budget);
        read.push(...texts);
        [after, seq] = [passage.upTo, passage.seq];
      }
      const said = session.events.flatMap((event) => {
        if (event.type === 'step.completed') return [event.data.text];
        return event.type === 'message.accepted' && event.data.parts[0]?.type === 'text'
          ? [event.data.parts[0].text]
          : [];
      });
      expect(read).toEqual(said);
    }),
    { numRuns: 100 },
  );
});

test('a long session costs what is read of it', async () => {
  const session = new ScriptedSession();
  for (let n = 1; n <= 2_000; n += 1) turn(session, n, 50);
  const { seq } = (await whole(session, { upTo: 1_000, budgetChars: 1e6 })) ?? { seq: 0 };
  const before = session.asked.log;
  const passage = await whole(session, { after: 1_000, seq, upTo: 2_000, budgetChars: 3_000 });
  expect(passage).toMatchObject({ upTo: 1_030 });
  expect(session.asked.log - before).toBeLessThan(4);
});
