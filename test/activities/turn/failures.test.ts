/** What goes wrong has a cause, and each cause a budget of its own. */
import { describe, expect, test } from '@jest/globals';
import type { Team } from '../../../activities/teams/team.ts';
import { ERRORS, LIMITS, RECOVERY, type LoggedEvent } from '../../../src/contracts/index.ts';
import { eventually } from '../../support/process.ts';
import { texts, types, useScene } from '../scene.ts';
import { busy, infoWith } from '../support.ts';

const scene = useScene();

const only = async (type: string): Promise<readonly LoggedEvent[]> =>
  (await scene.logged()).filter((event) => event.type === type);

describe('a provider that fails', () => {
  test('is asked again, and what the failed attempts have cost is told', async () => {
    const turn = scene.execute();
    scene.agent.say('half');
    scene.agent.count(10, 4);
    scene.agent.fail(busy(0, 'Busy once.'));
    scene.agent.count(11, 5);
    scene.agent.fail(busy(0, 'Busy twice.'));
    scene.agent.count(12, 6);
    scene.agent.end('whole');
    const { status } = await turn.result;
    expect(status).toBe('done');
    expect(await only('step.restarted')).toMatchObject([
      { attempt: 2, data: { reason: 'Busy once.', usage: { inputTokens: 10, outputTokens: 4 } } },
      { attempt: 3, data: { reason: 'Busy twice.', usage: { inputTokens: 11, outputTokens: 5 } } },
    ]);
    expect(await only('step.completed')).toMatchObject([
      { attempt: 3, data: { text: 'whole', usage: { inputTokens: 12, outputTokens: 6 } } },
    ]);
    expect(scene.cast.requests.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(await only('step.waiting')).toEqual([]);
  });

  test('is asked as often as its agent says, not oftener; the last failure is the step’s', async () => {
    scene.open(infoWith({ maxAttempts: 2 }));
    const turn = scene.execute();
    scene.agent.fail(busy(0, 'Busy once.'));
    scene.agent.say('half');
    scene.agent.count(11, 5);
    scene.agent.fail(busy(0, 'Busy twice.'));
    await turn.result;
    expect(await only('step.failed')).toMatchObject([
      {
        attempt: 2,
        data: {
          ...{ code: 'agent_failed', message: 'Busy twice.', text: 'half' },
          usage: { inputTokens: 11, outputTokens: 5 },
        },
      },
    ]);
    expect(scene.agent.requests).toHaveLength(2);
  });

  test('and wants a pause gets it, and clients are told when it begins', async () => {
    const turn = scene.execute();
    const before = Date.now();
    scene.agent.fail(busy(RECOVERY.waitToldMs, 'Slow down.', 'agent_rate_limited'));
    await scene.until('step.waiting');
    const [waiting] = await only('step.waiting');
    expect(waiting).toMatchObject({ step: 't1.1', agent: 'a', attempt: 1, cause: 'm1' });
    expect(waiting).toMatchObject({ data: { code: 'agent_rate_limited', message: 'Slow down.' } });
    const until = waiting?.type === 'step.waiting' ? waiting.data.until : 0;
    expect(until).toBeGreaterThanOrEqual(before + RECOVERY.waitToldMs);
    expect(scene.agent.requests).toHaveLength(1);
    scene.agent.end('said');
    const { report } = await turn.result;
    const [restarted] = await only('step.restarted');
    expect(restarted!.at).toBeGreaterThanOrEqual(until);
    expect(report.events.map(({ type }) => type)).toContain('step.waiting');
  });

  test('and wants to be left alone for longer than a step waits fails the step, which says when', async () => {
    const turn = scene.execute();
    const wish = LIMITS.retryAfterMostMs + 1;
    const before = Date.now();
    scene.agent.fail(busy(wish, 'Come back later.', 'agent_rate_limited'));
    await turn.result;
    const [failed] = await only('step.failed');
    expect(failed).toMatchObject({ attempt: 1, data: { code: 'agent_rate_limited' } });
    const retryAt = failed?.type === 'step.failed' ? failed.data.retryAt! : 0;
    expect(retryAt).toBeGreaterThanOrEqual(before + wish);
    expect(retryAt).toBeLessThanOrEqual(Date.now() + wish);
  });

  test('and wants to be left alone until the end of time says a time that is one', async () => {
    const turn = scene.execute();
    scene.agent.fail(busy(Infinity));
    await turn.result;
    const [failed] = await only('step.failed');
    expect(failed?.type === 'step.failed' && failed.data.retryAt).toBe(8.64e15);
  });
});

describe('a long pause', () => {
  const LONG = { suspendAfterMs: 50 };

  test('in which nothing else runs is left to the workflow; afterwards the step goes on', async () => {
    const first = scene.execute(LONG);
    scene.agent.count(10, 4);
    scene.agent.fail(busy(1_500, 'Slow down.'));
    const { status, waits, open, entries } = await scene.back(first);
    expect(status).toBe('suspended');
    expect(waits).toEqual([{ path: '1', kind: 'retry', key: 'a', until: open['t1.1']!.until }]);
    expect({ entries, open }).toMatchObject({
      entries: [],
      open: { 't1.1': { attempt: 1, failures: 1, reason: 'Slow down.', code: 'agent_failed' } },
    });
    expect(types(await scene.logged()).at(-1)).toBe('step.waiting');
    await eventually('the pause is over', () => Date.now() >= waits[0]!.until);
    scene.wake();
    const second = scene.execute(LONG);
    scene.agent.end('said');
    expect((await scene.back(second)).status).toBe('done');
    expect(await only('step.restarted')).toMatchObject([
      { attempt: 2, data: { reason: 'Slow down.', usage: { inputTokens: 10, outputTokens: 4 } } },
    ]);
    expect(texts(await scene.logged())).toEqual({ 't1.1': 'said' });
  });

  test('that is not over yet is taken up again', async () => {
    const first = scene.execute(LONG);
    scene.agent.fail(busy(60_000));
    const { waits } = await scene.back(first);
    scene.wake();
    const second = await scene.execute(LONG).result;
    expect(second).toMatchObject({ status: 'suspended', waits });
    expect(scene.agent.requests).toHaveLength(1);
    expect(await only('step.waiting')).toHaveLength(1);
  });

  test('counts its failures over the activities', async () => {
    scene.open(infoWith({ maxAttempts: 2 }));
    const first = scene.execute(LONG);
    scene.agent.fail(busy(200, 'Once.'));
    const { waits } = await scene.back(first);
    await eventually('the pause is over', () => Date.now() >= waits[0]!.until);
    scene.wake();
    const second = scene.execute(LONG);
    scene.agent.fail(busy(200, 'Twice.'));
    expect((await second.result).status).toBe('done');
    expect(await only('step.failed')).toMatchObject([{ attempt: 2, data: { message: 'Twice.' } }]);
  });

  test('suspends nothing while another step runs, and then does', async () => {
    const turn = scene.execute({
      ...LONG,
      team: async ({ parallel }) => {
        await parallel({ x: ({ ask }) => ask('a'), y: ({ ask }) => ask('b') });
      },
    });
    scene.agent.fail(busy(60_000));
    scene.cast.of('b').say('b1 ');
    await scene.until('step.waiting');
    await scene.streamed('b1 ', 't1.1.y.1');
    scene.cast.of('b').end('b2');
    const { status, entries, waits } = await turn.result;
    expect(status).toBe('suspended');
    expect(entries.map(({ path }) => path)).toEqual(['1.y.1']);
    expect(waits.map(({ path }) => path)).toEqual(['1.x.1']);
    expect(texts(await scene.logged())).toEqual({ 't1.1.y.1': 'b1 b2' });
  });

  test('ends when the session closes: the step fails and says when it could go on', async () => {
    const first = scene.execute(LONG);
    scene.agent.fail(busy(60_000, 'Slow down.', 'agent_rate_limited'));
    const { waits } = await scene.back(first);
    scene.wake();
    const second = await scene.execute({ ...LONG, input: { closing: true } }).result;
    expect(second.status).toBe('done');
    const [failed] = await only('step.failed');
    expect(failed).toMatchObject({ data: { code: 'agent_rate_limited', message: 'Slow down.' } });
    const retryAt = failed?.type === 'step.failed' ? failed.data.retryAt! : 0;
    expect(Math.abs(retryAt - waits[0]!.until)).toBeLessThan(1_000);
    expect(types(await scene.logged()).at(-1)).toBe('turn.failed');
    expect(scene.agent.requests).toHaveLength(1);
  });

  test('does not begin in a session that closes; a short one does', async () => {
    const turn = scene.execute({ input: { closing: true } });
    scene.agent.fail(busy(0, 'Once.'));
    scene.agent.fail(busy(RECOVERY.waitToldMs, 'Slow down.'));
    expect((await turn.result).status).toBe('done');
    expect(await only('step.failed')).toMatchObject([{ attempt: 2, data: { message: 'Slow down.' } }]);
    expect(await only('step.waiting')).toEqual([]);
  });
});

describe('a step whose worker is lost again and again', () => {
  const settled: string[] = [];
  const team: Team = async ({ settle, ask }) => {
    const first = await settle('a');
    settled.push(first.status);
    await ask('b');
  };

  test('fails when so many executions brought nothing, once: the next step has all of its own', async () => {
    const turn = scene.execute({ team, attempt: RECOVERY.lostAttempts + 1 });
    scene.cast.of('b').end('b');
    expect((await turn.result).status).toBe('done');
    expect(await only('step.failed')).toMatchObject([
      { step: 't1.1', data: { code: 'worker_lost', message: ERRORS.worker_lost.title } },
    ]);
    expect(settled).toEqual(['failed']);
    expect(await only('step.completed')).toMatchObject([{ step: 't1.2', attempt: 1, data: { text: 'b' } }]);
    expect(scene.cast.requests.map(({ step }) => step)).toEqual(['t1.2']);
  });

  test('is tried once more before that', async () => {
    const turn = scene.execute({ attempt: RECOVERY.lostAttempts });
    scene.agent.end('said');
    await turn.result;
    expect(await only('step.completed')).toMatchObject([{ attempt: RECOVERY.lostAttempts }]);
  });

  test('does not fail if the turn has got further meanwhile', async () => {
    const first = scene.execute({ team });
    scene.agent.end('a');
    scene.cast.of('b').say('half');
    await scene.streamed('half', 't1.2');
    await first.kill();
    const progress = { ...first.channel.last!, progressAt: 5 };
    const turn = scene.execute({ team, attempt: RECOVERY.lostAttempts + 2, progress });
    await eventually('it speaks', () => scene.cast.of('b').requests.length === 2);
    scene.cast.of('b').end('b');
    await turn.result;
    expect(texts(await scene.logged())).toEqual({ 't1.1': 'a', 't1.2': 'b' });
    expect(await only('step.failed')).toEqual([]);
  });

  test('takes those with it that were open beside it', async () => {
    const turn = scene.execute({
      attempt: RECOVERY.lostAttempts + 1,
      team: async ({ parallel }) => {
        await parallel({ x: ({ ask }) => ask('a'), y: ({ ask }) => ask('b') });
      },
    });
    await turn.result;
    expect(await only('step.failed')).toMatchObject([
      { data: { code: 'worker_lost' } },
      { data: { code: 'worker_lost' } },
    ]);
    expect(scene.cast.requests).toEqual([]);
  });
});
