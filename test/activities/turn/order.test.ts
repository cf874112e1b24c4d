/** What a turn shows is durable before: an end that somebody has read is never replaced, whatever is lost. */
import { describe, expect, test } from '@jest/globals';
import { endsStep } from '../../../src/contracts/index.ts';
import type { Team } from '../../../activities/teams/team.ts';
import { eventually } from '../../support/process.ts';
import { COMPLETED, texts, types, useScene } from '../scene.ts';
import { busy, Cast } from '../support.ts';

const scene = useScene();

const two: Team = async ({ ask }) => {
  await ask('a');
  return { agent: 'b' };
};

describe('an end', () => {
  test('cannot be read before its heartbeat has been answered', async () => {
    const turn = scene.execute();
    scene.agent.say('said');
    await scene.streamed('said');
    turn.channel.hang();
    scene.agent.end();
    await eventually('the end is on its way to the server', () =>
      turn.channel.sent.some(({ entries }) => entries.length === 1),
    );
    expect(types(await scene.logged()).some(endsStep)).toBe(false);
    turn.channel.release();
    await turn.result;
    expect(types(await scene.logged())).toEqual(COMPLETED);
    const [durable] = turn.channel.recorded.filter(({ entries }) => entries.length === 1);
    expect(durable?.facts.map(({ type }) => type)).toEqual([
      'step.started',
      'step.completed',
      'turn.completed',
    ]);
  });

  test('is not shown, and nothing is reported, if the server has given the attempt up', async () => {
    const turn = scene.execute();
    scene.agent.say('said');
    await scene.streamed('said');
    turn.channel.answer = 'gone';
    scene.agent.end();
    await expect(turn.result).rejects.toMatchObject({ kind: 'superseded' });
    expect(types(await scene.logged()).some(endsStep)).toBe(false);
  });

  test('waits for a server that is away', async () => {
    const turn = scene.execute();
    turn.channel.away = true;
    scene.agent.end('said');
    await eventually('it was tried twice', () => turn.channel.sent.length > 2);
    expect(types(await scene.logged()).some(endsStep)).toBe(false);
    turn.channel.away = false;
    await turn.result;
    expect(types(await scene.logged())).toEqual(COMPLETED);
  });

  test('is not shown by another step that finds the log lost, either', async () => {
    const turn = scene.execute({
      team: async ({ parallel }) => {
        await parallel({ x: ({ ask }) => ask('a'), y: ({ ask }) => ask('b') });
      },
    });
    scene.agent.say('said');
    scene.cast.of('b').say('one ');
    await scene.streamed('said', 't1.1.x.1');
    await scene.streamed('one ', 't1.1.y.1');
    turn.channel.hang();
    scene.agent.end();
    await eventually('the end is on its way to the server', () =>
      turn.channel.sent.some(({ entries }) => entries.length === 1),
    );
    await scene.server.flush();
    scene.cast.of('b').say('two');
    await scene.streamed('one two', 't1.1.y.1');
    expect(types(await scene.logged()).some(endsStep)).toBe(false);
    turn.channel.release();
    scene.cast.of('b').end();
    await turn.result;
    expect(texts(await scene.logged())).toEqual({ 't1.1.x.1': 'said', 't1.1.y.1': 'one two' });
  });
});

