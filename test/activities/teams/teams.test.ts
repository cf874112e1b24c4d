/** The built-in teams, each against agents whose answers are given; every run is repeated from its journal. */
import { describe, expect, test } from '@jest/globals';
import { TEAMS } from '../../../activities/teams/index.ts';
import { runTeam, type TeamRun, type TeamTest } from '../../../activities/testing/run-team.ts';
import { TEAMS as NAMES, type AgentSpec } from '../../../src/contracts/index.ts';

const run = (team: string, given: TeamTest): Promise<TeamRun> => runTeam(TEAMS[team]!, given);
const who = ({ steps }: TeamRun): string[] => steps.map(({ agent }) => agent);
const completed = { status: 'completed' };
const agents = ['a', 'b', 'c'];

/** Agents that may hand over to all. */
const swarm: AgentSpec[] = agents.map((name) => ({ name, runner: 'scripted', handoff: agents }));
const to = (agent: string): { handoff: { agent: string } } => ({ handoff: { agent } });

test('the names that a session may use are those that there are', () => {
  expect([...NAMES].sort()).toEqual(Object.keys(TEAMS).sort());
});

describe('sequence', () => {
  test('asks the agents of its option, in its order', async () => {
    const ended = await run('sequence', { agents, options: { agents: ['c', 'a'] } });
    expect(who(ended)).toEqual(['c', 'a']);
    expect(ended.end).toEqual(completed);
  });
});

describe('parallel', () => {
  test('has an agent merge what the others say', async () => {
    const ended = await run('parallel', { agents, options: { merge: 'b' } });
    expect(who(ended)).toEqual(['a', 'c', 'b']);
    expect(ended.steps.at(-1)!.sees).toEqual(['t1.1.b1.1', 't1.1.b2.1']);
  });

  test('any: the first answer stands, the others are cancelled', async () => {
    const answers = { a: [{ never: true as const }], c: [{ fail: 'agent_failed' }] };
    const ended = await run('parallel', { agents, answers, options: { until: 'any' } });
    expect(ended.steps.map(({ status }) => status)).toEqual(['cancelled', 'completed', 'failed']);
    expect(ended.end).toEqual(completed);
  });

  test.each([
    [{ c: [{ never: true as const }] }, completed],
    [{ a: [{ fail: 'agent_failed' }] }, completed],
    [
      { a: [{ fail: 'agent_refused' }], b: [{ fail: 'agent_refused' }] },
      { status: 'failed', code: 'agent_refused' },
    ],
    [
      { a: [{ never: true as const }], b: [{ never: true as const }] },
      { status: 'failed', code: 'agent_timeout', message: '1 of 2 agents answered within the team’s time.' },
    ],
  ])('a quorum of two, %j: %j', async (answers, end) => {
    const options = { until: 2, timeoutMs: 1_000 };
    expect((await run('parallel', { agents, answers, options })).end).toMatchObject(end);
  });
});

describe('supervisor', () => {
  test('gives tasks, judges, and answers', async () => {
    const plan = {
      tasks: [
        { agent: 'b', task: 'look' },
        { agent: 'c', task: 'count' },
      ],
    };
    const answers = { a: [plan, { tasks: [] }, 'the answer'], c: [{ fail: 'agent_failed' }] };
    const ended = await run('supervisor', { agents, answers });
    expect(who(ended)).toEqual(['a', 'b', 'c', 'a', 'a']);
    expect(ended.steps[1]!.task).toBe('look');
    expect(ended.steps[3]!.task).toContain('Failed: c.');
    expect(ended.steps.at(-1)!.text).toBe('the answer');
  });

  test('ends after its rounds', async () => {
    const plan = { tasks: [{ agent: 'b', task: 'more' }] };
    const ended = await run('supervisor', { agents, answers: { a: [plan, plan] }, options: { rounds: 2 } });
    expect(who(ended)).toEqual(['a', 'b', 'a', 'b', 'a']);
  });
});

