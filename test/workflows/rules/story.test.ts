import { expect, test } from '@jest/globals';
import { EMPTY_JOURNAL, type JournalKind } from '../../../src/contracts/index.ts';
import { turnStory, waitStory } from '../../../workflows/rules/story.ts';

const agents = [{ name: 'ann' }, { name: 'ben' }];
const journalOf = (...kinds: readonly JournalKind[]): typeof EMPTY_JOURNAL => ({
  ...EMPTY_JOURNAL,
  entries: kinds.map((kind, index) => ({ path: String(index), kind, key: '', outcome: 'completed' })),
});

test.each([
  [agents, {}, 't1: ann, ben'],
  [agents, { journal: journalOf('ask') }, 't1 (after 1 step): ann, ben'],
  [
    agents,
    { journal: journalOf('ask', 'call', 'call', 'now', 'ask') },
    't1 (after 2 steps and 2 tool calls): ann, ben',
  ],
  [agents, { needs: 'agent.billing' }, 't1 on a worker with agent.billing: ann, ben'],
  [[], {}, 't1: nobody may speak'],
])('the Web UI tells of %j with %j: %s', (who, more, story) => {
  expect(turnStory(who, { turn: 't1', journal: EMPTY_JOURNAL, ...more })).toBe(story);
});

test('the Web UI tells what people have to decide upon, and how many of whom are still to', () => {
  const refund = { title: 'Refund', approvers: { roles: ['lead'], count: 2 } };
  expect(waitStory([])).toBe('');
  expect(waitStory([{ ...refund, approvedBy: ['ana'] }])).toBe('approval of "Refund" by 1 of lead');
  const other = { title: 'Go', approvers: { count: 1 }, approvedBy: [] };
  expect(waitStory([{ ...refund, approvedBy: [] }, other])).toBe(
    'approval of "Refund" by 2 of lead, approval of "Go" by 1',
  );
  expect(waitStory(Array.from({ length: 32 }, () => other)).length).toBeLessThanOrEqual(200);
});
