/** The team without a server: agents whose answers are given. Run it with `node --test` (Node 22.18 or newer). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTeam } from 'convoke/testing';
import { jury } from './teams.ts';

const agents = ['writer', 'anna', 'bert', 'cleo', 'announcer'];
const [yes, no] = [{ good: true }, { good: false, why: 'Too long.' }];

test('two votes decide: the third juror is stopped', async () => {
  const answers = { anna: [yes], bert: [yes], cleo: [{ never: true }] };
  const { end, steps, memory } = await runTeam(jury, { agents, answers });
  assert.deepEqual(end, { status: 'completed' });
  assert.deepEqual(
    steps.map(({ agent, status }) => `${agent} ${status}`),
    ['writer completed', 'anna completed', 'bert completed', 'cleo cancelled', 'announcer completed'],
  );
  assert.deepEqual(memory, { accepted: 1 });
});

test('the writer tries again, and then gives up', async () => {
  const answers = { anna: [no, no], bert: [no, no] };
  const { steps } = await runTeam(jury, { agents, answers, options: { rounds: 2 } });
  assert.equal(steps.filter(({ agent }) => agent === 'writer').length, 2);
  assert.equal(steps.at(-1)?.text, 'No draft was good enough in 2 rounds.');
});

test('an absent jury is no failed turn', async () => {
  const fail = [{ fail: 'agent_timeout' }];
  const { end, steps } = await runTeam(jury, { agents, answers: { anna: fail, bert: fail, cleo: fail } });
  assert.equal(end.status, 'completed');
  assert.equal(steps.at(-1)?.text, 'The jury is away.');
});
