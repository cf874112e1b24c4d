/** A session whose workflow is terminated under it: clients are told, and it goes on with the next message; on the whole product. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { Redis } from 'ioredis';
import { workflowId } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { allEvents, expectOrdered, expectWhole, openSession, Recorder, speaker, words } from './scene.ts';

/** What the first message gets takes a minute; what the others get takes a moment. */
const LONG = 1_200;
/** Clients are told of an interruption within this, ms. */
const TOLD_MS = 20_000;

let stack: Stack;
let connection: Connection;
const closers: (() => void)[] = [];

beforeAll(async () => {
  stack = await startStack({ gateways: 2, workers: 2 });
  connection = await Connection.connect({ address: stack.temporal.address });
}, 60_000);

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

afterAll(async () => {
  await connection.close();
  await stack.stop();
});

interface Scene {
  readonly id: string;
  readonly seen: Recorder;
  readonly handle: WorkflowHandle;
}

/** One message is being answered, two wait. */
async function busy(): Promise<Scene> {
  const id = await openSession(stack.urls[0]!, [speaker('writer', LONG)]);
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  await seen.session.send({ messageId: 'm1', text: 'one' });
  await seen.streaming();
  await seen.session.send({ messageId: 'm2', text: 'two' });
  await seen.session.send({ messageId: 'm3', text: 'three' });
  await seen.until(
    'all have their place',
    ({ entries }) => entries.filter(({ kind }) => kind === 'message').length === 3,
  );
  const handle = new Client({ connection }).workflow.getHandle(workflowId({ tenant: 'dev', session: id }));
  await eventually('the start of the step is durable', async () => {
    const { raw } = await handle.describe();
    return (raw.pendingActivities?.[0]?.heartbeatDetails ?? null) !== null;
  });
  return { id, seen, handle };
}

async function expectTold({ seen }: Scene): Promise<void> {
  await seen.until('it is interrupted', ({ status }) => status === 'interrupted', TOLD_MS);
  expect(seen.view.turns).toEqual([
    {
      ...{ turn: 't1', status: 'failed', messageIds: ['m1'] },
      failure: { code: 'session_interrupted', message: expect.stringContaining('was terminated') },
    },
  ]);
  expect(seen.steps).toMatchObject([{ status: 'failed' }]);
  expect(seen.view.entries.filter(({ kind }) => kind === 'message')).toMatchObject([
    { messageId: 'm1', status: 'consumed' },
    { messageId: 'm2', status: 'queued' },
    { messageId: 'm3', status: 'queued' },
  ]);
}

/** Cancels what is long, and checks that it all came in order and is whole. */
async function expectGoesOn({ id, seen }: Scene): Promise<void> {
  await seen.session.send({ messageId: 'm1', text: 'one' });
  await seen.session.send({ messageId: 'm4', text: 'four' });
  for (const turn of ['t2', 't3', 't4']) {
    await seen.until(`${turn} speaks`, ({ entries }) =>
      entries.some(
        (entry) => entry.kind === 'step' && entry.turn === turn && entry.text.startsWith(words(3)),
      ),
    );
    await seen.session.cancel(turn);
  }
  await seen.turnsEnded(4);
  expect(seen.view.status).toBe('open');
  expect(seen.view.turns.map(({ turn, status, messageIds }) => [turn, status, ...messageIds])).toEqual([
    ['t1', 'failed', 'm1'],
    ['t2', 'cancelled', 'm2'],
    ['t3', 'cancelled', 'm3'],
    ['t4', 'cancelled', 'm4'],
  ]);
  const events = await allEvents(stack.urls[1]!, id);
  expectWhole(events);
  expectOrdered(seen);
}

test('terminated in mid-turn: clients are told without sending, and the next message goes on', async () => {
  const scene = await busy();
  // Where Temporal's Web UI shows a call stack, which workers do not keep.
  expect(await scene.handle.query('__stack_trace')).toContain('turn t1 is running');
  await scene.handle.terminate('an accident');
  await expectTold(scene);
  await expectGoesOn(scene);
});

test('terminated while the log is lost: the same', async () => {
  const scene = await busy();
  const redis = new Redis(stack.redis.url);
  await Promise.all([scene.handle.terminate('an accident'), redis.flushall()]);
  redis.disconnect();
  await expectTold(scene);
  await expectGoesOn(scene);
});
