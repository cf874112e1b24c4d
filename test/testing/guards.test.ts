/** What a turn may spend: each guard ends it, or the team that runs inside, with the reason; no call is made past a limit. */
import { describe, expect, test } from '@jest/globals';
import type { Limits } from '../../src/contracts/index.ts';
import { agent, defineConfig } from '../../src/project/index.ts';
import type { Team } from '../../src/project/team.ts';
import { openSession, type TestTurn } from '../../src/testing/index.ts';

let asked = 0;

const endless: Team = async ({ ask }) => {
  for (;;) await ask('a');
};
const patient: Team = async ({ settle }) => {
  for (;;) await settle('a');
};

const config = defineConfig({
  agents: {
    a: agent.code(async function* () {
      asked += 1;
      yield `answer ${asked}`;
    }),
    counted: agent.code(async function* () {
      asked += 1;
      yield `answer ${asked}`;
      yield { type: 'usage', usage: { inputTokens: 900, outputTokens: 100, cost: 0.0017 } };
    }),
    slow: agent.code(async function* ({ signal }) {
      yield 'I begin';
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    }),
    same: agent.code(async function* () {
      yield 'I said so.';
    }),
  },
  teams: {
    endless,
    patient,
    counting: (async ({ ask }) => {
      for (;;) await ask('counted');
    }) satisfies Team,
    repeating: (async ({ ask }) => {
      for (;;) await ask('same');
    }) satisfies Team,
    nested: async function nested({ run }) {
      await run(nested as Team);
    } satisfies Team,
    wide: (async ({ parallel, options: { width } }) => {
      await parallel(
        Object.fromEntries(Array.from({ length: Number(width) }, (_, n) => [`b${n}`, async () => n])),
      );
    }) satisfies Team,
    inside: (async ({ run, ask, say, left, parallel }) => {
      const before = left.steps;
      const failed = await run(patient, {}, { steps: 3 }).catch(String);
      const other = await parallel({ one: ({ run: inner }) => inner(endless, {}, { steps: 2 }) });
      await say(`${JSON.stringify(failed)} ${other.one.status} ${before - left.steps}`);
      await ask('a');
    }) satisfies Team,
  },
});

async function turnOf(team: string, limits: Limits, options = {}): Promise<TestTurn> {
  asked = 0;
  const session = await openSession({
    config,
    agents: ['a', 'counted', 'slow', 'same'],
    team: { name: team, options },
    limits,
  });
  return session.send('Go.');
}

describe('a turn that reaches a limit ends with it, before the call', () => {
  test.each<[string, string, Limits, number]>([
    ['steps', 'endless', { steps: 5 }, 5],
    ['steps, also of a team that takes failures for answers', 'patient', { steps: 5 }, 5],
    ['tokens', 'counting', { tokens: 2_500 }, 3],
    ['cost', 'counting', { cost: 0.004 }, 3],
    ['repeats', 'repeating', { repeats: 4 }, 0],
    ['depth', 'nested', { depth: 3 }, 0],
    ['width', 'wide', { width: 4 }, 0],
  ])('%s', async (name, team, limits, calls) => {
    const turn = await turnOf(team, limits, { width: 5 });
    const [[guard, limit]] = Object.entries(limits) as [[string, number]];
    expect(turn.status).toBe('failed');
    const { data } = turn.events.at(-1)!;
    expect(data).toMatchObject({ code: 'budget_spent', guard });
    expect((data as { message: string }).message).toContain(`limit of ${limit} `);
    expect(asked).toBe(calls);
    expect(name).toContain(guard);
  });

  test('handoffs', async () => {
    const over = { call: 'hand_over', input: { agent: 'b' } };
    const back = { call: 'hand_over', input: { agent: 'a' } };
    const agents = [
      { name: 'a', runner: 'scripted' as const, handoff: ['b'] },
      { name: 'b', runner: 'scripted' as const, handoff: ['a'] },
    ];
    const answers = { a: Array.from({ length: 9 }, () => over), b: Array.from({ length: 9 }, () => back) };
    const session = await openSession({ agents, team: 'handoff', answers, limits: { handoffs: 3 } });
    const { events } = await session.send('Go.');
    expect(events.at(-1)).toMatchObject({ data: { guard: 'handoffs' } });
    expect(events.filter(({ type }) => type === 'step.completed')).toHaveLength(4);
  });

  test('the time in which it runs: what is open ends as cancelled, with what it said', async () => {
    const session = await openSession({ config, agents: ['slow'], limits: { runMs: 50 } });
    const { events } = await session.send('Go.');
    expect(events.slice(-2)).toMatchObject([
      { type: 'step.cancelled', data: { text: 'I begin', reason: { code: 'turn_ended' } } },
      { type: 'turn.failed', data: { code: 'budget_spent', guard: 'runMs' } },
    ]);
  });
});

