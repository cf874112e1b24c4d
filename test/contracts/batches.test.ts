import { describe, expect, test } from '@jest/globals';
import { Batches } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';

const ref = { tenant: 't', session: 's' };

/** Asks that end when a test says so. */
function held() {
  const asked: { readonly questions: readonly number[]; end(error?: Error): void }[] = [];
  let state = 0;
  const batches = new Batches<number, string>(async (_, questions) => {
    const seen = state;
    await new Promise<void>((resolve, reject) => {
      asked.push({ questions, end: (error) => (error ? reject(error) : resolve()) });
    });
    return questions.map((question) => `${question} at ${seen}`);
  }, 3);
  /** The ask of this number, once it is made. */
  const nth = async (index: number) => {
    await eventually(`ask ${index} is made`, () => asked.length > index);
    return asked[index]!;
  };
  return { asked, nth, batches, change: () => (state += 1) };
}

describe('questions about one session', () => {
  test('are asked one batch at a time, and answered by what is true after they came', async () => {
    const { asked, nth, batches, change } = held();
    const first = batches.ask(ref, 1);
    change();
    const later = [2, 3, 4, 5].map((question) => batches.ask(ref, question));
    expect(asked.map(({ questions }) => questions)).toEqual([[1]]);
    (await nth(0)).end();
    expect(await first).toBe('1 at 0');
    expect((await nth(1)).questions).toEqual([2, 3, 4]);
    (await nth(1)).end();
    expect(await Promise.all(later.slice(0, 3))).toEqual(['2 at 1', '3 at 1', '4 at 1']);
    (await nth(2)).end();
    expect(await later[3]).toBe('5 at 1');
    const again = batches.ask(ref, 6);
    (await nth(3)).end();
    expect(await again).toBe('6 at 1');
  });

  test('do not wait for another session', async () => {
    const { nth, batches } = held();
    void batches.ask(ref, 1);
    const other = batches.ask({ ...ref, session: 'other' }, 2);
    (await nth(1)).end();
    expect(await other).toBe('2 at 0');
  });

  test('fail with those that are asked together, and with nobody else', async () => {
    const { nth, batches } = held();
    const first = batches.ask(ref, 1);
    const second = batches.ask(ref, 2);
    (await nth(0)).end(new Error('away'));
    await expect(first).rejects.toThrow('away');
    (await nth(1)).end();
    expect(await second).toBe('2 at 0');
  });
});
