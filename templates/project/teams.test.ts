/** Teams are tried without a server: `npm test`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTeam } from 'convoke/testing';
import { review } from './teams.ts';

const agents = ['analyst', 'editor'];

test('the editor has the last word', async () => {
  const { end, steps } = await runTeam(review, { agents, messages: ['Hello'] });
  assert.equal(end.status, 'completed');
  assert.deepEqual(
    steps.map(({ agent }) => agent),
    ['analyst', 'editor'],
  );
});

test('a failure of the analyst is no failure of the team', async () => {
  const answers = { analyst: [{ fail: 'agent_refused' }] };
  const { end, steps } = await runTeam(review, { agents, answers, messages: ['Hello'] });
  assert.equal(end.status, 'completed');
  assert.equal(steps.at(-1)?.agent, 'editor');
});
