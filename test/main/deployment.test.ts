import { expect, test } from '@jest/globals';
import { readConfig } from '../../src/main/config.ts';

test('workers are versioned if they are given a build id; the deployment is called like the task queue', () => {
  expect(readConfig({}).deployment).toBeUndefined();
  expect(readConfig({ CONVOKE_BUILD_ID: '' }).deployment).toBeUndefined();
  expect(readConfig({ CONVOKE_BUILD_ID: '1.4.0+a1' }).deployment).toEqual({
    name: 'convoke',
    buildId: '1.4.0+a1',
  });
  expect(readConfig({ CONVOKE_BUILD_ID: 'v1', CONVOKE_TASK_QUEUE: 'blue' }).deployment?.name).toBe('blue');
  expect(readConfig({ CONVOKE_BUILD_ID: 'v1', CONVOKE_DEPLOYMENT: 'mine' }).deployment?.name).toBe('mine');
});

test.each([
  [{ CONVOKE_BUILD_ID: 'v:1' }, 'CONVOKE_BUILD_ID'],
  [{ CONVOKE_BUILD_ID: 'v1', CONVOKE_TASK_QUEUE: 'my.queue' }, 'CONVOKE_DEPLOYMENT'],
])('what Temporal would refuse is refused with its name: %j', (env, name) => {
  expect(() => readConfig(env)).toThrow(name);
});
