/** Turns whose Redis has no memory left: it refuses what is new, and takes the ends of steps. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { SessionLog } from '../../src/log/index.ts';
import { eventually } from '../support/process.ts';
import { COMPLETED, types, useScene } from './scene.ts';
import { through } from './support.ts';

const scene = useScene();
let admin: Redis;
const memory = (bytes: number): Promise<unknown> => admin.config('SET', 'maxmemory', bytes);

beforeEach(() => {
  admin = new Redis(scene.server.redis.url);
});
afterEach(async () => {
  await memory(0);
  admin.disconnect();
});

/** Counts the deltas that are refused. */
function counting(refused: { deltas: number }): (log: SessionLog) => SessionLog {
  return (log) =>
    through(log, {
      delta: async (ref, delta) => {
        try {
          return await log.delta(ref, delta);
        } catch (error) {
          refused.deltas += 1;
          throw error;
        }
      },
    });
}

/** A turn whose agent has said `one `, and then something that a full Redis has refused. */
async function refusedAt(word: string): Promise<ReturnType<typeof scene.execute>> {
  const refused = { deltas: 0 };
  const turn = scene.execute({ log: counting(refused) });
  scene.agent.say('one ');
  await scene.streamed('one ');
  await memory(1);
  scene.agent.say(word);
  await eventually('a delta is refused', () => refused.deltas > 0);
  return turn;
}

test('what an agent has said to its end is committed, although the last of it could not be streamed', async () => {
  const turn = await refusedAt('two');
  scene.agent.end();
  expect(await turn.result).toMatchObject({ status: 'done' });
  expect(types(await scene.logged())).toEqual(COMPLETED);
  expect((await scene.logged()).at(-2)).toMatchObject({ attempt: 1, data: { text: 'one two' } });
});

test('what could not be streamed is streamed once there is memory again', async () => {
  const turn = await refusedAt('two ');
  await memory(0);
  await scene.streamed('one two ');
  scene.agent.end('three');
  expect(await turn.result).toMatchObject({ status: 'done' });
});

test('so is the end of a turn that comes after that of its last step', async () => {
  const turn = scene.execute({
    team: async ({ ask }) => {
      await ask('a');
    },
  });
  scene.agent.say('one ');
  await scene.streamed('one ');
  await memory(1);
  scene.agent.end('two');
  expect(await turn.result).toMatchObject({ status: 'done' });
  expect(types(await scene.logged())).toEqual(COMPLETED);
});
