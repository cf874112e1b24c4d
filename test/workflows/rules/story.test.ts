import { expect, test } from '@jest/globals';
import { EMPTY_JOURNAL, type JournalKind } from '../../../src/contracts/index.ts';
import { story } from '../../../src/temporal/web-ui.ts';
import { Questions } from '../../../workflows/rules/questions.ts';
import { sessionStory, stackStory, turnStory, waitStory } from '../../../workflows/rules/story.ts';

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

type Machine = Parameters<typeof sessionStory>[0];

/** As far as a story looks. */
function machine(state: object, turns: object = {}): Machine {
  return {
    state: () => ({ status: 'open', turns: 1, queued: 0, known: { epoch: 1, seq: 8 }, ...state }),
    turns: { current: null, beside: [], memory: {}, ...turns },
    waits: { approvals: [] },
    castOf: () => agents,
  } as unknown as Machine;
}

test('the Web UI tells that a turn waits for a place', () => {
  const current = { phase: 'waiting', waitsForPlace: true, questions: new Questions('t2') };
  const told = sessionStory(machine({ running: { turn: 't2' } }, { current }));
  expect(told).toMatch(/^Session is \*\*open\*\*: turn \*\*t2\*\* waits for a place\./);
});

test('the Web UI tells what a session does, in lists that its Markdown knows', () => {
  expect(sessionStory(machine({}))).toBe(
    'Session is **open**: idle.\n\n- 1 turn so far, no message waiting\n- 8 events in the log',
  );
  const busy = machine(
    { turns: 3, queued: 2, running: { turn: 't2' } },
    {
      current: { phase: 'running', questions: new Questions('t2', [{ path: '3', name: 'Ana [x](y)' }]) },
      beside: [{ turn: 't3', phase: 'waiting' }],
      memory: { summary: { upTo: 1, step: 't2.s1', seq: 4 } },
    },
  );
  const rows = [
    'who may speak: ann, ben',
    'waits for an answer of Ana  x  y ',
    'beside it turn t3 is waiting',
    '3 turns so far, 2 messages waiting',
    '8 events in the log',
    'summary up to turn t1 in step t2.s1',
  ];
  expect(sessionStory(busy).replaceAll('**', '')).toBe(
    `Session is open: turn t2 is running.\n\n${rows.map((row) => `- ${row}`).join('\n')}`,
  );
  expect(sessionStory(machine({}), { console: 'https://c.example/#/sessions/s' })).toContain(
    '\n- [open it in the console](https://c.example/#/sessions/s)',
  );
  const stack = stackStory(busy);
  expect(stack).toMatch(/^These workers keep no stack traces/);
  expect(stack).toContain('Session is open: turn t2 is running.');
  const info = {
    metadata: {},
    createdAt: 0,
    team: { name: 'sequence' },
    agents: [{ name: 'ann', runner: 'model' as const }],
  };
  expect(story({ tenant: 'acme', session: 's' }, info).staticDetails).toBe(
    'Session **s** of tenant **acme**, team `sequence`.\n\nAgents: **ann** (model)',
  );
  expect(story({ tenant: 'acme', session: 's' }, info, 'https://c.example/console').staticDetails).toBe(
    'Session **s** of tenant **acme**, team `sequence`. [Open it in the console](https://c.example/console/#/sessions/s)\n\nAgents: **ann** (model)',
  );
});
