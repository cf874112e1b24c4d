/** What a step tells of its way to a worker, and to operators. */
import { expect, test } from '@jest/globals';
import { envelope } from '../../../src/contracts/index.ts';
import { useScene } from '../scene.ts';

const scene = useScene();

test('a worker tells for how long it was waited for and which model is asked, and is watched', async () => {
  const waited = [{ reason: 'worker', from: 1, until: 2, needs: 'agent.m' }] as const;
  const asks = { provider: 'south', model: 'm-1' };
  const told: unknown[] = [];
  const watch = {
    begins: (step: object) => {
      told.push(step);
      return () => void told.push('ended');
    },
    heard: (...call: unknown[]) => void told.push(call),
    lacks: () => undefined,
  };
  const execution = scene.execute({ waited, asks, watch });
  scene.agent.say('one');
  scene.agent.end();
  await scene.back(execution);
  const [started] = (await scene.logged()).filter(({ type }) => type === 'step.started');
  expect(started).toMatchObject({ waits: waited, asks });
  expect(told).toEqual([
    expect.objectContaining({ turn: 't1', agent: 'a', asks }),
    [asks, { firstMs: expect.any(Number) }],
    'ended',
  ]);
  // Neither is told to clients.
  const shown = envelope(scene.ref, 1, started!);
  expect(shown).not.toHaveProperty('asks');
  expect(shown).not.toHaveProperty('waits');
});
