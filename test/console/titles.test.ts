import { expect, test } from '@jest/globals';
import { titleOf } from '../../console/src/pages/message/titles.ts';

test('a span is told in words: what a worker must have, and also one that this console does not know', () => {
  expect(titleOf({ name: 'answer' })).toBe('First token');
  expect(titleOf({ name: 'able' })).toBe('A worker that has what it needs');
  expect(titleOf({ name: 'able', needs: 'agent.auditor' })).toBe('A worker that has agent auditor');
  expect(titleOf({ name: 'able', needs: 'model.south' })).toBe('A worker that has model endpoint south');
  expect(titleOf({ name: 'later' })).toBe('Later');
});
