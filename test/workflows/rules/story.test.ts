import { expect, test } from '@jest/globals';
import { EMPTY_JOURNAL, type JournalKind } from '../../../src/contracts/index.ts';
import { turnStory } from '../../../workflows/rules/story.ts';

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