describe('a retry', () => {
  /** The worker dies while the server's answer to the first step's end is under way. */
  test.each([
    ['with the end that the server had got', true],
    ['without the end that the server had not got', false],
  ])('goes on %s', async (_, got) => {
    const old = scene.execute({ team: two });
    scene.agent.say('first');
    await scene.streamed('first');
    old.channel.hang();
    scene.agent.end();
    await eventually('it is sent', () => old.channel.sent.some(({ entries }) => entries.length === 1));
    const before = old.channel.last;
    const progress = got ? old.channel.sent.at(-1)! : before;
    const killed = old.kill();
    old.channel.release();
    await killed;
    const cast = new Cast();
    const young = scene.execute({ team: two, attempt: 2, progress, cast });
    cast.of('a').end('again');
    cast.of('b').end('second');
    const { status, entries } = await young.result;
    expect(status).toBe('done');
    expect(entries.map(({ path, outcome }) => [path, outcome])).toEqual([
      ['1', 'completed'],
      ['2', 'completed'],
    ]);
    expect(cast.of('a').requests).toHaveLength(got ? 0 : 1);
    expect(texts(await scene.logged())).toEqual({ 't1.1': got ? 'first' : 'again', 't1.2': 'second' });
    expect(cast.of('b').requests[0]!.conversation.map(({ text }) => text)).toEqual([
      'hello',
      got ? 'first' : 'again',
    ]);
  });

  test('brings the ends that it has to a log that was lost meanwhile, and calls no model for them', async () => {
    const old = scene.execute({ team: two });
    scene.agent.end('first');
    scene.cast.of('b').say('half');
    await scene.streamed('half', 't1.2');
    await old.kill();
    await scene.server.flush();
    const cast = new Cast();
    const young = scene.retry(old, { team: two, cast });
    cast.of('b').end('second');
    const { status, report } = await young.result;
    expect(status).toBe('done');
    const events = await scene.logged();
    expect(types(events)).toEqual([
      ...COMPLETED.slice(0, 5),
      'step.started',
      'step.completed',
      'turn.completed',
    ]);
    expect(texts(events)).toEqual({ 't1.1': 'first', 't1.2': 'second' });
    expect(events.at(-2)).toMatchObject({ attempt: 2 });
    expect(cast.requests.map(({ step, attempt }) => [step, attempt])).toEqual([['t1.2', 2]]);
    const ids = report.events.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['step:t1.1:end', 'step:t1.2:end', 'turn:t1:end']));
  });

  test('takes over the open step with its next attempt and its failures', async () => {
    const old = scene.execute();
    scene.agent.fail(busy(0, 'Busy once.'));
    scene.agent.say('half');
    await scene.streamed('half');
    await eventually(
      'the server knows of the second attempt',
      () => old.channel.last?.open['t1.1']?.attempt === 2,
    );
    expect(old.channel.last?.open['t1.1']).toMatchObject({ failures: 1 });
    await old.kill();
    const young = scene.retry(old);
    await scene.until('step.restarted', 2);
    await eventually('the server knows of the third', () => young.channel.last?.open['t1.1']?.attempt === 3);
    expect(young.channel.last?.open['t1.1']).toMatchObject({ failures: 1 });
    scene.agent.end('whole');
    await young.result;
    expect((await scene.logged()).filter(({ type }) => type === 'step.restarted')).toMatchObject([
      { attempt: 2, data: { reason: 'Busy once.' } },
      { attempt: 3, data: { reason: 'The worker that ran it was lost.' } },
    ]);
    expect((await scene.logged()).at(-2)).toMatchObject({ attempt: 3, data: { text: 'whole' } });
  });

  test('of a turn whose end was made durable and not shown shows it and calls nobody', async () => {
    const old = scene.execute();
    scene.agent.say('said');
    await scene.streamed('said');
    old.channel.hang();
    scene.agent.end();
    await eventually('it is sent', () => old.channel.sent.some(({ entries }) => entries.length === 1));
    const progress = old.channel.sent.at(-1)!;
    const killed = old.kill();
    old.channel.release();
    await killed;
    const young = scene.execute({ attempt: 2, progress });
    expect(await young.result).toMatchObject({ status: 'done' });
    expect(types(await scene.logged())).toEqual(COMPLETED);
    expect(scene.agent.requests).toHaveLength(1);
  });

  test('knows an end that the log has and its journal has not, and journals it before it goes on', async () => {
    const old = scene.execute({ team: two });
    scene.agent.end('first');
    scene.cast.of('b').say('half');
    await scene.streamed('half', 't1.2');
    await old.kill();
    // As after a cut-off heartbeat: the log knows more than the server.
    const cast = new Cast();
    const young = scene.execute({ team: two, attempt: 2, progress: null, cast });
    cast.of('b').end('second');
    const { entries } = await young.result;
    expect(entries.map(({ path }) => path)).toEqual(['1', '2']);
    expect(cast.of('a').requests).toEqual([]);
    expect(texts(await scene.logged())).toEqual({ 't1.1': 'first', 't1.2': 'second' });
  });
});

describe('the end of a turn that no step carries', () => {
  const team: Team = async ({ ask }) => {
    void ask('b');
    await ask('a');
  };

  test('is durable before it can be read; a retry shows it and ends what was left running', async () => {
    const old = scene.execute({ team });
    scene.cast.of('b').say('left running');
    await scene.streamed('left running');
    scene.agent.say('said');
    await scene.streamed('said', 't1.2');
    scene.agent.end();
    await eventually('its step has ended', async () => types(await scene.logged()).some(endsStep));
    await old.result;
    const durable = old.channel.recorded.find(({ facts }) => facts.some(({ id }) => id === 'turn:t1:end'));
    expect(durable?.facts.at(-1)).toMatchObject({ type: 'turn.completed' });
    // As if the worker had died before it showed it.
    await scene.server.flush();
    const young = scene.execute({ team, attempt: 2, progress: durable! });
    expect((await young.result).status).toBe('done');
    const events = await scene.logged();
    expect(types(events).slice(-3)).toEqual(['step.completed', 'step.cancelled', 'turn.completed']);
    expect(scene.cast.requests).toHaveLength(2);
  });

  test('is not shown while its heartbeat is under way', async () => {
    const turn = scene.execute({ team: async () => undefined });
    turn.channel.hang();
    await eventually('it is on its way', () => turn.channel.sent.some(({ facts }) => facts.length === 1));
    expect(await scene.logged()).toEqual([]);
    turn.channel.release();
    expect((await turn.result).status).toBe('done');
    expect(types(await scene.logged())).toEqual([...COMPLETED.slice(0, 3), 'turn.completed']);
  });
});

describe('what led to a step', () => {
  test.each<[string, Team]>([
    [
      'numbers',
      async ({ random, now, ask }) => {
        await ask(random() + now() > 0 ? 'a' : 'b');
      },
    ],
    [
      'a pause',
      async ({ sleep, ask }) => {
        await sleep(1);
        await ask('a');
      },
    ],
  ])('(%s) is durable before the step can be seen', async (_, team) => {
    const turn = scene.execute({ team, everyMs: 60_000 });
    await scene.until('step.started');
    const durable = turn.channel.last?.entries ?? [];
    expect(durable.length).toBeGreaterThan(0);
    scene.agent.end('said');
    const { entries } = await turn.result;
    expect(entries.slice(0, -1)).toEqual(durable);
  });

  test('costs no heartbeat if nothing but steps did', async () => {
    const turn = scene.execute({ team: two, everyMs: 60_000 });
    scene.agent.end('one');
    scene.cast.of('b').end('two');
    await turn.result;
    expect(turn.channel.sent).toHaveLength(2);
  });
});
