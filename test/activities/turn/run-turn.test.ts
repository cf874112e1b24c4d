/** A turn of one step against a real Redis log: whatever happens, one end, and the text of one attempt. */
import { describe, expect, test } from '@jest/globals';
import { endsStep, endsTurn, LIMITS } from '../../../src/contracts/index.ts';
import { eventually } from '../../support/process.ts';
import { COMPLETED, types, useScene } from '../scene.ts';
import { Cast, infoWith, refusal, through } from '../support.ts';

const scene = useScene();

describe('an attempt', () => {
  test('streams, ends its step together with the turn, and reports what the workflow does not hold', async () => {
    const turn = scene.execute();
    scene.agent.reason('Hm. ');
    scene.agent.say('Good ');
    await scene.streamed('Good ');
    scene.agent.say('day');
    scene.agent.count(3, 2);
    scene.agent.end();
    const { status, report, entries, unplaced, open } = await turn.result;
    const events = await scene.logged();
    expect(types(events)).toEqual(COMPLETED);
    expect(status).toBe('done');
    expect(entries).toEqual([{ path: '1', kind: 'ask', key: 'a', outcome: 'completed' }]);
    expect({ unplaced, open }).toEqual({ unplaced: [], open: {} });
    expect(report.placed.map((placed) => placed.seq)).toEqual([1, 2, 3]);
    expect(report.events).toEqual(events.slice(3));
    expect(report.events).toMatchObject([
      { type: 'step.started', step: 't1.1', agent: 'a', cause: 'm1', seq: 4 },
      {
        type: 'step.completed',
        seq: 5,
        data: { text: 'Good day', reasoning: 'Hm. ', usage: { inputTokens: 3, outputTokens: 2 } },
      },
      { type: 'turn.completed', seq: 6 },
    ]);
    expect(report.position.seq).toBe(6);
  });

  test('asks its agent once, with the conversation and what names the step', async () => {
    const turn = scene.execute();
    scene.agent.end('day');
    await turn.result;
    expect(scene.agent.requests).toMatchObject([
      {
        ...{ agent: { name: 'a' }, ...scene.ref, turn: 't1', step: 't1.1', attempt: 1 },
        conversation: [{ role: 'user', text: 'hello', pinned: true }],
      },
    ]);
  });

  test('marks an answer that was cut', async () => {
    const turn = scene.execute();
    scene.agent.say('half');
    scene.agent.finish('length');
    scene.agent.end();
    await turn.result;
    expect((await scene.logged()).at(-2)).toMatchObject({ data: { text: 'half', finish: 'length' } });
  });

  test('is given back the messages that wait no longer, once', async () => {
    const released: string[][] = [];
    const turn = scene.execute({
      input: { release: ['m1'] },
      team: async ({ ask }) => {
        await ask('a');
        return { agent: 'b' };
      },
      log: (log) =>
        through(log, {
          begin: (ref, input) => {
            released.push([...(input.release ?? [])]);
            return log.begin(ref, input);
          },
        }),
    });
    scene.agent.end('one');
    scene.cast.of('b').end('two');
    await turn.result;
    expect(released).toEqual([['m1'], []]);
  });

  test('of a turn that has ended calls no model and reports the stored end', async () => {
    const first = scene.execute();
    scene.agent.end('first');
    const { report } = await first.result;
    const again = await scene.retry(first).result;
    expect(again.status).toBe('done');
    expect(again.report.events).toEqual(report.events);
    expect(scene.agent.requests).toHaveLength(1);
  });

  test('that is superseded stops its agent, reports nothing and leaves only the text of the newer one', async () => {
    const old = scene.execute();
    scene.agent.say('old');
    await scene.streamed('old');
    const cast = new Cast();
    const young = scene.retry(old, { cast });
    await eventually('the newer one speaks', () => cast.requests.length === 1);
    scene.agent.say(' more');
    await expect(old.result).rejects.toMatchObject({ kind: 'superseded' });
    expect(scene.agent.requests[0]!.signal.aborted).toBe(true);
    cast.of('a').end('new');
    const { report } = await young.result;
    expect(report.events.toSorted((one, other) => one.seq - other.seq)).toMatchObject([
      { type: 'step.started' },
      { type: 'step.restarted', attempt: 2, data: { reason: 'The worker that ran it was lost.' } },
      { type: 'step.completed', attempt: 2, data: { text: 'new' } },
      { type: 'turn.completed' },
    ]);
    expect(types(await scene.logged()).filter(endsStep)).toHaveLength(1);
  });

  test('that comes late is fenced before it calls a model', async () => {
    const young = scene.execute({ attempt: 2 });
    await eventually('it speaks', () => scene.agent.requests.length === 1);
    const cast = new Cast();
    await expect(scene.execute({ attempt: 1, cast }).result).rejects.toMatchObject({ kind: 'superseded' });
    scene.agent.end('x');
    await young.result;
    expect(cast.requests).toEqual([]);
    expect(scene.agent.requests).toHaveLength(1);
  });
});