test('equal answers to different tasks are no repeats', async () => {
  const team: Team = async ({ ask }) => {
    for (const task of ['one', 'two', 'three']) await ask('same', { task });
  };
  const own = { ...config, teams: { own: team } };
  const session = await openSession({ config: own, agents: ['same'], team: 'own', limits: { repeats: 1 } });
  expect(await session.send('Go.')).toMatchObject({ status: 'completed' });
});

test('a limit that is just enough stops nothing', async () => {
  expect(await turnOf('wide', { width: 5 }, { width: 5 })).toMatchObject({ status: 'completed' });
  const session = await openSession({
    config,
    agents: ['a', 'same'],
    limits: { steps: 2, repeats: 1, depth: 0, handoffs: 0 },
  });
  expect((await session.send('Go.')).texts).toHaveLength(2);
});

test('a team inside has limits of its own, which count for all; it fails as an agent does', async () => {
  const turn = await turnOf('inside', {});
  expect(turn.texts.at(-2)).toBe('"AgentFailed: The limit of 3 steps is reached." failed 5');
  expect(turn.status).toBe('completed');
  expect((await turnOf('inside', { steps: 4 })).events.at(-1)).toMatchObject({
    data: { guard: 'steps', message: 'The limit of 4 steps is reached.' },
  });
});

test('what is left is counted down, and is the same when the team runs again elsewhere', async () => {
  const team: Team = async ({ ask, askPerson, say, left }) => {
    await ask('counted');
    const before = JSON.stringify(left);
    await askPerson('ana', { text: 'Go on?' });
    await say(`${before} ${JSON.stringify(left)}`);
  };
  const own = { ...config, teams: { own: team } };
  const limits = { steps: 9, handoffs: 2, tokens: 5_000, cost: 1 };
  const session = await openSession({ config: own, agents: ['counted'], team: 'own', limits });
  await session.members({ join: { kind: 'person', name: 'ana' } });
  await session.send('Go.');
  session.handOver();
  const { texts } = await session.send({ from: 'ana', text: 'Yes.' });
  const once = '{"steps":8,"handoffs":2,"tokens":4000,"cost":0.9983}';
  expect(texts.at(-1)).toBe(`${once} ${once}`);
});

test('an answer tells what it cost, by the prices of the configuration', async () => {
  const priced = defineConfig({
    prices: { cheap: { input: 1, output: 10, cached: 0.5 } },
    agents: { m: agent.http({ url: 'http://127.0.0.1:9/v1', model: 'cheap' }) },
  });
  const answers = {
    m: [{ say: 'Hello.', usage: { inputTokens: 900, outputTokens: 100, cachedTokens: 400 } }],
  };
  const session = await openSession({ config: priced, agents: ['m'], answers });
  const { events } = await session.send('Hi.');
  expect(events.find(({ type }) => type === 'step.completed')?.data).toMatchObject({
    usage: { cost: 0.0017 },
  });
});

test.each([{ steps: NaN }, { steps: -1 }, { tokens: '9' }, { step: 1 }, { runMs: null }, { runMs: 5 }])(
  'limits of a team inside that would never be reached are refused: %j',
  async (limits) => {
    const team: Team = async ({ run }) => {
      await run(endless, {}, limits as Limits);
    };
    const session = await openSession({
      config: { ...config, teams: { own: team } },
      agents: ['a'],
      team: 'own',
    });
    const { events } = await session.send('Go.');
    expect(events.at(-1)).toMatchObject({ type: 'turn.failed', data: { code: 'team_failed' } });
  },
);
