/** How a run of a turn ends before its team has: handed over, suspended, cancelled, taken elsewhere. */
import { describe, expect, test } from '@jest/globals';
import type { Team } from '../../../activities/teams/team.ts';
import { TurnStopped } from '../../../activities/turn/stops.ts';
import { ConvokeError, endsStep, endsTurn, LIMITS } from '../../../src/contracts/index.ts';
import { eventually } from '../../support/process.ts';
import { COMPLETED, texts, types, useScene, type Execution } from '../scene.ts';
import { busy, Cast, through } from '../support.ts';

const scene = useScene();

const two: Team = async ({ ask }) => {
  await ask('a');
  return { agent: 'b' };
};

describe('a worker that is to stop', () => {
  test('hands the turn over between two steps; the next activity goes on', async () => {
    const draining = new AbortController();
    const first = scene.execute({ team: two, draining: draining.signal });
    scene.agent.say('first');
    await scene.streamed('first');
    draining.abort();
    scene.agent.end();
    const { status, entries, open } = await scene.back(first);
    expect({ status, open }).toEqual({ status: 'yielded', open: {} });
    expect(entries.map(({ path }) => path)).toEqual(['1']);
    expect(scene.cast.of('b').requests).toEqual([]);
    const second = scene.execute({ team: two });
    scene.cast.of('b').end('second');
    expect((await second.result).entries.map(({ path }) => path)).toEqual(['2']);
    expect(texts(await scene.logged())).toEqual({ 't1.1': 'first', 't1.2': 'second' });
    expect(scene.cast.requests.map(({ step }) => step)).toEqual(['t1.1', 't1.2']);
    expect(types(await scene.logged())).not.toContain('step.restarted');
  });

  test('begins no step', async () => {
    const turn = scene.execute({ draining: AbortSignal.abort() });
    expect(await turn.result).toMatchObject({ status: 'yielded', entries: [], open: {} });
    expect(scene.cast.requests).toEqual([]);
  });

  test('finishes a turn that has nothing left to ask', async () => {
    const draining = new AbortController();
    const turn = scene.execute({
      team: async ({ ask }) => {
        await ask('a');
      },
      draining: draining.signal,
    });
    scene.agent.say('only');
    await scene.streamed('only');
    draining.abort();
    scene.agent.end();
    expect((await turn.result).status).toBe('done');
  });

  test('hands a pause over at once', async () => {
    const draining = new AbortController();
    const turn = scene.execute({ draining: draining.signal });
    scene.agent.fail(busy(5_000));
    await scene.until('step.waiting');
    draining.abort();
    expect(await turn.result).toMatchObject({ status: 'suspended', waits: [{ path: '1', kind: 'retry' }] });
  });

  test('that can wait no longer stops a step in the middle; it begins again elsewhere, and says why', async () => {
    const first = scene.execute();
    scene.agent.fail(busy(0, 'Once.'));
    scene.agent.say('half');
    await scene.streamed('half');
    first.run.stop(new TurnStopped('drained'));
    const { status, open, unplaced } = await scene.back(first);
    expect({ status, unplaced }).toEqual({ status: 'yielded', unplaced: [] });
    expect(open).toEqual({
      't1.1': { attempt: 2, failures: 1, reason: 'The worker that ran it was stopped.' },
    });
    expect(scene.agent.requests[1]!.signal.aborted).toBe(true);
    expect(types(await scene.logged()).some(endsStep)).toBe(false);
    const second = scene.execute();
    scene.agent.end('whole');
    await second.result;
    expect((await scene.logged()).slice(-3)).toMatchObject([
      { type: 'step.restarted', attempt: 3, data: { reason: 'The worker that ran it was stopped.' } },
      { type: 'step.completed', attempt: 3, data: { text: 'whole' } },
      { type: 'turn.completed' },
    ]);
  });

  test('ends no pause of the team early', async () => {
    const team: Team = async ({ parallel }) => {
      await parallel({ x: ({ ask }) => ask('a'), y: ({ sleep }) => sleep(60_000) });
    };
    const turn = scene.execute({ team });
    scene.agent.say('half');
    await scene.streamed('half', 't1.1.x.1');
    turn.run.stop(new TurnStopped('drained'));
    const { status, entries } = await scene.back(turn);
    expect(status).toBe('yielded');
    expect(entries.map(({ kind }) => kind)).toEqual(['now']);
  });
});