describe('an agent that fails for good', () => {
  test.each<[string, string, () => void]>([
    ['refuses', 'agent_refused', () => scene.agent.fail(refusal())],
    ['says nothing', 'agent_empty', () => scene.agent.end()],
    ['says too much', 'agent_output_too_large', () => scene.agent.say('x'.repeat(LIMITS.stepChars + 1))],
  ])('because it %s ends its step and its turn', async (_, code, misbehave) => {
    misbehave();
    const { status } = await scene.execute().result;
    expect(status).toBe('done');
    expect((await scene.logged()).slice(-2)).toMatchObject([
      { type: 'step.failed', attempt: 1, data: { code } },
      { type: 'turn.failed', data: { code } },
    ]);
    expect(scene.agent.requests).toHaveLength(1);
  });

  test.each([
    ['silent', { idleMs: 50 }, 'agent_stalled'],
    ['slow', { timeoutMs: 50 }, 'agent_timeout'],
  ])('because it is %s ends in time, with what it said', async (_, bounds, code) => {
    scene.open(infoWith({ ...bounds, maxAttempts: 1 }));
    scene.agent.say('half');
    await scene.execute().result;
    expect((await scene.logged()).at(-2)).toMatchObject({
      type: 'step.failed',
      data: { code, text: 'half' },
    });
    expect(scene.agent.requests[0]!.signal.aborted).toBe(true);
  });

  test('that is silent from the start has the longer bound', async () => {
    scene.open(infoWith({ firstMs: 50, idleMs: 1, maxAttempts: 1 }));
    await scene.execute().result;
    const [failed] = (await scene.logged()).slice(-2);
    expect(failed).toMatchObject({ type: 'step.failed', data: { code: 'agent_stalled', text: '' } });
    expect(JSON.stringify(failed)).toContain('50 ms before its first token');
  });

  test('tells clients nothing of an error that was not made for them; the operator is told', async () => {
    scene.open(infoWith({ maxAttempts: 1 }));
    const error = new Error(`connect ECONNREFUSED ${'x'.repeat(100_000)}`);
    scene.agent.fail(error);
    await scene.execute().result;
    const message = 'The agent failed.';
    expect((await scene.logged()).at(-2)).toMatchObject({
      data: { code: 'agent_failed', message, text: '' },
    });
    expect(scene.told).toMatchObject([{ err: error, session: scene.ref.session, step: 't1.1' }]);
  });

  test('has its sentence cut', async () => {
    scene.agent.fail(refusal('no '.repeat(10_000)));
    await scene.execute().result;
    const [failed] = (await scene.logged()).slice(-2);
    expect(failed?.type === 'step.failed' && failed.data.message).toHaveLength(LIMITS.failureChars);
    expect(scene.told).toEqual([]);
  });
});

describe('the end of a turn', () => {
  test('is one, and comes after those of its steps', async () => {
    const turn = scene.execute({
      team: async ({ ask }) => {
        await ask('a');
        await ask('b');
      },
    });
    scene.agent.end('one');
    scene.cast.of('b').end('two');
    const { status, report } = await turn.result;
    expect(status).toBe('done');
    const ends = types(await scene.logged()).filter((type) => endsStep(type) || endsTurn(type));
    expect(ends).toEqual(['step.completed', 'step.completed', 'turn.completed']);
    expect(report.events.map(({ id }) => id)).toContain('turn:t1:end');
  });

  test('ends also what the team has left running', async () => {
    const turn = scene.execute({
      team: async ({ ask }) => {
        void ask('b');
        await ask('a');
      },
    });
    scene.cast.of('b').say('nobody waits for this');
    await scene.streamed('nobody waits for this', 't1.1');
    scene.agent.end('one');
    const { report } = await turn.result;
    expect((await scene.logged()).slice(-2)).toMatchObject([
      { type: 'step.cancelled', step: 't1.1', data: { text: 'nobody waits for this' } },
      { type: 'turn.completed' },
    ]);
    expect(report.events.map(({ type }) => type)).toContain('step.cancelled');
    expect(scene.cast.of('b').requests[0]!.signal.aborted).toBe(true);
  });

  test.each([
    ['throws', () => Promise.reject(new TypeError('x is undefined')), 'team_failed'],
    ['asks an agent that is not there', () => Promise.resolve({ agent: 'nobody' }), 'agent_unknown'],
  ])('of a team that %s says so, and the operator is told why', async (_, team, code) => {
    const { status } = await scene.execute({ team }).result;
    expect(status).toBe('done');
    expect((await scene.logged()).at(-1)).toMatchObject({ type: 'turn.failed', data: { code } });
    expect(scene.told).toMatchObject([{ err: { code }, turn: 't1' }]);
    expect(JSON.stringify(await scene.logged())).not.toContain('undefined');
  });
});
