/** Attempts of a step against a real Redis log: whatever happens, one end, and the text of one attempt. */
import { describe, expect, test } from '@jest/globals';
import { endsStep, endsTurn, eventId, LIMITS } from '../../src/contracts/index.ts';
import { RunnerError } from '../../activities/agents/runner.ts';
import { eventually } from '../support/process.ts';
import { COMPLETED, types, useScene } from './scene.ts';
import { Puppet, stepCall, stepInput } from './support.ts';

const scene = useScene();

describe('an attempt', () => {
  test('streams, commits the end with that of the turn, and reports what the workflow does not hold', async () => {
    const run = scene.runner.run(stepInput(scene.ref), stepCall());
    scene.agent.say('Good ');
    await scene.streamed('Good ');
    scene.agent.say('day');
    scene.agent.count(3, 2);
    scene.agent.end();
    const report = await run;
    expect(types(await scene.logged())).toEqual(COMPLETED);
    expect(report.placed.map((placed) => placed.seq)).toEqual([1, 2, 3, 4]);
    expect(report.events).toMatchObject([
      {
        type: 'step.completed',
        seq: 5,
        data: { text: 'Good day', usage: { inputTokens: 3, outputTokens: 2 } },
      },
      { type: 'turn.completed', seq: 6 },
    ]);
    expect(report.position.seq).toBe(6);
  });

  test('of a step that has ended calls no model and reports the stored end', async () => {
    scene.agent.say('first');
    scene.agent.end();
    const first = await scene.runner.run(stepInput(scene.ref), stepCall());
    const again = await scene.runner.run(stepInput(scene.ref, { known: first.position }), stepCall(2));
    expect(again.events).toEqual(first.events);
    expect(scene.agent.requests).toHaveLength(1);
  });

  test('that is superseded stops its agent; only the text of the newer one stays', async () => {
    const old = scene.runner.run(stepInput(scene.ref), stepCall(1));
    const stopped = expect(old).rejects.toMatchObject({ code: 'worker_lost' });
    scene.agent.say('old');
    await scene.streamed('old');
    const other = new Puppet();
    const elsewhere = scene.runnerOf(other);
    const run = elsewhere.run(stepInput(scene.ref), stepCall(2));
    await eventually('the newer one speaks', () => other.requests.length === 1);
    scene.agent.say(' more');
    await stopped;
    expect(scene.agent.requests[0]?.signal.aborted).toBe(true);
    other.say('new');
    other.end();
    const report = await run;
    expect(report.events).toMatchObject([
      { type: 'step.restarted', attempt: 2, data: { reason: 'the worker of the attempt before was lost' } },
      { type: 'step.completed', attempt: 2, data: { text: 'new' } },
      { type: 'turn.completed' },
    ]);
    expect(types(await scene.logged()).filter(endsStep)).toHaveLength(1);
  });

  test('that comes late is fenced before it calls a model', async () => {
    const run = scene.runner.run(stepInput(scene.ref), stepCall(2));
    await eventually('it speaks', () => scene.agent.requests.length === 1);
    await expect(scene.runner.run(stepInput(scene.ref), stepCall(1))).rejects.toMatchObject({
      code: 'worker_lost',
    });
    scene.agent.say('x');
    scene.agent.end();
    await run;
    expect(scene.agent.requests).toHaveLength(1);
  });

  test('whose step somebody cancels stops at the next word and reports the cancel with the text so far', async () => {
    const run = scene.runner.run(stepInput(scene.ref), stepCall());
    scene.agent.say('half');
    await scene.streamed('half');
    const { position } = (await scene.server.log.read(scene.ref, { limit: 1 })) ?? {};
    if (!position) throw new Error('no log');
    const place = { at: 5, turn: 't1', cause: 'm1' };
    const reason = 'cancelled on request';
    await scene.server.log.append(scene.ref, {
      known: position,
      drafts: [
        {
          ...place,
          id: eventId.stepEnded('t1.1'),
          type: 'step.cancelled',
          step: 't1.1',
          data: { reason, text: '' },
        },
        { ...place, id: eventId.turnEnded('t1'), type: 'turn.cancelled', data: { reason } },
      ],
    });
    scene.agent.say(' never seen');
    const report = await run;
    expect(report.events).toMatchObject([
      { type: 'step.cancelled', data: { text: 'half' } },
      { type: 'turn.cancelled' },
    ]);
    expect(scene.agent.requests[0]?.signal.aborted).toBe(true);
    expect(types(await scene.logged()).filter(endsTurn)).toHaveLength(1);
  });

  test('that its caller stops throws, and stops its agent', async () => {
    const caller = new AbortController();
    const run = scene.runner.run(stepInput(scene.ref), stepCall(1, caller.signal));
    scene.agent.say('half');
    await scene.streamed('half');
    caller.abort(new Error('the caller stops'));
    await expect(run).rejects.toThrow('the caller stops');
    expect(scene.agent.requests[0]?.signal.aborted).toBe(true);
    expect(types(await scene.logged()).some(endsStep)).toBe(false);
  });
});

