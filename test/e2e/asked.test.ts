/** A session is asked while the worker that has it is gone, and goes on with another one: what that one writes, every worker can replay. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { allEvents, expectWhole, openSession, Recorder, rest, speaker } from './scene.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ gateways: 1, workers: 2 });
}, 60_000);

afterAll(() => stack.stop());

test('what is asked of a session whose worker has been killed does not harm it', async () => {
  const url = stack.urls[0]!;
  const [first, second] = [stack.workers[0]!, stack.workers[1]!];
  await second.end('SIGTERM');
  const id = await openSession(url, [speaker('writer', 3)]);
  const seen = new Recorder(stack.urls, id);
  await seen.session.ready();
  await seen.session.send({ messageId: 'm1', text: 'one' });
  await seen.turnsEnded(1);
  await second.start();
  await first.end('SIGKILL');

  // Temporal still counts on the first worker: the question waits for it, and so does the task of the message.
  const asked = rest(url, 'GET', `/v1/sessions/${id}/approvals`);
  // A whole turn elsewhere lies between the two, so that they do not stop waiting at the same time.
  const other = new Recorder(stack.urls, await openSession(url, [speaker('writer', 10)]));
  await other.session.ready();
  await other.session.send({ messageId: 'm1', text: 'one' });
  await other.turnsEnded(1);
  other.close();
  await seen.session.send({ messageId: 'm2', text: 'two' });
  expect((await asked).status).toBe(200);
  await seen.session.send({ messageId: 'm3', text: 'three', policy: 'interrupt' });
  await seen.turnsEnded(3);

  // A worker that has nothing in its cache replays it all.
  await second.end('SIGKILL');
  await second.start();
  await seen.session.send({ messageId: 'm4', text: 'four' });
  await seen.turnsEnded(4);
  expect(seen.view.status).toBe('open');
  const events = await allEvents(url, id);
  expectWhole(events);
  expect(events.map(({ type }) => type)).not.toContain('session.interrupted');
  seen.close();
}, 90_000);
