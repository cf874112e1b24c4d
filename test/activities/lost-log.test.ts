/** Attempts of a step whose log is lost, away or of another life: the answer is whole, and the agent is asked once. */
import { describe, expect, test } from '@jest/globals';
import { ConvokeError } from '../../src/contracts/index.ts';
import type { Report } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { COMPLETED, types, useScene } from './scene.ts';
import { INFO, lead, stepCall, stepInput } from './support.ts';

const scene = useScene();

describe('when the log fails in the middle', () => {
  /** Says half, lets `fault` happen, says the rest. */
  async function interrupted(fault: () => Promise<void>): Promise<Report> {
    const run = scene.runner.run(stepInput(scene.ref), stepCall());
    scene.agent.say('one ');
    await scene.streamed('one ');
    await fault();
    scene.agent.say('three');
    scene.agent.end();
    return run;
  }

  async function expectWhole(report: Report): Promise<void> {
    expect(report.events).toMatchObject([
      { type: 'step.completed', attempt: 1, data: { text: 'one two three' } },
      { type: 'turn.completed' },
    ]);
    expect(types(await scene.logged())).toEqual(COMPLETED);
    expect(scene.agent.requests).toHaveLength(1);
  }

  test('a lost log is built anew and the same attempt goes on', async () => {
    const report = await interrupted(async () => {
      await scene.server.flush();
      scene.agent.say('two ');
    });
    await expectWhole(report);
    expect(scene.source.asked).toBe(1);
  });

  test('a Redis that is away for a while, and comes back empty, is waited for', async () => {
    const report = await interrupted(async () => {
      await scene.server.redis.kill();
      scene.agent.say('two ');
      await scene.server.redis.start();
    });
    await expectWhole(report);
  });

  test('a workflow that cannot be asked for a moment is asked again: the agent is not to blame', async () => {
    const report = await interrupted(async () => {
      scene.source.fault = new ConvokeError('worker_unavailable');
      await scene.server.flush();
      scene.agent.say('two ');
      await eventually('it asks again', () => scene.source.asked === 2);
    });
    await expectWhole(report);
    expect(scene.source.asked).toBe(2);
  });

  test.each([
    ['while the agent speaks', true],
    ['when the agent has said all', false],
  ])(
    "what goes wrong in the engine %s is not the agent's failure, not even in the last attempt",
    async (_, more) => {
      const run = scene.runner.run(stepInput(scene.ref, { maxAttempts: 1 }), stepCall());
      const failed = expect(run).rejects.toMatchObject({ message: 'only outside' });
      scene.agent.say('one ');
      await scene.streamed('one ');
      scene.source.fault = new Error('only outside');
      await scene.server.flush();
      if (more) scene.agent.say('two ');
      else scene.agent.end();
      await failed;
      expect(await scene.logged()).toEqual([]);
    },
  );

  test('its caller can still stop', async () => {
    await scene.server.redis.kill();
    const caller = new AbortController();
    const run = scene.runner.run(stepInput(scene.ref), stepCall(1, caller.signal));
    caller.abort(new Error('the caller stops'));
    await expect(run).rejects.toThrow();
    await scene.server.redis.start();
    await eventually('Redis is back', async () => (await scene.server.log.heads([scene.ref]))[0] === null);
  });
});

test('a log of another life than the workflow knew gets what the workflow holds before the agent reads it', async () => {
  const before = await (async () => {
    scene.agent.say('said by a');
    scene.agent.end();
    return scene.runner.run(stepInput(scene.ref, { last: false }), stepCall());
  })();
  // Somebody built the log anew from what the workflow knew before that report.
  await scene.server.flush();
  await scene.server.log.rebuild(scene.ref, {
    ...{ expected: null, epoch: before.position.epoch + 1, info: INFO },
    events: lead().map((draft, index) => ({ ...draft, seq: index + 1 })),
  });
  const held = [...lead().map((draft, index) => ({ ...draft, seq: index + 1 })), ...before.events];
  scene.source.tells([], held, before.position);
  scene.agent.say('said by b');
  scene.agent.end();
  const step = { step: 't1.2', agent: 'b', lead: [], known: before.position };
  const report = await scene.runner.run(stepInput(scene.ref, step), stepCall());
  expect(scene.agent.requests[1]?.conversation.map((said) => said.text)).toEqual(['hello', 'said by a']);
  expect(types(await scene.logged())).toEqual([...COMPLETED.slice(0, 5), 'step.completed', 'turn.completed']);
  expect(report.position.epoch).toBe(before.position.epoch + 1);
});
