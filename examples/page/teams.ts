/** Ready-made sessions: one for each built-in team, and some that show what happens when an agent misbehaves. */
import type { AgentSpec, TeamSpec } from '../../src/contracts/public.ts';

export interface ReadyTeam {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  /** Absent: `sequence`. */
  readonly team?: TeamSpec;
  readonly agents: readonly AgentSpec[];
}

const DRAFT =
  'Here is a first draft about “{{message}}”. I begin with the plain facts, add one example that everybody knows from daily life, ' +
  'and leave the conclusion open, so that whoever comes next has something to disagree with.';
const REPLY =
  'I have read the draft before me and keep its example. What I would change is the order: the conclusion first, then the reasons, ' +
  'and the facts only where a reason needs one. That is shorter, and it can be read on a phone.';
const REVIEW =
  'Both versions are sound. The first is warmer, the second is faster to read. My advice is the second one with the opening of the first.';

const says = (name: string, say: string, paceMs = 40): AgentSpec => ({
  ...{ name, runner: 'scripted', script: { say, paceMs } },
});
const model = (name: string, instructions: string): AgentSpec => ({ name, runner: 'model', instructions });

/** One for each built-in team. */
export const READY_TEAMS: readonly ReadyTeam[] = [
  {
    id: 'writers',
    title: 'Two writers',
    about: 'sequence: one after the other, each reads what was said before.',
    agents: [says('Ann', DRAFT, 60), says('Ben', REPLY, 60)],
  },
  {
    id: 'paces',
    title: 'Three paces',
    about: 'parallel: a hasty, a steady and a slow agent, side by side; an editor has the last word.',
    team: { name: 'parallel', options: { merge: 'Editor' } },
    agents: [
      says('Hasty', DRAFT, 15),
      says('Steady', REPLY, 50),
      says('Slow', REVIEW, 120),
      says('Editor', REVIEW),
    ],
  },
  {
    id: 'group',
    title: 'A group with you',
    about: 'groupChat: they go round, two in a turn; write @Cleo to hear her.',
    team: { name: 'groupChat', options: { speakers: 2 } },
    agents: [
      says('Ann', 'I would begin with “{{message}}”. What do you say, @Ben?'),
      says('Ben', 'Not much to add: it depends on the weather.'),
      says('Cleo', 'Nobody has asked me so far. I would do the opposite.'),
    ],
  },
  {
    id: 'desk',
    title: 'A help desk',
    about: 'handoff: the desk hands you over to billing, which keeps the word.',
    team: { name: 'handoff' },
    agents: [
      {
        ...{ name: 'Desk', runner: 'scripted', handoff: ['Billing'] },
        script: {
          calls: [[{ tool: 'hand_over', input: { agent: 'Billing', reason: 'It is about money.' } }]],
        },
      },
      says(
        'Billing',
        'This is billing. About “{{message}}”: your money is on its way. Ask me anything else.',
      ),
    ],
  },
  {
    id: 'review',
    title: 'Draft and review',
    about: 'critic: a draft, a review that asks for more, and the revised draft.',
    team: { name: 'critic', options: { rounds: 1 } },
    agents: [
      says('Writer', DRAFT),
      says('Reviewer', '{"accepted": false, "remarks": "Shorter, and the conclusion first."}'),
    ],
  },
  {
    id: 'debate',
    title: 'A debate',
    about: 'debate: two sides, two rounds, and a judge.',
    team: { name: 'debate', options: { judge: 'Judge' } },
    agents: [
      says('Pro', 'I am for “{{message}}”: it is simple, and it has worked before.'),
      says('Con', 'I am against it: what has worked before has never been measured.'),
      says('Judge', 'Both have a point; Con has the better one.'),
    ],
  },
  {
    id: 'models',
    title: 'Models under a lead',
    about: 'supervisor: one plans, the others work, it answers. Needs a model on the worker.',
    team: { name: 'supervisor', options: { rounds: 2 } },
    agents: [
      model('Lead', 'You lead two others. Answer in at most 120 words.'),
      model('Finder', 'Find facts. Answer in at most 60 words.'),
      model('Doubter', 'Find what is wrong or missing. Answer in at most 60 words.'),
    ],
  },
];

/** What happens when an agent misbehaves, or is quick. */
export const TRIALS: readonly ReadyTeam[] = [
  {
    id: 'stumble',
    title: 'One that stumbles',
    about: 'Fails once, begins again: the text said before is withdrawn.',
    agents: [
      {
        name: 'Stumbler',
        runner: 'scripted',
        script: {
          say: DRAFT,
          paceMs: 70,
          faults: [{ attempt: 1, afterTokens: 18, kind: 'throw' }],
        },
      },
      { name: 'Ben', runner: 'scripted', script: { say: REPLY, paceMs: 50 } },
    ],
  },
  {
    id: 'refusal',
    title: 'One that gives up',
    about: 'Refuses half-way: the turn fails, with the reason.',
    agents: [
      {
        name: 'Refuser',
        runner: 'scripted',
        script: { say: DRAFT, paceMs: 50, faults: [{ afterTokens: 14, kind: 'refuse' }] },
      },
      { name: 'Ben', runner: 'scripted', script: { say: REPLY, paceMs: 50 } },
    ],
  },
  {
    id: 'quick',
    title: 'A quick one',
    about: 'Answers at once, without a trip to the task queue.',
    agents: [{ name: 'Echo', runner: 'scripted', quick: true, script: { say: 'I heard: {{message}}' } }],
  },
];
