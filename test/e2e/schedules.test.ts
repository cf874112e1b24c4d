/** Schedules by the SDK, over the socket; `test/workflows/schedules.test.ts` has the rest. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, type Client } from '../../src/client/index.ts';
import { eventually } from '../support/process.ts';
import { OTHER_KEY, startStack, type Stack } from '../support/stack.ts';
import { openSession, speaker, transcript } from './scene.ts';

let stack: Stack;
const clients: Client[] = [];

beforeAll(async () => {
  stack = await startStack();
}, 60_000);

afterAll(async () => {
  for (const client of clients) client.close();
  await stack.stop();
});

function client(token = 'dev'): Client {
  const connected = connect({ url: stack.urls, token });
  clients.push(connected);
  return connected;
}

test('a client creates one, fires it, pauses it and deletes it; a stranger cannot', async () => {
  const { schedules } = client();
  const session = await openSession(stack.urls[0]!, [speaker('a', 2)]);
  const request = { id: 'sdk', cron: '0 7 1 1 *', session, message: { text: 'new?' } };
  const created = await schedules.create(request);
  expect(created).toMatchObject({ ...request, paused: false });
  expect(created.next[0]).toBeGreaterThan(Date.now());
  await schedules.trigger('sdk');
  await eventually('the firing is answered', async () => {
    return (await transcript(stack.urls[0]!, session)).length === 1;
  });
  await schedules.pause('sdk');
  await eventually('it is listed as paused', async () => {
    const { data, next } = await schedules.list({ limit: 10 });
    return next === null && data.find(({ id }) => id === 'sdk')?.paused === true;
  });
  const stranger = client(OTHER_KEY).schedules;
  await expect(stranger.remove('sdk')).rejects.toMatchObject({ code: 'schedule_not_found' });
  expect(await stranger.list()).toEqual({ data: [], next: null });
  await schedules.resume('sdk');
  await schedules.remove('sdk');
  await expect(schedules.trigger('sdk')).rejects.toMatchObject({ code: 'schedule_not_found' });
  await expect(schedules.list({ limit: 0 })).rejects.toMatchObject({ code: 'invalid_request' });
});