describe('critic', () => {
  test('has the draft revised until it is accepted', async () => {
    const answers = { b: [{ accepted: false, remarks: 'Shorter.' }, { accepted: true }] };
    const ended = await run('critic', { agents, answers });
    expect(who(ended)).toEqual(['a', 'b', 'a', 'b']);
    expect(ended.end).toEqual(completed);
  });

  test('ends after its rounds with the last revision', async () => {
    const ended = await run('critic', {
      agents,
      answers: { b: [{ accepted: false }] },
      options: { rounds: 1 },
    });
    expect(who(ended)).toEqual(['a', 'b', 'a']);
  });
});

test('debate: the sides speak in rounds, the judge has the last word', async () => {
  const ended = await run('debate', { agents, options: { judge: 'a', rounds: 2 } });
  expect(who(ended)).toEqual(['b', 'c', 'b', 'c', 'a']);
});

describe('handoff', () => {
  test('is followed, and who has the word keeps it', async () => {
    const first = await run('handoff', { agents: swarm, answers: { a: [to('b')], b: [to('c')] } });
    expect(who(first)).toEqual(['a', 'b', 'c']);
    expect(first.memory).toEqual({ speaker: 'c' });
    const second = await run('handoff', { agents: swarm, memory: first.memory });
    expect(who(second)).toEqual(['c']);
  });

  test('in a circle ends the turn', async () => {
    const answers = { a: [to('b'), to('b')], b: [to('a')] };
    const ended = await run('handoff', { agents: swarm, answers, options: { handoffs: 2 } });
    const message = 'Nobody answered after 2 handoffs: a → b → a → b.';
    expect(ended.end).toMatchObject({ status: 'failed', code: 'team_failed', message });
    expect(ended.memory).toEqual({});
  });
});

describe('groupChat', () => {
  test('goes round, and goes on in the next turn where it was', async () => {
    const first = await run('groupChat', { agents, options: { speakers: 2 } });
    expect(who(first)).toEqual(['a', 'b']);
    const second = await run('groupChat', { agents, options: { speakers: 2 }, memory: first.memory });
    expect(who(second)).toEqual(['c', 'a']);
  });

  test('lets those speak who are mentioned, by people and by agents', async () => {
    const options = { next: 'mentions' };
    const messages = ['What do you say, @c?'];
    const ended = await run('groupChat', { agents, options, messages, answers: { c: ['Ask @a and @c.'] } });
    expect(who(ended)).toEqual(['c', 'a']);
    expect(who(await run('groupChat', { agents, options, memory: ended.memory }))).toEqual(['b']);
  });

  test('asks its selector', async () => {
    const answers = { c: [{ next: 'b' }, { next: null }] };
    const ended = await run('groupChat', { agents, options: { next: 'selector', selector: 'c' }, answers });
    expect(who(ended)).toEqual(['c', 'b', 'c']);
  });

  test('lets those speak who join, and passes over those who are paused or leave, while it goes on', async () => {
    const members = [['a', 'c', 'd'], ['c', 'd'], ['c']];
    const answers = { a: ['Well, @b, @d?'] };
    const ended = await run('groupChat', { agents, members, answers, options: { speakers: 4 } });
    expect(who(ended)).toEqual(['a', 'd', 'c', 'c']);
    expect(ended.end).toEqual(completed);
  });

  test('ends well when nobody is left who may speak', async () => {
    const ended = await run('groupChat', { agents, members: [['a'], []], options: { speakers: 4 } });
    expect(who(ended)).toEqual(['a', 'a']);
    expect(ended.end).toEqual(completed);
  });

  test('does without a selector who is paused meanwhile', async () => {
    const answers = { c: [{ next: 'a' }] };
    const options = { next: 'selector', selector: 'c', speakers: 4 };
    const ended = await run('groupChat', { agents, answers, options, members: [['a', 'b']] });
    expect(who(ended)).toEqual(['c', 'a']);
    expect(ended.end).toEqual(completed);
  });

  test('asks people whom an answer mentions, and lets those speak whom they mention', async () => {
    const answers = { a: ['@Anna, @Bob: shall we?'] };
    const people = { Anna: ['Ask @c.'], Bob: [] };
    const options = { speakers: 2, askPeopleMs: 60_000 };
    const ended = await run('groupChat', { agents, answers, people, options });
    expect(who(ended)).toEqual(['a', 'c']);
    expect(ended.end).toEqual(completed);
    const unasked = await run('groupChat', { agents, answers, people, options: { speakers: 2 } });
    expect(who(unasked)).toEqual(['a', 'b']);
  });

  test('ends after its speakers, however often they mention each other', async () => {
    const answers = { a: ['@b', '@b', '@b'], b: ['@a', '@a', '@a'] };
    const ended = await run('groupChat', { agents, answers, options: { next: 'mentions', speakers: 4 } });
    expect(who(ended)).toEqual(['a', 'b', 'a', 'b']);
  });
});

