/** Private feedback is in the events alone: what counts of it is found there. */
import { expect, test } from '@jest/globals';
import { privateFeedback } from '../../console/src/pages/session/private.ts';
import { FakeLog } from '../client/fake-log.ts';

test('private feedback: the last of each giver on a turn or a step, unless it was taken back', () => {
  const log = new FakeLog();
  let id = 0;
  const give = (by: string, data: object): void => {
    id += 1;
    const verdict = { messageId: `f${id}`, turn: 't1', by, private: true, ...data } as const;
    log.append('feedback.given', verdict);
  };
  give('scorer:a', { score: 0.1 });
  give('scorer:a', { score: 0.9 });
  give('scorer:a', { step: 't1.1', score: 0.2 });
  give('ann', { thumb: 'down' });
  give('ann', { retracted: true });
  give('ben', { thumb: 'up' });
  give('ben', { thumb: 'up', private: undefined });
  expect(privateFeedback(log.events).map(({ by, step, score }) => [by, step, score])).toEqual([
    ['scorer:a', undefined, 0.9],
    ['scorer:a', 't1.1', 0.2],
  ]);
});
