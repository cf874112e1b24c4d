import { expect, test } from '@jest/globals';
import { Roster } from '../../src/ingest/roster.ts';

const ref = { tenant: 'acme', session: 's' };
const UNFOLLOWED = (): null => null;

test('nobody speaks under the name of an agent, whatever its case; the roster is looked up once', async () => {
  let asked = 0;
  const roster = new Roster(async () => {
    asked += 1;
    return ['Writer'];
  }, UNFOLLOWED);
  for (const from of ['Writer', 'writer', ' WRITER ']) {
    await expect(roster.refuseAgentName(ref, from)).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/from', message: expect.stringContaining('use another name') }],
    });
  }
  await roster.refuseAgentName(ref, 'Ada');
  expect(asked).toBe(1);
});

test.each([
  ['is away', () => Promise.reject(new Error('away'))],
  ['is silent', () => new Promise<never>(() => undefined)],
  ['does not know the session', () => Promise.resolve(null)],
])('a log that %s holds up no message', async (_name, agentsOf) => {
  await expect(new Roster(agentsOf, UNFOLLOWED).refuseAgentName(ref, 'Writer')).resolves.toBeUndefined();
});