test.each([
  ['sequence', { colour: 'red' }, 'team_failed', 'The team has no option "colour", only agents.'],
  [
    'sequence',
    { agents: [] },
    'team_failed',
    'The team needs at least one agent; its option "agents" is a list of names.',
  ],
  [
    'parallel',
    { until: 4 },
    'team_failed',
    'The team’s option "until" is "all", "any" or a whole number from 1 to 3.',
  ],
  [
    'parallel',
    { merge: 'z' },
    'agent_unknown',
    'The team’s option "merge" names the agent "z", which the session does not have.',
  ],
  ['supervisor', { rounds: 11 }, 'team_failed', 'The team’s option "rounds" is a whole number from 1 to 10.'],
  [
    'groupChat',
    { next: 'selector' },
    'team_failed',
    'The team’s option "next" is "roundRobin", "mentions" or, with an agent as "selector", "selector".',
  ],
])('%s with %j ends with a clear sentence', async (team, options, code, message) => {
  const { end, steps } = await run(team, { agents, options });
  expect(end).toEqual({ status: 'failed', code, message });
  expect(steps).toEqual([]);
});

describe('agents that are paused', () => {
  test.each<[string, TeamTest['options'], string[]]>([
    ['sequence', { agents: ['b', 'a'] }, ['a']],
    ['parallel', { until: 3 }, ['a', 'c']],
    ['groupChat', { agents: ['b', 'a'] }, ['a']],
    ['critic', {}, ['a', 'c']],
  ])('%s with %j passes over them', async (team, options = {}, spoke) => {
    const answers = { c: [{ accepted: true }] };
    const ended = await run(team, { agents, paused: ['b'], options, answers });
    expect(who(ended)).toEqual(spoke);
    expect(ended.end).toEqual(completed);
  });

  test.each(['sequence', 'parallel', 'handoff', 'groupChat', 'debate'])(
    '%s ends well when all of them are',
    async (team) => {
      expect(await run(team, { agents, paused: agents })).toMatchObject({ end: completed, steps: [] });
    },
  );

  test('a part in a team is not passed over', async () => {
    const { end } = await run('parallel', { agents, paused: ['b'], options: { merge: 'b' } });
    expect(end).toMatchObject({
      code: 'agent_unknown',
      message: 'The team’s option "merge" names the agent "b", which is paused, or has left the session.',
    });
  });

  test('a supervisor whose agents are all paused answers alone', async () => {
    const ended = await run('supervisor', { agents, paused: ['b', 'c'] });
    expect(who(ended)).toEqual(['a']);
  });
});

test('a team that does not follow from its answers is found out', async () => {
  let calls = 0;
  const fickle = runTeam(
    async ({ ask }) => {
      calls += 1;
      await ask(calls === 1 ? 'a' : 'b');
    },
    { agents },
  );
  await expect(fickle).rejects.toThrow('The team does not follow from its answers');
});

test('what a team keeps is bounded', async () => {
  const { end } = await runTeam(async ({ memory }) => memory.set('all', 'x'.repeat(9_000)), { agents });
  expect(end).toMatchObject({ code: 'team_failed', message: 'A team’s memory may hold 8192 bytes of JSON.' });
});