describe('a failing agent', () => {
  test('is tried again if that may help, when it says', async () => {
    const limit = { retryable: true, retryAfterMs: 1_234 };
    scene.agent.fail(new RunnerError('agent_rate_limited', 'too many', limit));
    await expect(scene.runner.run(stepInput(scene.ref), stepCall(1))).rejects.toMatchObject({
      code: 'agent_rate_limited',
      retryAfterMs: 1_234,
    });
    expect(types(await scene.logged()).some(endsStep)).toBe(false);
  });

  test.each<[string, string, (agent: Puppet) => void]>([
    [
      'has failed for the last time',
      'agent_failed',
      (a) => {
        a.fail(new Error('broken'));
      },
    ],
    [
      'refuses',
      'agent_refused',
      (a) => {
        a.fail(new RunnerError('agent_refused', 'no', { retryable: false }));
      },
    ],
    [
      'says nothing',
      'agent_empty',
      (a) => {
        a.end();
      },
    ],
    [
      'says too much',
      'agent_output_too_large',
      (a) => {
        a.say('x'.repeat(LIMITS.stepChars + 1));
      },
    ],
  ])('that %s ends its step and its turn', async (_, code, misbehave) => {
    misbehave(scene.agent);
    const report = await scene.runner.run(stepInput(scene.ref), stepCall(3));
    expect(report.events).toMatchObject([
      { type: 'step.failed', data: { code } },
      { type: 'turn.failed', data: { code } },
    ]);
  });

  test.each([
    ['silent', { idleMs: 50 }, 'agent_stalled'],
    ['slow', { timeoutMs: 50 }, 'agent_timeout'],
  ])('that is %s ends in time, with what it said', async (_, bounds, code) => {
    scene.agent.say('half');
    const report = await scene.runner.run(stepInput(scene.ref, bounds), stepCall(3));
    expect(report.events[0]).toMatchObject({ type: 'step.failed', data: { code, text: 'half' } });
    expect(scene.agent.requests[0]?.signal.aborted).toBe(true);
  });

  test('tells clients nothing of an error that was not made for them; the operator is told', async () => {
    const error = new Error(`connect ECONNREFUSED ${'x'.repeat(100_000)}`);
    scene.agent.fail(error);
    const report = await scene.runner.run(stepInput(scene.ref), stepCall(3));
    const message = 'The agent failed.';
    expect(report.events[0]).toMatchObject({ data: { code: 'agent_failed', message, text: '' } });
    expect(scene.told).toMatchObject([{ err: error, step: 't1.1' }]);
  });

  test('has its sentence cut', async () => {
    const endless = new RunnerError('agent_refused', 'no '.repeat(10_000), { retryable: false });
    scene.agent.fail(endless);
    const report = await scene.runner.run(stepInput(scene.ref), stepCall());
    const [failed] = report.events;
    expect(failed?.type === 'step.failed' && failed.data.message).toHaveLength(LIMITS.failureChars);
    expect(scene.told).toEqual([]);
  });

  test('that this worker cannot run is not tried again', async () => {
    const report = await scene.runner.run(stepInput(scene.ref, { agent: 'm' }), stepCall());
    expect(report.events[0]).toMatchObject({ type: 'step.failed', data: { code: 'agent_unknown' } });
  });
});