describe('a log that is away when the worker stops', () => {
  /** Says all while the log is away, and is stopped. */
  async function handedOver(team: Team): Promise<Execution> {
    let away = false;
    const unlessAway = async <T>(call: () => Promise<T>): Promise<T> => {
      if (away) throw new ConvokeError('log_unavailable');
      return call();
    };
    const turn = scene.execute({
      team,
      log: (log) =>
        through(log, {
          commit: (ref, input) => unlessAway(() => log.commit(ref, input)),
          append: (ref, input) => unlessAway(() => log.append(ref, input)),
        }),
    });
    scene.agent.say('said');
    await scene.streamed('said');
    away = true;
    scene.agent.end();
    await eventually('the end is durable', () => turn.channel.last?.entries.length === 1);
    turn.run.stop(new TurnStopped('drained'));
    return turn;
  }

  test.each<[string, Team]>([
    ['a step', two],
    ['the last step', async () => ({ agent: 'a' })],
    [
      'the turn',
      async ({ ask }) => {
        await ask('a');
      },
    ],
  ])('gets the end of %s from the workflow, and the turn goes on behind it', async (_, team) => {
    const first = await handedOver(team);
    const { status, unplaced } = await scene.back(first);
    expect(status).toBe('yielded');
    expect(unplaced.map(({ type }) => type)).toContain('step.completed');
    expect(scene.pending.map(({ id }) => id)).toContain('step:t1.1:end');
    expect(types(await scene.logged()).some(endsStep)).toBe(false);
    const second = scene.execute({ team });
    scene.cast.of('b').end('second');
    expect((await scene.back(second)).status).toBe('done');
    const events = await scene.logged();
    expect(texts(events)['t1.1']).toBe('said');
    expect(types(events).filter(endsTurn)).toEqual(['turn.completed']);
    expect(types(events).at(-1)).toBe('turn.completed');
    expect(scene.agent.requests).toHaveLength(1);
    expect(scene.pending).toEqual([]);
  });
});

describe('a worker without the means', () => {
  test('hands the turn over, and says what it lacks', async () => {
    const team: Team = async ({ ask }) => {
      await ask('a');
      await ask('m');
    };
    const first = scene.execute({ team });
    scene.agent.end('first');
    const { status, needs, entries } = await scene.back(first);
    expect({ status, needs }).toEqual({ status: 'yielded', needs: 'model' });
    expect(entries.map(({ path }) => path)).toEqual(['1']);
    expect(types(await scene.logged()).filter((type) => type === 'step.started')).toHaveLength(1);
    // The one that was chosen for having it has not.
    const second = await scene.execute({ team }).result;
    expect(second.status).toBe('done');
    const code = 'no_worker_for_agent';
    expect((await scene.logged()).at(-1)).toMatchObject({ type: 'turn.failed', data: { code } });
    expect(scene.agent.requests).toHaveLength(1);
  });

  test('that has no first step yet is seen at once, and begins once', async () => {
    const team: Team = async () => ({ agent: 'm' });
    const first = await scene.back(scene.execute({ team, able: ['scripted'] }));
    expect(first).toMatchObject({ status: 'yielded', needs: 'model' });
    const begun = types(await scene.logged());
    expect(begun).toContain('turn.started');
    expect(begun).not.toContain('step.started');
    const second = scene.execute({ team, able: ['model'] });
    scene.cast.of('m').end('from a model');
    expect((await scene.back(second)).status).toBe('done');
    const all = types(await scene.logged());
    expect(all.slice(0, begun.length)).toEqual(begun);
    expect(all.filter((type) => type === 'turn.started')).toHaveLength(1);
  });

  test('lets those speak that it can, so that two that lack each other’s means come to an end', async () => {
    const team: Team = async ({ parallel }) => {
      await parallel({ x: ({ ask }) => ask('a'), y: ({ ask }) => ask('m') });
    };
    const first = scene.execute({ team, able: ['scripted'] });
    scene.agent.say('half');
    await scene.streamed('half', 't1.1.x.1');
    scene.agent.end();
    expect(await scene.back(first)).toMatchObject({ status: 'yielded', needs: 'model', open: {} });
    const second = scene.execute({ team, able: ['model'] });
    scene.cast.of('m').end('from a model');
    expect((await scene.back(second)).status).toBe('done');
    expect(texts(await scene.logged())).toEqual({ 't1.1.x.1': 'half', 't1.1.y.1': 'from a model' });
    expect(scene.cast.requests).toHaveLength(2);
  });

  test('takes no pause with it', async () => {
    const team: Team = async ({ parallel }) => {
      await parallel({ x: ({ ask }) => ask('a'), y: ({ ask }) => ask('m'), z: ({ sleep }) => sleep(60_000) });
    };
    const first = scene.execute({ team });
    scene.agent.fail(busy(60_000));
    const { status, needs, open } = await scene.back(first);
    expect({ status, needs }).toEqual({ status: 'yielded', needs: 'model' });
    expect(open).toMatchObject({ 't1.1.x.1': { failures: 1, reason: 'The provider is busy.' } });
  });
});

