/** Sessions that are longer than what agents may be shown. */
import { describe, expect, test } from '@jest/globals';
import { openSession, type TestSession, type TestTurn } from '../../src/testing/index.ts';

const talker = { name: 'talker', runner: 'scripted', script: { say: 'I hear you.' } } as const;

/** Of a turn: what its agents were told that they were shown. */
const shownIn = ({ events }: TestTurn): readonly unknown[] =>
  events.flatMap((event) => (event.type === 'step.completed' && event.data.shown ? [event.data.shown] : []));

async function talk(session: TestSession, turns: number, chars: number): Promise<readonly TestTurn[]> {
  const all: TestTurn[] = [];
  for (let n = 1; n <= turns; n += 1) all.push(await session.send(`${n} `.padEnd(chars, '.')));
  return all;
}

describe('what was left out', () => {
  test('is told from the first step on that is not shown everything', async () => {
    const session = await openSession({ agents: [talker] });
    const turns = await talk(session, 6, 30_000);
    // 128 Ki characters: four messages and a half.
    expect(turns.slice(0, 4).flatMap(shownIn)).toEqual([]);
    expect(turns.slice(4).map(shownIn)).toEqual([
      [{ from: 't2', leftOut: { from: 't1', upTo: 't1' } }],
      [{ from: 't3', leftOut: { from: 't1', upTo: 't2' } }],
    ]);
    const entries = session.view.entries.filter((entry) => entry.kind === 'step');
    expect(entries.at(-1)?.shown?.from).toBe('t3');
  });
});
