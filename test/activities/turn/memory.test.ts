/** What a team keeps from turn to turn rides on the turn's end: it is durable with it, or not at all. */
import { expect, test } from '@jest/globals';
import type { Team } from '../../../activities/teams/team.ts';
import { eventually } from '../../support/process.ts';
import { useScene } from '../scene.ts';
import { Cast, refusal, through } from '../support.ts';

const scene = useScene();

const counting: Team = async ({ memory }) => {
  memory.set('turns', Number(memory.get('turns') ?? 0) + 1);
  return { agent: 'a' };
};

const ends = async (): Promise<unknown[]> =>
  (await scene.logged()).filter(({ turn, step }) => turn !== undefined && !step).slice(2);

test('a turn that completes with its last word carries what has changed', async () => {
  const turn = scene.execute({ team: counting, input: { memory: { turns: 4, who: 'a' } } });
  scene.agent.end('done');
  const { report } = await turn.result;
  expect(await ends()).toMatchObject([{ type: 'turn.completed', data: { memory: { turns: 5, who: 'a' } } }]);
  expect(report.events.at(-1)).toMatchObject({ data: { memory: { turns: 5, who: 'a' } } });
});

test('so does one that ends without a last word; one that has changed nothing carries nothing', async () => {
  await scene.execute({ team: async ({ memory }) => memory.set('who', 'b') }).result;
  expect(await ends()).toMatchObject([{ data: { memory: { who: 'b' } } }]);
  scene.set();
  const input = { memory: { who: 'b' } };
  await scene.execute({ team: async ({ memory }) => memory.set('who', 'b'), input }).result;
  expect(await ends()).toMatchObject([{ type: 'turn.completed', data: {} }]);
});

test('one that fails carries nothing', async () => {
  const turn = scene.execute({ team: counting });
  scene.agent.fail(refusal());
  await turn.result;
  expect(await ends()).toMatchObject([{ type: 'turn.failed', data: { code: 'agent_refused' } }]);
  expect(JSON.stringify(await ends())).not.toContain('memory');
});

test('a worker that dies once the end is durable, and before it is shown, loses nothing', async () => {
  const frozen = Promise.withResolvers<undefined>();
  const cut = scene.execute({
    team: counting,
    log: (log) =>
      through(log, {
        commit: async (ref, input) => {
          await frozen.promise;
          return log.commit(ref, input);
        },
      }),
  });
  scene.agent.end('done');
  await eventually('the end is durable', () => cut.channel.last?.entries.length === 1);
  const cast = new Cast();
  const { status } = await scene.retry(cut, { team: counting, cast }).result;
  expect(status).toBe('done');
  expect(cast.requests).toEqual([]);
  frozen.resolve(undefined);
  expect(await ends()).toMatchObject([{ type: 'turn.completed', data: { memory: { turns: 1 } } }]);
});

test('a team that is run inside keeps what is its own; two of one name share it', async () => {
  const inner: Team = async ({ memory }) => {
    const last = memory.get('last');
    memory.set('last', typeof last === 'string' ? `${last}i` : 'i');
  };
  const middle: Team = async ({ memory, run }) => {
    memory.set('last', 'middle');
    await run(inner);
  };
  const team: Team = async ({ memory, run, parallel }) => {
    memory.set('last', 'outer');
    await run(inner);
    await parallel({ one: ({ run: inside }) => inside(inner) });
    await run(middle);
    return { agent: 'a' };
  };
  const turn = scene.execute({ team, input: { memory: { 'inner/last': 'i' } } });
  scene.agent.end('done');
  await turn.result;
  const memory = { last: 'outer', 'inner/last': 'iii', 'middle/last': 'middle', 'middle/inner/last': 'i' };
  expect(await ends()).toMatchObject([{ data: { memory } }]);
});
