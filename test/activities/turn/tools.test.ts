/** Agents that call tools: each call is a step of its own, and what comes of it is told to the model that made it. */
import { describe, expect, test } from '@jest/globals';
import { ToolError } from '../../../activities/tools/tool.ts';
import type { Team } from '../../../activities/teams/team.ts';
import type { AgentSpec, ToolEffect } from '../../../src/contracts/index.ts';
import { eventually } from '../../support/process.ts';
import { types, useScene } from '../scene.ts';
import { infoWith } from '../support.ts';
import { TestTool, toolbox } from '../test-tool.ts';

const scene = useScene();

const withTools = (more: Partial<AgentSpec>): void => scene.open(infoWith(more));

describe('the tools that a model calls', () => {
  test('are used side by side, and the model answers with what came of them', async () => {
    const [weather, clock] = [new TestTool('weather').answer('sunny'), new TestTool('clock').answer('noon')];
    withTools({ tools: ['weather', 'clock'] });
    const turn = scene.execute({ tools: toolbox(weather, clock) });
    scene.agent.say('Let me look.');
    scene.agent.call('weather', { city: 'Rome' });
    scene.agent.call('clock');
    scene.agent.end();
    scene.agent.end('It is a sunny noon.');
    const { status, entries } = await turn.result;
    expect(status).toBe('done');
    expect(entries.map(({ path, kind, key }) => `${path} ${kind} ${key}`)).toEqual([
      '1 ask a',
      expect.stringMatching(/^1\.c[12] call (weather|clock)$/),
      expect.stringMatching(/^1\.c[12] call (weather|clock)$/),
      '1.2 ask a',
    ]);
    const events = await scene.logged();
    const calls = [
      { id: 'call-weather', tool: 'weather', input: { city: 'Rome' } },
      { id: 'call-clock', tool: 'clock', input: {} },
    ];
    expect(events.find(({ id }) => id === 'step:t1.1:end')).toMatchObject({
      data: { text: 'Let me look.', calls },
    });
    expect(events.find(({ id }) => id === 'step:t1.1.c1:start')).toMatchObject({
      agent: 'a',
      data: { use: calls[0] },
    });
    expect(events.find(({ id }) => id === 'step:t1.1.c1:end')).toMatchObject({
      type: 'step.completed',
      data: { text: 'sunny', reasoning: 'working' },
    });
    expect(types(events).slice(-2)).toEqual(['step.completed', 'turn.completed']);
    const [first, second] = scene.agent.requests;
    expect(first?.tools?.map(({ name }) => name)).toEqual(['weather', 'clock']);
    expect(second?.rounds).toEqual([
      {
        text: 'Let me look.',
        calls: [
          { ...calls[0], result: { status: 'completed', text: 'sunny' } },
          { ...calls[1], result: { status: 'completed', text: 'noon' } },
        ],
      },
    ]);
    // What a tool said is not part of the conversation: it is in the rounds.
    expect(second?.conversation).toEqual(first?.conversation);
    expect(weather.requests).toMatchObject([
      { agent: 'a', input: { city: 'Rome' }, key: expect.stringContaining('t1.1.c1') },
    ]);
  });

  test.each<[string, (tool: TestTool) => void, string]>([
    ['fails', (tool) => tool.answer(new ToolError('No such city.')), 'tool_failed: No such city.'],
    ['throws', (tool) => tool.answer(new Error('secret')), 'tool_failed: The tool "weather" failed.'],
  ])('are answered too if one %s', async (_, happens, text) => {
    const weather = new TestTool('weather');
    happens(weather);
    withTools({ tools: ['weather'] });
    const turn = scene.execute({ tools: toolbox(weather) });
    scene.agent.call('weather');
    scene.agent.end();
    scene.agent.end('Sorry.');
    expect((await turn.result).status).toBe('done');
    expect(scene.agent.requests[1]?.rounds?.[0]?.calls[0]?.result).toEqual({ status: 'failed', text });
    expect(types(await scene.logged()).filter((type) => type === 'step.failed')).toHaveLength(1);
  });

  test('that are unknown or given wrong arguments are not used', async () => {
    const weather = new TestTool('weather', 'none', ({ city }) =>
      city === undefined ? 'it has no city' : null,
    );
    withTools({ tools: ['weather'] });
    const turn = scene.execute({ tools: toolbox(weather) });
    scene.agent.call('weather');
    scene.agent.call('other');
    scene.agent.end();
    scene.agent.end('Sorry.');
    await turn.result;
    expect(scene.agent.requests[1]?.rounds?.[0]?.calls.map(({ result }) => result.text)).toEqual([
      'tool_input_invalid: The arguments do not fit: it has no city.',
      'There is no tool "other".',
    ]);
    expect(weather.requests).toEqual([]);
  });

  test('that the worker does not have fail the step', async () => {
    withTools({ tools: ['weather'] });
    const { status } = await scene.execute().result;
    expect(status).toBe('done');
    expect((await scene.logged()).at(-1)).toMatchObject({
      type: 'turn.failed',
      data: { code: 'tool_unknown' },
    });
  });
});