describe('a pause of the team', () => {
  const team: Team = async ({ ask, sleep }) => {
    await ask('a');
    await sleep(60_000);
    return { agent: 'b' };
  };

  test('that is long is left to the workflow, and is over when that says so', async () => {
    const first = scene.execute({ team });
    scene.agent.end('first');
    const { status, waits, entries } = await scene.back(first);
    expect(status).toBe('suspended');
    expect(waits).toMatchObject([{ path: '2', kind: 'sleep', key: '60000' }]);
    expect(entries.map(({ path, kind }) => `${kind} ${path}`)).toEqual(['ask 1', 'now 2']);
    scene.wake();
    const second = scene.execute({ team });
    scene.cast.of('b').end('second');
    expect((await second.result).status).toBe('done');
    expect(texts(await scene.logged())).toEqual({ 't1.1': 'first', 't1.3': 'second' });
  });

  test('that is short is made here', async () => {
    const turn = scene.execute({
      team: async ({ sleep }) => {
        await sleep(1);
        return { agent: 'a' };
      },
    });
    scene.agent.end('said');
    expect(await turn.result).toMatchObject({
      status: 'done',
      entries: [{ kind: 'now' }, { kind: 'sleep', outcome: 'over' }, { kind: 'ask' }],
    });
  });
});

describe('a turn that has said much', () => {
  test('goes on in another activity after each step, and loses nothing', async () => {
    const team: Team = async ({ ask }) => {
      await ask('a');
      await ask('b');
      return { agent: 'c' };
    };
    const most = 'x'.repeat(LIMITS.turnFactsChars);
    const statuses: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const execution = scene.execute({ team });
      scene.cast.of(name).end(`${name} ${most}`);
      const { status, entries } = await scene.back(execution);
      statuses.push(status);
      expect(entries).toHaveLength(1);
    }
    expect(statuses).toEqual(['yielded', 'yielded', 'done']);
    expect(types(await scene.logged()).filter(endsStep)).toHaveLength(3);
    expect(scene.cast.of('c').requests[0]!.conversation.map(({ text }) => text.slice(0, 5))).toEqual([
      'hello',
      'a xxx',
      'b xxx',
    ]);
    expect(COMPLETED.at(-1)).toBe(types(await scene.logged()).at(-1));
  });

  test('a retry that finds it so does not ask anybody before it has handed over', async () => {
    const most = 'x'.repeat(LIMITS.turnFactsChars);
    const old = scene.execute({ team: two });
    old.channel.hang();
    scene.agent.end(most);
    await eventually('it is sent', () => old.channel.sent.some(({ entries }) => entries.length === 1));
    const progress = old.channel.sent.at(-1)!;
    const killed = old.kill();
    old.channel.release();
    await killed;
    const cast = new Cast();
    const { status } = await scene.execute({ team: two, attempt: 2, progress, cast }).result;
    expect(status).toBe('yielded');
    expect(cast.requests).toEqual([]);
    expect(texts(await scene.logged())).toEqual({ 't1.1': most });
  });
});
