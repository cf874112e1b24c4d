/** Ready-made teams: each shows one thing that the engine does. */
import type { AgentSpec } from '../../src/contracts/public.ts';

export interface ReadyTeam {
  readonly id: string;
  readonly title: string;
  readonly about: string;
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

export const READY_TEAMS: readonly ReadyTeam[] = [
  {
    id: 'writers',
    title: 'Two writers',
    about: 'One after the other, side by side.',
    agents: [
      { name: 'Ann', runner: 'scripted', script: { say: DRAFT, paceMs: 60 } },
      { name: 'Ben', runner: 'scripted', script: { say: REPLY, paceMs: 60 } },
    ],
  },
  {
    id: 'paces',
    title: 'Three paces',
    about: 'A hasty, a steady and a slow agent.',
    agents: [
      { name: 'Hasty', runner: 'scripted', script: { say: DRAFT, paceMs: 15 } },
      { name: 'Steady', runner: 'scripted', script: { say: REPLY, paceMs: 80 } },
      { name: 'Slow', runner: 'scripted', script: { say: REVIEW, paceMs: 220 } },
    ],
  },
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
  {
    id: 'models',
    title: 'Two models',
    about: 'A language model writes, another reviews. Needs a model on the worker.',
    agents: [
      { name: 'Writer', runner: 'model', instructions: 'Answer in at most 120 words.' },
      {
        name: 'Reviewer',
        runner: 'model',
        instructions: 'Review the answer before yours in at most 60 words: what is right, what is missing.',
      },
    ],
  },
];
