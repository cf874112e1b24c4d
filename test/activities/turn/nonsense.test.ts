/** Teams and schemas that make no sense: the turn ends with a code and a sentence, and nothing is asked twice. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { Team } from '../../../activities/teams/team.ts';
import { LIMITS } from '../../../src/contracts/index.ts';
import { eventually } from '../../support/process.ts';
import { useScene } from '../scene.ts';
import { infoWith } from '../support.ts';
import { TestTool, toolbox } from '../test-tool.ts';

const scene = useScene();

afterEach(() => {
  jest.useRealTimers();
});

/** What a team gets that is written in JavaScript, as far as these tests use it. */
interface Loose {
  readonly ask: (agent: string, input?: unknown) => Promise<unknown>;
  readonly parallel: (branches: unknown) => Promise<unknown>;
  readonly say: (text: unknown) => Promise<unknown>;
  readonly memory: {
    readonly get: (key: string) => string[];
    readonly set: (key: string, value: unknown) => void;
  };
}

/** JavaScript that no type has seen. */
const loosely = (team: (context: Loose) => unknown): Team => team as unknown as Team;

async function endOf(team: Team): Promise<unknown> {
  expect((await scene.execute({ team }).result).status).toBe('done');
  return (await scene.logged()).at(-1);
}

describe('a team', () => {
  test.each([
    ['a number', 42],
    ['a text', 'a'],
    ['an agent that is a number', { agent: 42 }],
  ])('that returns %s fails, with what it should return', async (_, returned) => {
    expect(await endOf(loosely(async () => returned))).toMatchObject({
      type: 'turn.failed',
      data: { code: 'team_failed', message: 'A team returns nothing, or its last word: { agent: "name" }.' },
    });
  });

  test('that returns an answer has had its last word: nobody is asked again', async () => {
    const turn = scene.execute({ team: loosely(({ ask }) => ask('a')) });
    scene.agent.end('once');
    expect((await turn.result).status).toBe('done');
    expect(scene.cast.requests).toHaveLength(1);
    expect((await scene.logged()).at(-1)).toMatchObject({ type: 'turn.completed' });
  });

  test.each<[string, unknown, string]>([
    ['null', null, '{ task, tools, output }'],
    ['a task that is a number', { task: 42 }, `a text of at most ${LIMITS.taskChars} characters as "task"`],
    ['a task that is too long', { task: 'x'.repeat(LIMITS.taskChars + 1) }, 'a text of at most'],
    ['tools that are no list', { tools: 'refund' }, 'a list of names as "tools"'],
    ['a schema that is a text', { output: 'object' }, 'a JSON Schema as "output"'],
  ])('that asks with %s fails, with what it should say', async (_, input, what) => {
    expect(await endOf(loosely(({ ask }) => ask('a', input)))).toMatchObject({
      type: 'turn.failed',
      data: { code: 'team_failed', message: expect.stringContaining(`An agent is asked with ${what}`) },
    });
    expect(scene.cast.requests).toEqual([]);
  });

  test.each<[string, (context: Loose) => unknown, string]>([
    ['runs a branch that is no function', ({ parallel }) => parallel({ x: 42 }), 'Branch "x" is a function'],
    ['says a number', ({ say }) => say(42), 'A team can say 1 to'],
  ])('that %s fails, with what it should do', async (_, team, what) => {
    expect(await endOf(loosely(team))).toMatchObject({
      type: 'turn.failed',
      data: { code: 'team_failed', message: expect.stringContaining(what) },
    });
  });

  test('that throws null fails', async () => {
    const team = loosely(async () => {
      throw null; // eslint-disable-line @typescript-eslint/only-throw-error -- what is tested
    });
    expect(await endOf(team)).toMatchObject({ type: 'turn.failed', data: { code: 'team_failed' } });
  });

  test('that waits for a promise which never settles fails after a while', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'Date'] });
    const turn = scene.execute({ team: loosely(() => new Promise(() => undefined)) });
    await eventuallyFailed();
    expect((await turn.result).status).toBe('done');
    expect((await scene.logged()).at(-1)).toMatchObject({
      type: 'turn.failed',
      data: { code: 'team_stalled', message: expect.stringContaining(`${LIMITS.teamIdleMs} ms`) },
    });
  });

  async function eventuallyFailed(): Promise<void> {
    for (let n = 0; n < 400; n += 1) {
      await jest.advanceTimersByTimeAsync(LIMITS.teamIdleMs / 100);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  test.each<[string, () => unknown]>([
    ['a BigInt', () => 1n],
    [
      'a cycle',
      () => {
        const cycle: Record<string, unknown> = {};
        cycle['self'] = cycle;
        return cycle;
      },
    ],
  ])('that keeps %s fails, with what it may keep', async (_, make) => {
    expect(await endOf(loosely(async ({ memory }) => memory.set('it', make())))).toMatchObject({
      type: 'turn.failed',
      data: { code: 'team_failed', message: expect.stringContaining('memory holds JSON') },
    });
  });

  test('that changes what it has got from its memory and sets it keeps the change', async () => {
    const team = loosely(async ({ memory }) => {
      const list = memory.get('list');
      list.push('new');
      memory.set('list', list);
    });
    await scene.execute({ team, input: { memory: { list: ['old'] } } }).result;
    expect((await scene.logged()).at(-1)).toMatchObject({
      type: 'turn.completed',
      data: { memory: { list: ['old', 'new'] } },
    });
  });

  test('that changes what it has got and does not set it keeps nothing of it, however much', async () => {
    const team = loosely(async ({ memory }) => {
      memory.get('list').push('x'.repeat(LIMITS.memoryBytes));
      memory.set('other', memory.get('list').length);
    });
    await scene.execute({ team, input: { memory: { list: ['old'] } } }).result;
    expect((await scene.logged()).at(-1)).toMatchObject({ data: { memory: { list: ['old'], other: 1 } } });
  });
});

describe('a schema of answers', () => {
  test.each<[string, object]>([
    ['that is none', { type: 'nonsense' }],
    ['with a reference to nowhere', { $ref: '#/nowhere' }],
    ['with a reference to itself', { $ref: '#' }],
  ])('%s fails its step at once, and no model is asked', async (_, output) => {
    expect(await endOf(loosely(({ ask }) => ask('a', { output })))).toMatchObject({
      type: 'turn.failed',
      data: {
        code: 'agent_output_invalid',
        message: expect.stringContaining('The "output" of a is not a usable JSON Schema'),
      },
    });
    expect(scene.cast.requests).toEqual([]);
  });
});

test('a tool whose schema throws fails the call, and the model is told', async () => {
  const weather = new TestTool('weather', 'none', () => {
    throw new TypeError('secret');
  });
  scene.open(infoWith({ tools: ['weather'] }));
  const turn = scene.execute({ tools: toolbox(weather) });
  scene.agent.call('weather');
  scene.agent.end();
  await eventually('the call has ended', async () =>
    (await scene.logged()).some(({ id }) => id === 'step:t1.1.c1:end'),
  );
  scene.agent.end('Sorry.');
  expect((await turn.result).status).toBe('done');
  expect(scene.agent.requests[1]?.rounds?.[0]?.calls[0]?.result.text).toBe(
    'tool_failed: The tool "weather" cannot check its arguments.',
  );
  expect(weather.requests).toEqual([]);
});
