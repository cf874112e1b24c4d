/** Limits of a tenant over two gateways, on the real stack. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { UsageReply } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { rest, speaker } from './scene.ts';

let stack: Stack;
const as = { key: 'dev-operator' };

beforeAll(async () => {
  stack = await startStack({ gateways: 2, workers: 1 });
}, 90_000);
afterAll(() => stack.stop());

test('operations of a tenant are counted over all gateways, whatever they are', async () => {
  const [one, other] = stack.urls as [string, string];
  // Two at once, and one in 8 s.
  const limits = { operationsPerMinute: 7 };
  await rest(one, 'POST', '/v1/admin/tenants', { ...as, body: { id: 'busy', limits } });
  const made = { ...as, body: { tenant: 'busy', name: 'server' } };
  const { key } = (await rest<{ key: string }>(one, 'POST', '/v1/admin/keys', made)).body;
  await eventually('the other gateway knows the key', async () => {
    const { status, body } = await rest<UsageReply>(other, 'GET', '/v1/usage', { key });
    return status === 200 && body.limits[0]?.left === 2;
  });
  const open = { key, body: { id: 'repeated', agents: [speaker('a', 1)] } };
  expect((await rest(one, 'POST', '/v1/sessions', open)).status).toBe(201);
  // A repeat is no way round.
  expect((await rest(other, 'POST', '/v1/sessions', open)).status).toBe(201);
  for (const [url, method, path, body] of [
    [one, 'POST', '/v1/sessions', open.body],
    [other, 'DELETE', '/v1/sessions/repeated'],
    [one, 'POST', '/v1/sessions/repeated/erase'],
    [other, 'POST', '/v1/schedules/daily/trigger'],
  ] as const) {
    const refused = await rest(url, method, path, { key, body });
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited', limits: [{ left: 0 }] } });
    expect(refused.headers.get('ratelimit-policy')).toBe('"operationsPerMinute";q=7;w=60');
  }
  const message = { messageId: 'm', text: 'Messages have rates of their own.' };
  expect((await rest(one, 'POST', '/v1/sessions/repeated/messages', { key, body: message })).status).toBe(
    202,
  );
});

test('of 40 sessions that two gateways open at once as many are open as the tenant may have, and a closed one makes room', async () => {
  const limits = { openSessions: 5 };
  await rest(stack.urls[0]!, 'POST', '/v1/admin/tenants', { ...as, body: { id: 'crowd', limits } });
  const made = { ...as, body: { tenant: 'crowd', name: 'server' } };
  const { key } = (await rest<{ key: string }>(stack.urls[0]!, 'POST', '/v1/admin/keys', made)).body;
  const usage = async (on: number): Promise<UsageReply> =>
    (await rest<UsageReply>(stack.urls[on]!, 'GET', '/v1/usage', { key })).body;
  for (const on of [0, 1])
    await eventually(
      'the gateway knows the limit',
      async () =>
        (await rest(stack.urls[on]!, 'GET', '/v1/usage', { key })).status === 200 &&
        (await usage(on)).limits.length === 1,
    );
  const open = (id: string, n = 0): ReturnType<typeof rest<{ code: string }>> =>
    rest(stack.urls[n % 2]!, 'POST', '/v1/sessions', { key, body: { id, agents: [speaker('a', 1)] } });
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => open(`s${n}`, n)));
  const there = answers.flatMap(({ status }, n) => (status === 201 ? `s${n}` : []));
  expect(there).toHaveLength(5);
  for (const { status, body } of answers) if (status !== 201) expect(body.code).toBe('quota_exceeded');
  const [first = '', second = ''] = there;
  expect((await open(first)).status).toBe(201);
  expect((await usage(1)).limits).toMatchObject([{ used: 5, left: 0 }]);
  for (const id of [first, second]) await rest(stack.urls[0]!, 'DELETE', `/v1/sessions/${id}`, { key });
  await eventually('there is room', async () => (await usage(0)).limits[0]?.left === 2);
  expect((await open('another')).status).toBe(201);
  // To open it again takes a place like any other.
  const reopen = (id: string): ReturnType<typeof rest<{ code: string }>> =>
    rest(stack.urls[1]!, 'POST', `/v1/sessions/${id}/reopen`, { key, body: {} });
  expect((await reopen(first)).status).toBe(200);
  expect(await reopen(second)).toMatchObject({ status: 429, body: { code: 'quota_exceeded' } });
});