describe('a worker that is lost during a call', () => {
  async function lostCall(effect: ToolEffect) {
    const tool = new TestTool('pay', effect);
    withTools({ tools: ['pay'] });
    const turn = scene.execute({ tools: toolbox(tool) });
    scene.agent.call('pay');
    scene.agent.end();
    await eventually('the tool is called', () => tool.requests.length === 1);
    await turn.kill();
    const next = scene.retry(turn, { tools: toolbox(tool.answer('paid')) });
    scene.agent.end('Done.');
    expect((await next.result).status).toBe('done');
    const [call] = scene.agent.requests.at(-1)?.rounds?.[0]?.calls ?? [];
    return { keys: tool.requests.map(({ key }) => key), result: call?.result };
  }

  test('which may be repeated: it is, under the same key', async () => {
    const { keys, result } = await lostCall('keyed');
    expect(result).toEqual({ status: 'completed', text: 'paid' });
    expect(keys).toEqual([keys[0], keys[0]]);
  });

  test('which must not be: the model is told that nobody knows', async () => {
    const { keys, result } = await lostCall('once');
    expect(keys).toHaveLength(1);
    expect(result).toMatchObject({
      status: 'failed',
      text: expect.stringMatching(/^tool_outcome_unknown: /),
    });
  });
});

describe('other agents', () => {
  test('are given tasks as if they were tools', async () => {
    withTools({ delegates: ['b'] });
    const turn = scene.execute();
    scene.agent.call('ask_agent', { agent: 'b', task: 'Look it up.' });
    scene.agent.end();
    scene.cast.of('b').end('42');
    scene.agent.end('It is 42.');
    expect((await turn.result).status).toBe('done');
    expect(scene.cast.of('b').requests).toMatchObject([{ step: 't1.1.c1.1', task: 'Look it up.' }]);
    expect(scene.agent.requests[1]?.rounds?.[0]?.calls[0]?.result).toEqual({
      status: 'completed',
      text: '42',
    });
  });

  test('are handed the conversation over to, if the team wants it so', async () => {
    withTools({ handoff: ['b'] });
    const team: Team = async ({ ask }) => {
      const { handoff } = await ask('a');
      return { agent: handoff?.agent ?? 'c' };
    };
    const turn = scene.execute({ team });
    scene.agent.call('hand_over', { agent: 'b', reason: 'billing' });
    scene.agent.end();
    scene.cast.of('b').end('Hello from b.');
    expect((await turn.result).status).toBe('done');
    expect((await scene.logged()).at(-2)).toMatchObject({ step: 't1.2', agent: 'b' });
  });

  test('are not, by the last word of a turn: it ends', async () => {
    withTools({ handoff: ['b'] });
    const turn = scene.execute();
    scene.agent.call('hand_over', { agent: 'b' });
    scene.agent.end();
    expect((await turn.result).status).toBe('done');
    expect(types(await scene.logged()).slice(-2)).toEqual(['step.completed', 'turn.completed']);
  });
});

test('an answer that does not fit its schema is withdrawn, and the agent is told why', async () => {
  withTools({ output: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } });
  const told: unknown[] = [];
  const team: Team = async ({ ask }) => {
    told.push((await ask('a')).data);
  };
  const turn = scene.execute({ team });
  scene.agent.end('{"n": "x"}');
  scene.agent.end('```json\n{"n": 1}\n```');
  expect((await turn.result).status).toBe('done');
  expect(told).toEqual([{ n: 1 }]);
  const [first, second] = scene.agent.requests;
  expect(first).not.toHaveProperty('repair');
  expect(second).toMatchObject({
    attempt: 2,
    repair: expect.stringMatching(/^The answer does not fit its schema: it\/n must be number/),
  });
});
